/** Losses of supervised networks, each a mean over all elements or all rows, a scalar. */
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';

/**
 * Binary cross-entropy of probabilities that are given as logits (the values before a logistic function):
 * max(z, 0) − z·y + ln(1 + e^−|z|), which overflows for no z (Goodfellow, Bengio and Courville, "Deep Learning", 2016,
 * section 6.2.2.2).
 * @param logits any shape
 * @param targets the same shape, each in [0, 1]
 */
export const binaryCrossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  mean(crossEntropies(logits, targets));

/** The same with a weight for each element, divided by their number and not by the weights. */
export const weightedBinaryCrossEntropy = (logits: Tensor, targets: Tensor, weights: Tensor): Tensor =>
  mean(t.mul(weights, crossEntropies(logits, targets)));

function crossEntropies(logits: Tensor, targets: Tensor): Tensor {
  const positive = t.relu(logits);
  // −|z| = z − 2 · max(z, 0)
  const negativeSize = t.sub(logits, t.mul(positive, 2));
  const tail = t.log(t.add(t.exp(negativeSize), 1));
  return t.add(t.sub(positive, t.mul(logits, targets)), tail);
}

/** Mean of (prediction − target)²; both of the same shape. */
export const meanSquaredError = (predictions: Tensor, targets: Tensor): Tensor =>
  mean(t.square(t.sub(predictions, targets)));

/**
 * Mean of weight · (prediction − target)² over all elements, those of weight 0 counted: an answer that is not known adds
 * nothing, and leaves the others as they are. All of the same shape.
 */
export const weightedSquaredError = (predictions: Tensor, targets: Tensor, weights: Tensor): Tensor =>
  mean(t.mul(weights, t.square(t.sub(predictions, targets))));

/**
 * Cross-entropy of classes that exclude each other, −Σ_k y_k ln p_k with p = softmax(z), as y-weighted
 * ln Σ_k e^(z_k − m) − (z_k − m) for the largest logit m, which overflows for no z (Goodfellow, Bengio and Courville,
 * "Deep Learning", 2016, section 6.2.2.3). The mean over rows.
 * @param logits [rows, classes]
 * @param targets the same shape: rows that sum to 1, or rows of zeros where the class is not known
 */
export function softmaxCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const [rows, classes] = logits.shape as [number, number];
  const columns = Array.from({ length: classes }, (_, k) => t.slice(logits, 1, k, k + 1));
  const largest = columns.reduce((a, b) => t.add(a, t.relu(t.sub(b, a))));
  const shifted = t.sub(logits, largest);
  const total = t.log(t.reduceSum(t.exp(shifted), [1]));
  return t.mul(t.sumAll(t.mul(targets, t.sub(total, shifted))), 1 / rows);
}

const mean = (x: Tensor): Tensor => t.mul(t.sumAll(x), 1 / t.sizeOf(x.shape));
