/**
 * Area under the ROC curve: the chance that a positive scores higher than a negative, ties counting one half; with the
 * variance of DeLong, DeLong and Clarke-Pearson 1988, and for clustered cases the one of Obuchowski 1997.
 */
import type { Estimate } from './result.ts';
import { LEVEL } from './bootstrap.ts';
import { clusteredVariance, placementsOf, plainVariance, type Side } from './placements.ts';
import { normalQuantile } from './quantiles.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { wilson } from './wilson.ts';

const { exp, log, sqrt } = Math;

/** @param labels true or 1 for a positive */
export const auc = (scores: ArrayLike<number>, labels: ArrayLike<boolean | number>): number =>
  placementsOf(scores, labels).area;

/**
 * AUC with its interval, symmetric on the logit scale so that it stays in (0, 1). Where the classes are separated
 * wholly the variance is 0, which is more than a finite sample can say: then the interval is Wilson's for as many trials as
 * the smaller class has cases, or clusters where they are named.
 *
 * @param clusters one name a case, where cases of one patient are not independent
 */
export function aucEstimate(options: {
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<boolean | number>;
  readonly clusters?: readonly string[];
  readonly level?: number;
}): Estimate & { readonly variance: number } {
  const { scores, labels, clusters, level = LEVEL } = options;
  const parts = placementsOf(scores, labels);
  const { area, positives, negatives } = parts;
  if (Math.min(positives.cases.length, negatives.cases.length) < 2)
    throw new NoduleLabError(
      'unusable',
      'The variance of an AUC needs two cases in each class: give it more.',
    );
  const variance = clusters ? clusteredVariance(parts, clusters).total : plainVariance(parts);
  const z = normalQuantile(1 - (1 - level) / 2);
  if (!(variance > 0 && area > 0 && area < 1)) {
    const independent = ({ cases }: Side): number =>
      clusters ? new Set(cases.map((index) => clusters[index])).size : cases.length;
    const smaller = Math.min(independent(positives), independent(negatives));
    const [low, high] = wilson(area, smaller, z);
    return {
      value: area,
      variance,
      interval: {
        low,
        high,
        level,
        how: `Wilson's interval for ${smaller} trials, since all cases of a class are placed alike`,
      },
    };
  }
  const centre = log(area / (1 - area));
  const reach = (z * sqrt(variance)) / (area * (1 - area));
  const back = (x: number): number => 1 / (1 + exp(-x));
  return {
    value: area,
    variance,
    interval: {
      low: back(centre - reach),
      high: back(centre + reach),
      level,
      how: `${clusters ? "Obuchowski's variance by cluster" : "DeLong's variance"}, on the logit scale`,
    },
  };
}
