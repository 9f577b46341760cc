/**
 * The Fréchet distance between normal distributions with the means and covariances of two samples (Dowson and Landau
 * 1982, J. Multivariate Anal. 12:450; as a measure of generators Heusel et al. 2017, arXiv:1706.08500), in the squared
 * form in which the literature prints it: |μ₁ − μ₂|² + tr Σ₁ + tr Σ₂ − 2 tr √(Σ₁Σ₂).
 */
import {
  choleskyFactor,
  meanOf,
  mirrorLower,
  scaledDeviations,
  timesTransposed,
  transposed,
} from './matrix.ts';
import type { Moments } from './clusterMoments.ts';
import type { Rows } from './rows.ts';
import { requireFinite, requireSameDimension } from './sample.ts';
import { symmetricEigenvalues } from './symmetricEigen.ts';
import { NoduleLabError } from '../volume/errors.ts';

const { floor, max, min, sqrt } = Math;

/** Samples that a dimension of the Fréchet distance needs: with fewer most of the distance is bias. */
export const SAMPLES_PER_DIMENSION = 10;
export const MOST_DIMENSIONS = 32;

/** Dimension in which samples of `n` are compared; 0: too few for any. */
export const frechetDimension = (n: number, most = MOST_DIMENSIONS): number =>
  min(most, floor(n / SAMPLES_PER_DIMENSION));

/**
 * Fréchet distance of two samples of the same features, at least two rows each; covariances are divided by n − 1.
 *
 * tr √(Σ₁Σ₂) is the sum of the singular values of A Bᵀ, where AᵀA = Σ₁ and BᵀB = Σ₂. Of a sample of fewer rows than
 * features A is the deviations themselves, else Cholesky's factor, so that the eigenvalues are those of a symmetric matrix
 * whose size is the smallest of both counts and the dimension.
 *
 * @param names of the features, for the message about a value that is not finite
 */
export function frechetDistance(a: Rows, b: Rows, names?: readonly string[]): number {
  requireSameDimension(a, b);
  for (const [rows, what] of [
    [a, 'the first set'],
    [b, 'the second set'],
  ] as const) {
    if (rows.count < 2)
      throw new NoduleLabError(
        'unusable',
        `A Fréchet distance needs two samples on each side and ${what} has ${rows.count}: give it more.`,
      );
    requireFinite(rows, what, names);
  }
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  const [rootA, rootB] = [rootOf(a, meanA), rootOf(b, meanB)];
  const [small, large] = rootA.rows <= rootB.rows ? [rootA, rootB] : [rootB, rootA];
  const product = timesTransposed(small.root, small.rows, large.root, large.rows, a.dimension);
  const gram = timesTransposed(product, small.rows, product, small.rows, large.rows, true);
  const shared = sumOfRoots(symmetricEigenvalues(gram, small.rows));
  let distance = rootA.trace + rootB.trace - 2 * shared;
  for (let k = 0; k < a.dimension; k++) distance += (meanA[k]! - meanB[k]!) ** 2;
  // Rounding may leave a sample at a hair's breadth below zero from itself.
  return max(0, distance);
}

/** A matrix A (rows × dimension) with AᵀA = covariance, of the fewest rows. */
function rootOf(sample: Rows, mean: Float64Array): { root: Float64Array; rows: number; trace: number } {
  const { count, dimension } = sample;
  const deviations = scaledDeviations(sample, mean);
  let trace = 0;
  for (let i = 0; i < deviations.length; i++) trace += deviations[i]! * deviations[i]!;
  if (count <= dimension) return { root: deviations, rows: count, trace };
  const columns = transposed(deviations, count, dimension);
  const covariance = timesTransposed(columns, dimension, columns, dimension, count, true);
  const factor = choleskyFactor(mirrorLower(covariance, dimension), dimension);
  return { root: transposed(factor, dimension, dimension), rows: dimension, trace };
}

/** One side of several distances, its covariance factored once. */
export interface Reference extends Moments {
  /** Cholesky's factor of the covariance. */
  readonly factor: Float64Array;
  readonly trace: number;
}

export function referenceOf(moments: Moments): Reference {
  const dimension = moments.mean.length;
  return {
    ...moments,
    factor: choleskyFactor(Float64Array.from(moments.covariance), dimension),
    trace: traceOf(moments.covariance, dimension),
  };
}

/** The Fréchet distance between moments: tr √(Σ₁Σ₂) by the eigenvalues of Lᵀ Σ₂ L, where L Lᵀ = Σ₁. */
export function frechetToMoments(reference: Reference, { mean, covariance }: Moments): number {
  const dimension = mean.length;
  const between = timesFactors(reference.factor, covariance, dimension);
  let distance =
    reference.trace +
    traceOf(covariance, dimension) -
    2 * sumOfRoots(symmetricEigenvalues(between, dimension));
  for (let k = 0; k < dimension; k++) distance += (reference.mean[k]! - mean[k]!) ** 2;
  return max(0, distance);
}

function traceOf(matrix: Float64Array, size: number): number {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!;
  return trace;
}

/** Lower triangle of Lᵀ S L, where L is a lower triangle and of S the lower one is read. */
function timesFactors(factor: Float64Array, symmetric: Float64Array, size: number): Float64Array {
  const whole = mirrorLower(Float64Array.from(symmetric), size);
  const columns = transposed(factor, size, size);
  const half = timesTransposed(columns, size, whole, size, size);
  return timesTransposed(half, size, columns, size, size, true);
}

/** Sum of √λ; what rounding has left below zero counts as zero. */
export function sumOfRoots(eigenvalues: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < eigenvalues.length; i++) if (eigenvalues[i]! > 0) sum += sqrt(eigenvalues[i]!);
  return sum;
}
