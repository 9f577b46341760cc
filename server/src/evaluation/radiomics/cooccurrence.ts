/**
 * Grey level co-occurrence matrix in 3D: neighbours at Chebyshev distance 1 in 13 directions, symmetric, merged into one
 * matrix before features are computed (IBSI section 3.6, "3D, with merging").
 */
import type { GreyLevels } from './greyLevels.ts';
import { directionSteps } from './region.ts';

const { abs, exp, log2, max, min, sqrt } = Math;

export interface Cooccurrence {
  readonly jointMaximum: number;
  readonly jointAverage: number;
  readonly jointVariance: number;
  readonly jointEntropy: number;
  readonly differenceAverage: number;
  readonly differenceVariance: number;
  readonly differenceEntropy: number;
  readonly sumAverage: number;
  readonly sumVariance: number;
  readonly sumEntropy: number;
  readonly angularSecondMoment: number;
  readonly contrast: number;
  readonly dissimilarity: number;
  readonly inverseDifference: number;
  readonly normalisedInverseDifference: number;
  readonly inverseDifferenceMoment: number;
  readonly normalisedInverseDifferenceMoment: number;
  readonly inverseVariance: number;
  /** 1 where all voxels have one level, as IBSI has it. */
  readonly correlation: number;
  readonly autocorrelation: number;
  readonly clusterTendency: number;
  readonly clusterShade: number;
  readonly clusterProminence: number;
  readonly informationCorrelation1: number;
  readonly informationCorrelation2: number;
}

/** Pairs of neighbours by their levels, counted both ways: (highest + 1)² counts, row i, column j. */
export function cooccurrenceMatrix({ region, levels, highest }: GreyLevels): Float64Array {
  const stride = highest + 1;
  const counts = new Float64Array(stride * stride);
  const steps = directionSteps(region);
  for (const voxel of region.voxels) {
    const row = stride * levels[voxel]!;
    for (let d = 0; d < steps.length; d++) {
      // Outside the region levels are 0: those pairs are taken away below.
      counts[row + levels[voxel + steps[d]!]!]! += 1;
    }
  }
  for (let i = 0; i <= highest; i++) counts[i * stride] = 0;
  for (let i = 1; i <= highest; i++)
    for (let j = i; j <= highest; j++) {
      const both = counts[i * stride + j]! + counts[j * stride + i]!;
      counts[i * stride + j] = both;
      counts[j * stride + i] = both;
    }
  return counts;
}

/** Null where no voxel of the region has a neighbour in it. */
export function cooccurrence(grey: GreyLevels): Cooccurrence | null {
  const counts = cooccurrenceMatrix(grey);
  const { highest } = grey;
  const stride = highest + 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const marginal = new Float64Array(stride);
  const differences = new Float64Array(stride);
  const sums = new Float64Array(2 * stride);
  let [jointMaximum, jointEntropy, angularSecondMoment, autocorrelation] = [0, 0, 0, 0];
  for (let i = 1; i <= highest; i++)
    for (let j = 1; j <= highest; j++) {
      const p = counts[i * stride + j]! / total;
      if (p === 0) continue;
      marginal[i]! += p;
      differences[abs(i - j)]! += p;
      sums[i + j]! += p;
      jointMaximum = max(jointMaximum, p);
      jointEntropy -= p * log2(p);
      angularSecondMoment += p * p;
      autocorrelation += i * j * p;
    }
  const along = moments(marginal);
  const difference = moments(differences);
  const sum = moments(sums);
  let [contrast, inverse, normalised, inverseMoment, normalisedMoment, inverseVariance] = [0, 0, 0, 0, 0, 0];
  differences.forEach((p, k) => {
    contrast += k * k * p;
    inverse += p / (1 + k);
    normalised += p / (1 + k / highest);
    inverseMoment += p / (1 + k * k);
    normalisedMoment += p / (1 + (k * k) / (highest * highest));
    if (k > 0) inverseVariance += p / (k * k);
  });
  let [shade, prominence] = [0, 0];
  sums.forEach((p, k) => {
    const off = k - 2 * along.mean;
    shade += off ** 3 * p;
    prominence += off ** 4 * p;
  });
  return {
    jointMaximum,
    jointAverage: along.mean,
    jointVariance: along.variance,
    jointEntropy,
    differenceAverage: difference.mean,
    differenceVariance: difference.variance,
    differenceEntropy: difference.entropy,
    sumAverage: sum.mean,
    sumVariance: sum.variance,
    sumEntropy: sum.entropy,
    angularSecondMoment,
    contrast,
    dissimilarity: difference.mean,
    inverseDifference: inverse,
    normalisedInverseDifference: normalised,
    inverseDifferenceMoment: inverseMoment,
    normalisedInverseDifferenceMoment: normalisedMoment,
    inverseVariance,
    correlation: along.variance < 1e-12 ? 1 : (autocorrelation - along.mean ** 2) / along.variance,
    autocorrelation,
    clusterTendency: sum.variance,
    clusterShade: shade,
    clusterProminence: prominence,
    ...informationCorrelation(jointEntropy, along.entropy),
  };
}

/**
 * Measures of information correlation. The matrix is symmetric, so both of its marginals are one; then the entropies
 * HXY1 and HXY2 of the product of marginals are both 2 HX.
 */
function informationCorrelation(
  joint: number,
  marginal: number,
): Pick<Cooccurrence, 'informationCorrelation1' | 'informationCorrelation2'> {
  return {
    informationCorrelation1: marginal < 1e-12 ? 0 : (joint - 2 * marginal) / marginal,
    informationCorrelation2: sqrt(max(0, 1 - exp(min(0, -2 * (2 * marginal - joint))))),
  };
}

/** Mean, variance and entropy (bits) of a distribution over 0, 1, 2 … */
function moments(distribution: Float64Array): {
  readonly mean: number;
  readonly variance: number;
  readonly entropy: number;
} {
  let [mean, variance, entropy] = [0, 0, 0];
  distribution.forEach((p, k) => {
    mean += k * p;
    if (p > 0) entropy -= p * log2(p);
  });
  distribution.forEach((p, k) => (variance += (k - mean) ** 2 * p));
  return { mean, variance, entropy };
}
