/** Intervals of what is averaged over seeds, by drawing patients anew: the same draws for all arms of a design. */
import {
  bootstrapEstimate,
  clusterDraws,
  LEVEL,
  MOST_FAILED_DRAWS,
  resampleName,
  type IntervalMethod,
  type Seed,
} from '../bootstrap.ts';
import { normalQuantile, studentQuantile } from '../quantiles.ts';
import type { Estimate } from '../result.ts';
import { wilson } from '../wilson.ts';
import { sigmoid } from './logistic.ts';

const { log, max, min, sqrt } = Math;

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
 * The mean of one statistic a seed, with an interval. Its variance is that of the draws, all seeds on the same draw, and
 * that of the seeds' own values divided by their number. What each seed brings to each patient by chance is in both: the
 * interval is rather too wide than too narrow.
 *
 * - `share`, of what lies in 0 to 1 as AUCs and shares of cases do: symmetric on the logit scale, by Student's t. In 2,000
 *   simulations of 72 patients and 5 seeds it held the truth in 96 % for an AUC of 0.96 and in 98 % for a sensitivity of
 *   0.95, where percentiles of the draws did in 94 % and 92 %.
 * - `percentile` and `recentred` (bootstrap.ts): those of the draws, stretched about the value by what seeds differ by.
 *
 * @param options.clusterCount patients that the statistic rests on, the smaller class's where it needs two
 */
export function meanOverSeeds(
  statistics: readonly Statistic[],
  draws: readonly Times[],
  options: { readonly clusterCount: number; readonly method?: 'share' | IntervalMethod },
): Estimate {
  const { clusterCount, method = 'share' } = options;
  const count = statistics.length;
  const once = draws[0]!.map(() => 1);
  const values = statistics.map((statistic) => statistic(once));
  const value = mean(values);
  const drawn = statistics.map((statistic) => Float64Array.from(draws, statistic));
  const means = Float64Array.from(draws, (_, draw) => mean(drawn.map((ofSeed) => ofSeed[draw]!)));
  const sampling = varianceOf(means);
  if (!(sampling > 1e-20)) return unvaried(value, clusterCount);
  const finite = means.reduce((sum, one) => sum + (one - one === 0 ? 1 : 0), 0);
  if (clusterCount < 2 || finite < (1 - MOST_FAILED_DRAWS) * draws.length) return { value, interval: null };

  const bySeed = count > 1 ? varianceOf(Float64Array.from(values)) / count : 0;
  const [low, high] =
    method === 'share'
      ? onLogitScale(value, { sampling, bySeed, clusterCount, seeds: count })
      : stretched(value, means, { clusterCount, method, stretch: sqrt(1 + bySeed / sampling) });
  const also = count > 1 ? ` and what ${count} seeds differ by` : ', of one seed';
  const how = {
    share: `variance of ${finite} bootstrap draws of whole clusters${also}, on the logit scale by Student's t`,
    percentile: `percentiles of ${finite} bootstrap draws of whole clusters, widened as Student's t asks${also}`,
    recentred: `percentiles of ${finite} bootstrap draws of whole clusters, less the bias of the draws${also}`,
  };
  return { value, interval: { low, high, level: LEVEL, how: how[method] } };
}

function onLogitScale(
  value: number,
  of: {
    readonly sampling: number;
    readonly bySeed: number;
    readonly clusterCount: number;
    readonly seeds: number;
  },
): [number, number] {
  const freedom = of.clusterCount - 1;
  // Draws of n clusters scatter √((n − 1) / n) less than samples of n clusters do.
  const byPatient = (of.sampling * of.clusterCount) / freedom;
  const variance = byPatient + of.bySeed;
  // Satterthwaite 1946.
  const degrees =
    variance ** 2 / (byPatient ** 2 / freedom + (of.seeds > 1 ? of.bySeed ** 2 / (of.seeds - 1) : 0));
  const reach = (-studentQuantile((1 - LEVEL) / 2, degrees) * sqrt(variance)) / (value * (1 - value));
  const centre = log(value / (1 - value));
  return [sigmoid(centre - reach), sigmoid(centre + reach)];
}

function stretched(
  value: number,
  means: Float64Array,
  of: { readonly clusterCount: number; readonly method: IntervalMethod; readonly stretch: number },
): [number, number] {
  const { interval } = bootstrapEstimate(value, means, of);
  const within = (bound: number): number => min(1, max(0, value + of.stretch * (bound - value)));
  return [within(interval!.low), within(interval!.high)];
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
