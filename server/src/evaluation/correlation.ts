/** Rank correlation, plain and with a third quantity held fixed. */
import type { Estimate } from './result.ts';
import { clusterBootstrap, type IntervalOptions } from './bootstrap.ts';
import { NoduleLabError } from '../volume/errors.ts';

const { sqrt } = Math;

/** Ranks from 1; equal values share the mean of their ranks. */
export function midRanks(values: ArrayLike<number>): Float64Array {
  const count = values.length;
  // Sorting plain numbers and looking each up is much faster than sorting indices by a comparison.
  const sorted = Float64Array.from(values).sort();
  const shared = new Float64Array(count);
  for (let first = 0; first < count;) {
    const start = first;
    do first++;
    while (first < count && sorted[first] === sorted[start]);
    shared[start] = (start + first + 1) / 2;
  }
  const ranks = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    ranks[i] = shared[low]!;
  }
  return ranks;
}

/** Pearson's correlation; NaN where one of both does not vary. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  let [meanX, meanY] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanX += x[i]!;
    meanY += y[i]!;
  }
  // Divided once: the mean of equal values is that value, to the last bit.
  meanX /= n;
  meanY /= n;
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [x[i]! - meanX, y[i]! - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : Number.NaN;
}

/** Spearman's correlation with mid-ranks; NaN where one of both does not vary. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  requirePaired({ x, y });
  return pearson(midRanks(x), midRanks(y));
}

/**
 * Spearman's correlation of x and y at a fixed control (Kendall and Stuart, vol. 2, partial rank correlation): the
 * correlation of what is left of the ranks of both after a straight line in the ranks of the control. NaN where one does
 * not vary or the control explains it wholly.
 */
export function partialSpearman(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  control: ArrayLike<number>,
): number {
  requirePaired({ x, y, control });
  const [rx, ry, rz] = [midRanks(x), midRanks(y), midRanks(control)];
  const [xy, xz, yz] = [pearson(rx, ry), pearson(rx, rz), pearson(ry, rz)];
  const left = (1 - xz * xz) * (1 - yz * yz);
  return left > 1e-12 ? (xy - xz * yz) / sqrt(left) : Number.NaN;
}

interface Paired extends IntervalOptions {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** One name a value: what is drawn as one. */
  readonly clusters: readonly string[];
}

/** Spearman's correlation with its interval by cluster bootstrap. */
export function spearmanEstimate({ x, y, clusters, ...options }: Paired): Estimate {
  requireVarying({ x, y }, spearman(x, y));
  return clusterBootstrap({
    ...options,
    clusters: [clusters],
    statistic: ([rows]) => spearman(taken(x, rows!), taken(y, rows!)),
  });
}

/** The partial correlation with its interval by cluster bootstrap. */
export function partialSpearmanEstimate({
  x,
  y,
  control,
  clusters,
  ...options
}: Paired & { readonly control: ArrayLike<number> }): Estimate {
  requireVarying({ x, y, control }, partialSpearman(x, y, control));
  return clusterBootstrap({
    ...options,
    clusters: [clusters],
    statistic: ([rows]) => partialSpearman(taken(x, rows!), taken(y, rows!), taken(control, rows!)),
  });
}

const taken = (values: ArrayLike<number>, rows: Uint32Array): Float64Array => {
  const result = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) result[i] = values[rows[i]!]!;
  return result;
};

function requirePaired(all: Readonly<Record<string, ArrayLike<number>>>): void {
  const [[first, reference] = ['', []], ...others] = Object.entries(all);
  for (const [name, values] of others)
    if (values.length !== reference.length)
      throw new NoduleLabError(
        'invalid-input',
        `A correlation needs pairs and there are ${reference.length} of ${first} and ${values.length} of ${name}: leave out what has no partner.`,
      );
  for (const [name, values] of Object.entries(all))
    for (let i = 0; i < values.length; i++)
      if (values[i]! - values[i]! !== 0)
        throw new NoduleLabError(
          'unusable',
          `Value ${i} of ${name} is ${values[i]}: leave that sample out.`,
          {
            row: i,
          },
        );
}

function requireVarying(all: Readonly<Record<string, ArrayLike<number>>>, value: number): void {
  if (!Number.isFinite(value))
    throw new NoduleLabError(
      'unusable',
      `There is no rank correlation among ${Object.keys(all).join(', ')}: one of them does not vary, or the control explains it wholly.`,
    );
}
