/**
 * Placements: of each case the share of the other class on the right side of it. An AUC is their mean in either class, and
 * its variance is that of means of placements (DeLong, DeLong and Clarke-Pearson 1988; by mid-ranks as Sun and Xu 2014 compute
 * them; for clustered cases Obuchowski 1997). All are linear: a mean of AUCs or a difference has the placements' means or
 * differences.
 */
import { midRanks } from './correlation.ts';
import { NoduleLabError } from '../volume/errors.ts';

export interface Side {
  /** Indices of the cases of this class. */
  readonly cases: readonly number[];
  /** Of each the share of the other class on the right side of it. */
  readonly placements: Float64Array;
}

export interface Placements {
  readonly area: number;
  readonly positives: Side;
  readonly negatives: Side;
}

export interface ClusteredVariance {
  readonly total: number;
  /** What each class brings, and on how many degrees of freedom; what both share is in the total only. */
  readonly sides: readonly { readonly variance: number; readonly freedom: number }[];
}

/** @param labels true or 1 for a positive */
export function placementsOf(scores: ArrayLike<number>, labels: ArrayLike<boolean | number>): Placements {
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

/** Each case for itself. */
export function plainVariance({ area, positives, negatives }: Placements): number {
  const part = ({ placements }: Side): number => {
    let sum = 0;
    for (const share of placements) sum += (share - area) ** 2;
    return sum / (placements.length - 1) / placements.length;
  };
  return part(positives) + part(negatives);
}

/** Sums of the placements' deviations by cluster take the place of single ones; a cluster may have both classes. */
export function clusteredVariance(
  { area, positives, negatives }: Placements,
  clusters: readonly string[],
): ClusteredVariance {
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
  const sides = [
    { variance: (corrected(withPositives) * ofPositives) / m ** 2, freedom: withPositives - 1 },
    { variance: (corrected(withNegatives) * ofNegatives) / n ** 2, freedom: withNegatives - 1 },
  ];
  const both = (2 * corrected(all.length) * shared) / (m * n);
  return {
    total: Math.max(
      0,
      sides.reduce((sum, { variance }) => sum + variance, both),
    ),
    sides,
  };
}

/** The sum of these, each times its factor: of a mean over seeds, of a difference of AUCs on the same cases. */
export function combinedPlacements(all: readonly Placements[], factors: readonly number[]): Placements {
  const [first] = all;
  if (!first)
    throw new NoduleLabError('invalid-input', 'There are no placements to combine: give one or more.');
  const side = (which: 'positives' | 'negatives'): Side => ({
    cases: first[which].cases,
    placements: first[which].placements.map((_, i) =>
      all.reduce((sum, one, k) => sum + factors[k]! * one[which].placements[i]!, 0),
    ),
  });
  return {
    area: all.reduce((sum, { area }, k) => sum + factors[k]! * area, 0),
    positives: side('positives'),
    negatives: side('negatives'),
  };
}
