/**
 * Intervals by cluster bootstrap (Efron 1979; Davison and Hinkley 1997): whole clusters (patients) are drawn with
 * replacement, as many as there are, so that nodules of one patient never count as independent.
 *
 * Two ways to read an interval off the draws:
 * - `percentile`, for means, medians, correlations: the quantiles of the draws, taken a little further out as Student's t
 *   asks at few clusters (Hesterberg 2015, arXiv:1411.5279, the expanded percentile interval), since draws of n clusters
 *   scatter √((n − 1) / n) less than samples of n clusters do. In 10,000 simulations of 20 patients the 95 %
 *   interval of a mean held the truth in 95.1 %; that of Spearman's correlation did in 96 % (20 patients, 2,000
 *   simulations) and 95 % (72 patients, 1,000).
 * - `recentred`, for statistics that are biased upwards by drawing with replacement (distances: every draw loses a third of
 *   the samples to copies): the same quantiles after the mean of the draws has been shifted to the value.
 */
import type { Estimate } from './result.ts';
import { Random } from '../nn/random.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { rowsByCluster } from './sample.ts';
import { normalCdf, studentQuantile } from './quantiles.ts';

const { floor, sqrt } = Math;

export type Seed = number | string;

export interface IntervalOptions {
  readonly draws: number;
  /** Names the streams: the same seed draws the same clusters of the same set again. */
  readonly seed: Seed;
  /** Of the interval; 0.95 where nothing is said. */
  readonly level?: number;
}

export type IntervalMethod = 'percentile' | 'recentred';
export const LEVEL = 0.95;
/** Of the draws: where more give no finite value there is no interval. */
export const MOST_FAILED_DRAWS = 0.1;

export type StreamName = readonly (string | number)[];
export const resampleName = (seed: Seed, role: string): StreamName => [seed, 'bootstrap', role];

/** For each draw how often each cluster was drawn. */
export function clusterDraws(clusters: number, draws: number, name: StreamName): Uint16Array[] {
  const random = Random.of(...name);
  return Array.from({ length: draws }, () => {
    const times = new Uint16Array(clusters);
    for (let i = 0; i < clusters; i++) times[random.integer(clusters)]!++;
    return times;
  });
}

/**
 * A statistic of one sample or more with its interval. Samples are drawn independently of each other; what belongs
 * together (a prediction and its truth) is one sample and is indexed by the same rows.
 *
 * @param clusters of each sample, one name a row
 * @param statistic of the rows drawn, their indices by sample; a row that is drawn twice is there twice
 */
export function clusterBootstrap(
  options: {
    readonly clusters: readonly (readonly string[])[];
    readonly statistic: (rows: readonly Uint32Array[]) => number;
    readonly method?: IntervalMethod;
  } & IntervalOptions,
): Estimate {
  const { clusters, statistic, draws, seed } = options;
  const samples = clusters.map(rowsByCluster);
  const streams = samples.map((_, sample) => Random.of(...resampleName(seed, `sample ${sample}`)));
  const values = new Float64Array(draws);
  const rows = clusters.map((names) => new Uint32Array(2 * names.length));
  for (let draw = 0; draw < draws; draw++)
    values[draw] = statistic(
      samples.map((sample, index) => {
        const random = streams[index]!;
        let count = 0;
        for (let i = 0; i < sample.length; i++) {
          const cluster = sample[random.integer(sample.length)]!;
          if (count + cluster.length > rows[index]!.length) rows[index] = grown(rows[index]!);
          for (let k = 0; k < cluster.length; k++) rows[index]![count++] = cluster[k]!;
        }
        return rows[index]!.subarray(0, count);
      }),
    );
  const value = statistic(clusters.map((names) => Uint32Array.from(names.keys())));
  return bootstrapEstimate(value, values, {
    ...options,
    clusterCount: Math.min(...samples.map((sample) => sample.length)),
  });
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}

/**
 * The interval that draws make about a value.
 *
 * @param options.clusterCount of the smallest sample; without it the quantiles are not taken further out
 */
export function bootstrapEstimate(
  value: number,
  drawn: Float64Array,
  options: {
    readonly method?: IntervalMethod;
    readonly level?: number;
    readonly clusterCount?: number;
    /** Of what can be: the interval is cut there. */
    readonly bounds?: readonly [number, number];
    /** How the interval was made, where the draws were shifted or put together by the caller. */
    readonly how?: string;
  },
): Estimate {
  const { method = 'percentile', level = LEVEL, clusterCount, bounds = [-Infinity, Infinity] } = options;
  if (!Number.isFinite(value))
    throw new NoduleLabError(
      'unusable',
      `The statistic is ${value} on the whole sample: there is nothing to give an interval for.`,
    );
  // NaN − NaN and ∞ − ∞ are both NaN.
  const finite = drawn.filter((draw) => draw - draw === 0).sort();
  if (finite.length < (1 - MOST_FAILED_DRAWS) * drawn.length || finite.length < 2 || (clusterCount ?? 2) < 2)
    return { value, interval: null };
  let shift = 0;
  if (method === 'recentred') {
    for (const draw of finite) shift -= draw / finite.length;
    shift += value;
  }
  const tail = tailFor(level, clusterCount);
  const [least, most] = bounds;
  const within = (x: number): number => Math.min(most, Math.max(least, x));
  return {
    value,
    interval: {
      low: within(quantileOf(finite, tail) + shift),
      high: within(quantileOf(finite, 1 - tail) + shift),
      level,
      how: options.how ?? howOf(method, finite.length),
    },
  };
}

const howOf = (method: IntervalMethod, draws: number): string =>
  method === 'percentile'
    ? `percentiles of ${draws} bootstrap draws of whole clusters, widened as Student's t asks`
    : `percentiles of ${draws} bootstrap draws of whole clusters, less the bias of the draws`;

/** The share of draws to leave out on each side. */
function tailFor(level: number, clusterCount: number | undefined): number {
  const tail = (1 - level) / 2;
  if (clusterCount === undefined) return tail;
  return normalCdf(sqrt(clusterCount / (clusterCount - 1)) * studentQuantile(tail, clusterCount - 1));
}

/** Of sorted values, by (n + 1) p with linear interpolation, as the order statistics of a uniform sample lie. */
export function quantileOf(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length + 1) - 1;
  if (at <= 0) return sorted[0]!;
  if (at >= sorted.length - 1) return sorted[sorted.length - 1]!;
  const below = floor(at);
  const part = at - below;
  return sorted[below]! * (1 - part) + sorted[below + 1]! * part;
}
