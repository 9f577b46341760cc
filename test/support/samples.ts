/** Samples of known distributions, for tests of distances and intervals. */
import type { Sample } from '../../server/src/evaluation/sample.ts';
import type { Rows } from '../../server/src/evaluation/rows.ts';
import { incompleteBeta } from '../../server/src/evaluation/quantiles.ts';
import type { Random } from '../../server/src/nn/random.ts';

/** Independent normal features: feature k has this mean and this standard deviation. */
export function normalRows(
  random: Random,
  count: number,
  dimension: number,
  { mean = 0, spread = () => 1 }: { mean?: number; spread?: (feature: number) => number } = {},
): Rows {
  const values = Float64Array.from(
    { length: count * dimension },
    (_, i) => mean + spread(i % dimension) * random.gaussian(),
  );
  return { count, dimension, values };
}

/** Each row a cluster of its own. */
export const single = (rows: Rows, prefix = 'row'): Sample => ({
  rows,
  clusters: Array.from({ length: rows.count }, (_, i) => `${prefix} ${i}`),
});

/** Normal features of unit variance, of which `shared` is the same in all rows of a patient; patients have 1 to 3 rows. */
export function patients(random: Random, count: number, dimension: number, shared: number): Sample {
  const values = new Float64Array(count * dimension);
  const clusters: string[] = [];
  for (let patient = 0; clusters.length < count; patient++) {
    const own = Float64Array.from({ length: dimension }, () => Math.sqrt(shared) * random.gaussian());
    for (let left = 1 + random.integer(3); left > 0 && clusters.length < count; left--) {
      for (let k = 0; k < dimension; k++)
        values[clusters.length * dimension + k] = own[k]! + Math.sqrt(1 - shared) * random.gaussian();
      clusters.push(`patient ${patient}`);
    }
  }
  return { rows: { count, dimension, values }, clusters };
}

/** The chance of at most this many successes. */
export const binomialAtMost = (successes: number, trials: number, p: number): number =>
  successes >= trials ? 1 : incompleteBeta(1 - p, trials - successes, successes + 1);

/** The chance of at least this many successes. */
export const binomialAtLeast = (successes: number, trials: number, p: number): number =>
  successes <= 0 ? 1 : incompleteBeta(p, successes, trials - successes + 1);
