/** Means over pairs of samples, for example how alike two nodules of a set are. */
import type { Estimate } from './result.ts';
import { bootstrapEstimate, clusterDraws, type IntervalOptions, resampleName } from './bootstrap.ts';
import type { Random } from '../nn/random.ts';
import { NoduleLabError } from '../volume/errors.ts';

export type Pair = readonly [number, number];

/**
 * Up to `count` random pairs of rows of different clusters, none twice: all of them where there are no more.
 *
 * @param clusters one name a row
 */
export function drawPairs(clusters: readonly string[], count: number, random: Random): Pair[] {
  const all: Pair[] = [];
  for (let i = 0; i < clusters.length; i++)
    for (let j = i + 1; j < clusters.length; j++) if (clusters[i] !== clusters[j]) all.push([i, j]);
  // The beginning of Fisher's and Yates's shuffle.
  const taken = Math.min(count, all.length);
  for (let i = 0; i < taken; i++) {
    const j = i + random.integer(all.length - i);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, taken);
}

/**
 * The mean of a value over pairs, with its interval by cluster bootstrap: a pair counts as often as both of its clusters
 * were drawn. Pairs that share a sample are not independent, and that is in the interval.
 *
 * @param values one a pair
 * @param clusters one name a row; pairs index rows
 */
export function pairMean(
  options: {
    readonly values: ArrayLike<number>;
    readonly pairs: readonly Pair[];
    readonly clusters: readonly string[];
  } & IntervalOptions,
): Estimate {
  const { values, pairs, clusters, draws, seed } = options;
  if (values.length !== pairs.length || pairs.length === 0)
    throw new NoduleLabError(
      'invalid-input',
      `A mean over pairs needs one value a pair and there are ${values.length} values for ${pairs.length} pairs.`,
    );
  const numbers = new Map<string, number>();
  const numberOf = clusters.map((cluster) => {
    const number = numbers.get(cluster) ?? numbers.size;
    numbers.set(cluster, number);
    return number;
  });
  const mean = (times: Uint16Array): number => {
    let [sum, weights] = [0, 0];
    for (let i = 0; i < pairs.length; i++) {
      const [a, b] = pairs[i]!;
      const weight = times[numberOf[a]!]! * times[numberOf[b]!]!;
      sum += weight * values[i]!;
      weights += weight;
    }
    return sum / weights;
  };
  const drawn = Float64Array.from(clusterDraws(numbers.size, draws, resampleName(seed, 'pairs')), mean);
  return bootstrapEstimate(mean(new Uint16Array(numbers.size).fill(1)), drawn, {
    ...options,
    clusterCount: numbers.size,
  });
}
