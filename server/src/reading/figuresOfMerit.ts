/**
 * What one reader is worth, as a number: with all cases, and with each case left out in turn, from which the jackknife
 * takes its covariances. Each is exact and costs no more than a sort.
 */
import { placementsOf } from '../evaluation/placements.ts';

export interface FigureOfMerit {
  readonly value: number;
  /** One a case: the value without it. */
  readonly without: Float64Array;
}

/**
 * The area under the empirical ROC curve (ties count half).
 *
 * @param scores one a case; higher means synthetic
 * @param synthetic one a case; both classes must have two cases or more
 */
export function aucOf(scores: ArrayLike<number>, synthetic: readonly boolean[]): FigureOfMerit {
  const { area, positives, negatives } = placementsOf(scores, synthetic);
  const without = new Float64Array(scores.length);
  for (const { cases, placements } of [positives, negatives]) {
    const count = cases.length;
    cases.forEach((index, i) => {
      // The area is the mean of the placements of either class.
      without[index] = (count * area - placements[i]!) / (count - 1);
    });
  }
  return { value: area, without };
}

/**
 * The share of cases of which something is true: right answers, real ones called real.
 *
 * @param hits one a case; give those cases only that count
 */
export function shareOf(hits: readonly boolean[]): FigureOfMerit {
  const sum = hits.reduce((total, hit) => total + Number(hit), 0);
  const count = hits.length;
  return {
    value: sum / count,
    without: Float64Array.from(hits, (hit) => (sum - Number(hit)) / (count - 1)),
  };
}
