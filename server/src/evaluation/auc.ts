/**
 * Area under the ROC curve: the chance that a positive scores higher than a negative, ties counting one half; with the
 * variance of DeLong, DeLong and Clarke-Pearson 1988 computed by mid-ranks (Sun and Xu 2014), and for clustered cases the
 * one of Obuchowski 1997.
 */
import type { Estimate } from './result.ts';
import { LEVEL } from './bootstrap.ts';
import { midRanks } from './correlation.ts';
import { normalQuantile } from './quantiles.ts';
import { NoduleLabError } from '../volume/errors.ts';

const { exp, log, sqrt } = Math;

/** @param labels true or 1 for a positive */
export const auc = (scores: ArrayLike<number>, labels: ArrayLike<boolean | number>): number =>
  components(scores, labels).area;

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
  const parts = components(scores, labels);
  const { area, positives, negatives } = parts;
  if (Math.min(positives.cases.length, negatives.cases.length) < 2)
    throw new NoduleLabError(
      'unusable',
      'The variance of an AUC needs two cases in each class: give it more.',
    );
  const variance = clusters ? clusteredVariance(parts, clusters) : plainVariance(parts);
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
        how: `Wilson's interval for ${smaller} trials, since the scores have no overlap`,
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

interface Side {
  /** Indices of the cases of this class. */
  readonly cases: readonly number[];
  /** Of each the share of the other class on the right side of it. */
  readonly placements: Float64Array;
}

interface Components {
  readonly area: number;
  readonly positives: Side;
  readonly negatives: Side;
}

function components(scores: ArrayLike<number>, labels: ArrayLike<boolean | number>): Components {
  if (scores.length !== labels.length)
    throw new NoduleLabError(
      'invalid-input',
      `An AUC needs a label for each score and there are ${labels.length} labels for ${scores.length} scores.`,
    );
  const [positive, negative]: [number[], number[]] = [[], []];
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! - scores[i]! !== 0)
      throw new NoduleLabError('unusable', `Score ${i} is ${scores[i]}: leave that case out.`, { row: i });
    (labels[i] ? positive : negative).push(i);
  }
  if (positive.length === 0 || negative.length === 0)
    throw new NoduleLabError(
      'unusable',
      `An AUC needs both classes and there are ${positive.length} positives and ${negative.length} negatives.`,
    );
  const among = midRanks(scores);
  const [amongPositives, amongNegatives] = [positive, negative].map((cases) =>
    midRanks(cases.map((index) => scores[index]!)),
  ) as [Float64Array, Float64Array];
  const below = Float64Array.from(
    positive,
    (index, i) => (among[index]! - amongPositives[i]!) / negative.length,
  );
  const above = Float64Array.from(
    negative,
    (index, i) => 1 - (among[index]! - amongNegatives[i]!) / positive.length,
  );
  return {
    area: below.reduce((sum, share) => sum + share, 0) / below.length,
    positives: { cases: positive, placements: below },
    negatives: { cases: negative, placements: above },
  };
}

function plainVariance({ area, positives, negatives }: Components): number {
  const part = ({ placements }: Side): number => {
    let sum = 0;
    for (const share of placements) sum += (share - area) ** 2;
    return sum / (placements.length - 1) / placements.length;
  };
  return part(positives) + part(negatives);
}

/** Sums of the placements' deviations by cluster take the place of single ones; a cluster may have both classes. */
function clusteredVariance({ area, positives, negatives }: Components, clusters: readonly string[]): number {
  const sums = new Map<string, { positive: number; negative: number; has: [boolean, boolean] }>();
  const add = ({ cases, placements }: Side, side: 'positive' | 'negative'): void =>
    cases.forEach((index, i) => {
      const cluster = clusters[index]!;
      const sum = sums.get(cluster) ?? { positive: 0, negative: 0, has: [false, false] };
      sum[side] += placements[i]! - area;
      sum.has[side === 'positive' ? 0 : 1] = true;
      sums.set(cluster, sum);
    });
  add(positives, 'positive');
  add(negatives, 'negative');
  const all = [...sums.values()];
  const corrected = (count: number): number => count / (count - 1);
  const [m, n] = [positives.cases.length, negatives.cases.length];
  let [ofPositives, ofNegatives, shared] = [0, 0, 0];
  for (const { positive, negative } of all) {
    ofPositives += positive * positive;
    ofNegatives += negative * negative;
    shared += positive * negative;
  }
  const withPositives = all.filter(({ has }) => has[0]).length;
  const withNegatives = all.filter(({ has }) => has[1]).length;
  if (Math.min(withPositives, withNegatives) < 2)
    throw new NoduleLabError(
      'unusable',
      'The variance of an AUC needs two clusters with cases of each class: give it more patients.',
    );
  return (
    (corrected(withPositives) * ofPositives) / m ** 2 +
    (corrected(withNegatives) * ofNegatives) / n ** 2 +
    (2 * corrected(all.length) * shared) / (m * n)
  );
}

/** Wilson 1927. */
function wilson(share: number, trials: number, z: number): [number, number] {
  const centre = (share + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const reach =
    (z * sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials))) / (1 + (z * z) / trials);
  return [Math.max(0, centre - reach), Math.min(1, centre + reach)];
}
