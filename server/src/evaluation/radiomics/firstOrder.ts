/**
 * Intensity-based statistics of a region: IBSI reference manual (A. Zwanenburg et al., arXiv 1612.07003), section 3.3.
 * Percentiles are interpolated linearly between ranks.
 */
import { Ranks } from '../../volume/ranks.ts';
import type { Region } from './region.ts';

const { abs, floor, sqrt } = Math;

export interface FirstOrder {
  readonly mean: number;
  /** Divided by the number of voxels. */
  readonly variance: number;
  /** 0 where all intensities are equal. */
  readonly skewness: number;
  /** Kurtosis − 3; 0 where all intensities are equal. */
  readonly excessKurtosis: number;
  readonly median: number;
  readonly minimum: number;
  readonly percentile10: number;
  readonly percentile90: number;
  readonly maximum: number;
  readonly interquartileRange: number;
  readonly range: number;
  /** Around the mean. */
  readonly meanAbsoluteDeviation: number;
  /** The same over the intensities from the 10th to the 90th percentile. */
  readonly robustMeanAbsoluteDeviation: number;
  /** Around the median. */
  readonly medianAbsoluteDeviation: number;
  readonly coefficientOfVariation: number;
  readonly quartileCoefficientOfDispersion: number;
  readonly energy: number;
  readonly rootMeanSquare: number;
}

export function firstOrder({ intensity, voxels }: Region): FirstOrder {
  const count = voxels.length;
  const values = new Float32Array(count);
  let sum = 0;
  let energy = 0;
  for (let at = 0; at < count; at++) {
    const value = intensity[voxels[at]!]!;
    values[at] = value;
    sum += value;
    energy += value * value;
  }
  const ranks = new Ranks(values);
  const mean = sum / count;
  const at = (part: number): number => percentile(ranks, part);
  const [p10, p25, median, p75, p90] = [at(0.1), at(0.25), at(0.5), at(0.75), at(0.9)];
  let [second, third, fourth, aroundMean, aroundMedian, inner, innerSum] = [0, 0, 0, 0, 0, 0, 0];
  for (let n = 0; n < count; n++) {
    const value = values[n]!;
    const off = value - mean;
    const square = off * off;
    second += square;
    third += square * off;
    fourth += square * square;
    aroundMean += abs(off);
    aroundMedian += abs(value - median);
    if (value < p10 || value > p90) continue;
    inner++;
    innerSum += value;
  }
  let robust = 0;
  for (let n = 0; n < count; n++) {
    const value = values[n]!;
    if (value >= p10 && value <= p90) robust += abs(value - innerSum / inner);
  }
  const variance = second / count;
  const flat = variance < 1e-12;
  const [minimum, maximum] = [ranks.at(0), ranks.at(count - 1)];
  return {
    mean,
    variance,
    skewness: flat ? 0 : third / count / variance ** 1.5,
    excessKurtosis: flat ? 0 : fourth / count / variance ** 2 - 3,
    median,
    minimum,
    percentile10: p10,
    percentile90: p90,
    maximum,
    interquartileRange: p75 - p25,
    range: maximum - minimum,
    meanAbsoluteDeviation: aroundMean / count,
    // Of two intensities neither need lie between the percentiles.
    robustMeanAbsoluteDeviation: inner === 0 ? 0 : robust / inner,
    medianAbsoluteDeviation: aroundMedian / count,
    coefficientOfVariation: sqrt(variance) / mean,
    quartileCoefficientOfDispersion: (p75 - p25) / (p75 + p25),
    energy,
    rootMeanSquare: sqrt(energy / count),
  };
}

function percentile(ranks: Ranks, part: number): number {
  const rank = part * (ranks.count - 1);
  const low = floor(rank);
  const below = ranks.at(low);
  return rank > low ? below + (rank - low) * (ranks.at(low + 1) - below) : below;
}
