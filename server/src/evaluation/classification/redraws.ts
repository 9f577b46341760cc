/** Intervals of what is averaged over seeds, by drawing patients anew: the same draws for all arms of a design. */
import { bootstrapEstimate, clusterDraws, LEVEL, resampleName, type Seed } from '../bootstrap.ts';
import { normalQuantile } from '../quantiles.ts';
import type { Estimate } from '../result.ts';
import { wilson } from '../wilson.ts';

const { max, min, sqrt } = Math;

/** How often each case counts in a draw. */
export type Times = Uint16Array;

/** A figure of cases that count this often; NaN where they have none. */
export type Statistic = (times: Times) => number;

/** Of each draw how often each case counts, all cases of a cluster drawn together. */
export function redrawn(
  clusters: readonly string[],
  draws: number,
  seed: Seed,
  role: 'patients' | 'probes',
): Times[] {
  const numbers = new Map<string, number>();
  for (const name of clusters) if (!numbers.has(name)) numbers.set(name, numbers.size);
  const ofCase = clusters.map((name) => numbers.get(name)!);
  return clusterDraws(numbers.size, draws, resampleName(seed, role)).map((times) =>
    Uint16Array.from(ofCase, (number) => times[number]!),
  );
}

/**
 * The mean of one statistic a seed, with an interval: percentiles of the draws, all seeds on the same draw, stretched about
 * the value by what seeds differ by. That is the variance of the seeds' own values, less the part that comes from each
 * seed answering each patient with its own chance (it is in the draws already), divided by their number.
 *
 * @param options.clusterCount patients that the statistic rests on, the smaller class's where it needs two
 * @param options.recentred for a statistic that draws make larger (bootstrap.ts)
 */
export function meanOverSeeds(
  statistics: readonly Statistic[],
  draws: readonly Times[],
  options: { readonly clusterCount: number; readonly recentred?: boolean },
): Estimate {
  const { clusterCount, recentred = false } = options;
  const count = statistics.length;
  const once = draws[0]!.map(() => 1);
  const values = statistics.map((statistic) => statistic(once));
  const value = mean(values);
  const drawn = statistics.map((statistic) => Float64Array.from(draws, statistic));
  const means = Float64Array.from(draws, (_, draw) => mean(drawn.map((ofSeed) => ofSeed[draw]!)));
  const sampling = varianceOf(means);
  if (!(sampling > 1e-20)) return unvaried(value, clusterCount);

  let extra = 0;
  if (count > 1) {
    const between = values.reduce((sum, own) => sum + (own - value) ** 2, 0) / (count - 1);
    const own = drawn.map((ofSeed) => varianceOf(ofSeed.map((one, draw) => one - means[draw]!)));
    extra = max(0, between - own.reduce((sum, variance) => sum + variance, 0) / (count - 1)) / count;
  }
  const stretch = sqrt(1 + extra / sampling);
  const { interval } = bootstrapEstimate(value, means, {
    clusterCount,
    method: recentred ? 'recentred' : 'percentile',
  });
  const within = (bound: number): number => min(1, max(0, value + stretch * (bound - value)));
  return {
    value,
    interval: interval && {
      low: within(interval.low),
      high: within(interval.high),
      level: interval.level,
      how:
        `percentiles of ${draws.length} bootstrap draws of whole clusters${recentred ? ', less the bias of the draws' : ''}, ` +
        `widened as Student's t asks${count > 1 ? ` and by what ${count} seeds differ by` : ''}`,
    },
  };
}

/** Where no draw differs: of a share of 0 or 1 that is more than a finite sample can say. */
const unvaried = (value: number, trials: number): Estimate => {
  if (!(value === 0 || value === 1) || trials < 2) return { value, interval: null };
  const [low, high] = wilson(value, trials, normalQuantile(1 - (1 - LEVEL) / 2));
  return {
    value,
    interval: {
      low,
      high,
      level: LEVEL,
      how: `Wilson's interval for ${trials} trials, since no draw differs`,
    },
  };
};

/** AUC of the cases with these indices (ties one half). */
export function aucStatistic(
  scores: ArrayLike<number>,
  labels: ArrayLike<boolean | number>,
  rows: Uint32Array,
): Statistic {
  const order = rows.slice().sort((a, b) => scores[a]! - scores[b]!);
  const positive = Uint8Array.from(order, (row) => (labels[row] ? 1 : 0));
  const tiesWithNext = Uint8Array.from(order, (row, i) => (scores[order[i + 1]!] === scores[row] ? 1 : 0));
  const { length } = order;
  return (times) => {
    let [pairs, positives, negatives] = [0, 0, 0];
    let [tiedPositives, tiedNegatives] = [0, 0];
    for (let i = 0; i < length; i++) {
      if (positive[i]!) tiedPositives += times[order[i]!]!;
      else tiedNegatives += times[order[i]!]!;
      if (tiesWithNext[i]!) continue;
      pairs += tiedPositives * (negatives + tiedNegatives / 2);
      positives += tiedPositives;
      negatives += tiedNegatives;
      tiedPositives = tiedNegatives = 0;
    }
    return pairs / (positives * negatives);
  };
}

/** Mean of the values of the cases with these indices. */
export const meanStatistic =
  (values: ArrayLike<number>, rows: Uint32Array): Statistic =>
  (times) => {
    let [sum, count] = [0, 0];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      sum += times[row]! * values[row]!;
      count += times[row]!;
    }
    return sum / count;
  };

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

/** Of those that are finite; a draw may hold no case of a class. */
function varianceOf(values: Float64Array): number {
  const finite = values.filter((value) => value - value === 0);
  const centre = mean(finite);
  let sum = 0;
  for (let i = 0; i < finite.length; i++) sum += (finite[i]! - centre) ** 2;
  return sum / (finite.length - 1);
}
