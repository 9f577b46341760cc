/** Losses of supervised networks, each the mean over all elements, a scalar. */
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';

/**
 * Binary cross-entropy of probabilities that are given as logits (the values before a logistic function):
 * max(z, 0) − z·y + ln(1 + e^−|z|), which overflows for no z (Goodfellow, Bengio and Courville, "Deep Learning", 2016,
 * section 6.2.2.2).
 * @param logits any shape
 * @param targets the same shape, each in [0, 1]
 */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const positive = t.relu(logits);
  // −|z| = z − 2 · max(z, 0)
  const negativeSize = t.sub(logits, t.mul(positive, 2));
  const tail = t.log(t.add(t.exp(negativeSize), 1));
  return mean(t.add(t.sub(positive, t.mul(logits, targets)), tail));
}

/** Mean of (prediction − target)²; both of the same shape. */
export const meanSquaredError = (predictions: Tensor, targets: Tensor): Tensor =>
  mean(t.square(t.sub(predictions, targets)));

const mean = (x: Tensor): Tensor => t.mul(t.sumAll(x), 1 / t.sizeOf(x.shape));
