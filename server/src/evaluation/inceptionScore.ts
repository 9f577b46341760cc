/**
 * The Inception score (Salimans et al. 2016, arXiv:1606.03498): exp of the mean Kullback–Leibler divergence of each
 * sample's class probabilities from their mean. It says how certain a classifier is and how evenly its classes are met,
 * nothing about real images, and it cannot exceed the number of classes: print both.
 */
import type { Rows } from './rows.ts';
import { requireFinite } from './sample.ts';
import { NoduleLabError } from '../volume/errors.ts';

/** How far the probabilities of a row may be from a sum of 1. */
const TOLERANCE = 1e-3;

/** @param probabilities one row a sample, one column a class, each row summing to 1 */
export function inceptionScore(probabilities: Rows): {
  readonly score: number;
  /** The highest score that there can be. */
  readonly classes: number;
} {
  const { count, dimension, values } = probabilities;
  requireFinite(probabilities, 'the class probabilities');
  if (count === 0 || dimension === 0)
    throw new NoduleLabError('unusable', 'The Inception score needs samples and classes: there are none.');
  const mean = new Float64Array(dimension);
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let k = 0; k < dimension; k++) {
      const p = values[row * dimension + k]!;
      if (p < 0) throw notProbabilities(row);
      sum += p;
      mean[k]! += p / count;
    }
    if (Math.abs(sum - 1) > TOLERANCE) throw notProbabilities(row);
  }
  let divergence = 0;
  for (let i = 0; i < values.length; i++)
    if (values[i]! > 0) divergence += values[i]! * Math.log(values[i]! / mean[i % dimension]!);
  return { score: Math.exp(divergence / count), classes: dimension };
}

const notProbabilities = (row: number): NoduleLabError =>
  new NoduleLabError(
    'invalid-input',
    `The class probabilities of row ${row} are not all positive with a sum of 1: give the classifier's softmax.`,
    { row },
  );
