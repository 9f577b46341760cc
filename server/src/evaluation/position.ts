/**
 * Where a synthetic set stands between the real-to-real floor and a bad control: P = (FD_syn − FD_rr) / (FD_bad − FD_rr).
 * 0 is as near to the real set as other real nodules are, 1 is as far as the bad control.
 *
 * All distances are taken at one number of samples N and in one dimension, so that the bias of the Fréchet distance,
 * which grows with dimension / N, is about the same in all three and leaves the differences.
 */
import type { Estimate } from './result.ts';
import {
  bootstrapEstimate,
  clusterDraws,
  type IntervalOptions,
  type Seed,
  resampleName,
} from './bootstrap.ts';
import { clusterMoments, momentsOf, type ClusterMoments } from './clusterMoments.ts';
import {
  frechetDimension,
  frechetToMoments,
  type Reference,
  referenceOf,
  SAMPLES_PER_DIMENSION,
} from './frechet.ts';
import { meanOf } from './matrix.ts';
import {
  firstColumns,
  halves,
  requireFinite,
  requireSameDimension,
  type Sample,
  sampleOf,
  subsample,
} from './sample.ts';
import { Random } from '../nn/random.ts';
import { NoduleLabError } from '../volume/errors.ts';

/** How many random subsamples or halves the values are the mean of, where a set has to be cut down. */
export const REPEATS = 8;

/** NaN where the bad control is not further away than the floor: then there is no scale to stand on. */
export const position = (synthetic: number, floor: number, bad: number): number =>
  bad > floor ? (synthetic - floor) / (bad - floor) : Number.NaN;

export interface PositionOptions extends IntervalOptions {
  /** The reference: held-out real nodules. */
  readonly real: Sample;
  /** Real nodules of other patients, for the floor; null: the reference is halved by patient. */
  readonly training: Sample | null;
  readonly bad: Sample;
  /** The synthetic set and whatever else goes through the same gate. */
  readonly groups: readonly Sample[];
  /** Rows on each side; the least that all have where nothing is said. A group with fewer gets null. */
  readonly n?: number;
  /** Columns that are used, the first ones; min(32, ⌊N / 10⌋) where nothing is said. */
  readonly dimension?: number;
}

export interface Positions {
  readonly n: number;
  readonly dimension: number;
  readonly floor: Estimate;
  readonly bad: Estimate;
  /** As `groups`; a position is null where the bad control is not further away than the floor. */
  readonly groups: readonly ({ readonly frechet: Estimate; readonly position: Estimate | null } | null)[];
}

/**
 * Fréchet distances to the reference and positions, with intervals by cluster bootstrap.
 *
 * A set of more than N rows is cut down at random by whole clusters; values are the mean over eight such cuts (and
 * halvings), each cut gets an eighth of the draws. Within a draw the same resample of the reference goes into all
 * distances. Drawing with replacement biases a Fréchet distance upwards (the draw differs from its sample as the sample
 * does from the population), so the draws of each distance are first shifted by the difference between their mean and
 * the value; the position of a draw is computed from the shifted distances.
 *
 * How often the 95 % intervals hold the truth, by 1,000 simulations of 80 normal samples a side in 8 dimensions (real
 * patients with 1 to 3 nodules, 40 % of the variance theirs): distance to a collapsed set 95.8 %, its position 95.3 %, the bad
 * control 96.2 %, a mildly wrong set 99.2 and 99.6 %, the floor 99.9 %. Near the floor a distance has no linear term, the
 * draws have one, and intervals are up to twice as wide as they need be: they err towards not telling apart. With
 * log-normal features the position of the collapsed set was held in 91.7 % and its distance in 87.2 %: where a few samples
 * carry the covariance, no draw knows of those that were not met.
 */
export function positionEstimates(options: PositionOptions): Positions {
  const { real, training, bad, groups, draws, seed, level } = options;
  const everyone = [real, ...(training ? [training] : []), bad, ...groups];
  for (const { rows, name } of everyone) {
    requireSameDimension(real.rows, rows);
    requireFinite(rows, name ?? 'a set');
  }
  const n = options.n ?? Math.min(...everyone.map(({ rows }) => rows.count), leastHalf(real, training));
  const dimension = options.dimension ?? Math.min(real.rows.dimension, frechetDimension(n));
  if (dimension < 1 || n < 2)
    throw new NoduleLabError(
      'unusable',
      `A Fréchet distance needs ${SAMPLES_PER_DIMENSION} samples a dimension and there are ${n} on a side: give it larger sets.`,
    );
  const there = groups.flatMap((group, index) => (group.rows.count >= n ? [index] : []));
  const sets = { real, training, bad, groups: there.map((index) => groups[index]!) };
  const cut = !training || [training, real, bad, ...sets.groups].some(({ rows }) => rows.count > n);
  const repeats = cut ? REPEATS : 1;

  // Distances in this order: floor, bad, then the groups.
  const values = new Float64Array(2 + there.length);
  const drawn = Array.from(values, () => new Float64Array(draws));
  let clusterCount = Infinity;
  for (let repeat = 0, done = 0; repeat < repeats; repeat++) {
    const sides = sidesOf(sets, n, dimension, seed, repeat);
    clusterCount = Math.min(clusterCount, ...sides.map(({ clusters }) => clusters));
    const whole = distances(
      sides,
      sides.map(({ clusters }) => new Uint16Array(clusters).fill(1)),
    );
    for (let i = 0; i < values.length; i++) values[i]! += whole[i]! / repeats;
    const share = Math.floor(((repeat + 1) * draws) / repeats) - done;
    drawInto(drawn, done, share, sides, whole, [seed, repeat]);
    done += share;
  }
  // Each cut's draws lie about 0; all of them about the value.
  for (let i = 0; i < values.length; i++)
    for (let draw = 0; draw < draws; draw++) drawn[i]![draw]! += values[i]!;

  const interval = { clusterCount, ...(level === undefined ? {} : { level }) };
  const frechet = (i: number): Estimate =>
    bootstrapEstimate(values[i]!, drawn[i]!, { ...interval, bounds: [0, Infinity], how: HOW_FRECHET });
  const places = new Map(there.map((index, place) => [index, place + 2]));
  return {
    n,
    dimension,
    floor: frechet(0),
    bad: frechet(1),
    groups: groups.map((_, index) => {
      const at = places.get(index);
      if (at === undefined) return null;
      const value = position(values[at]!, values[0]!, values[1]!);
      const positions = drawn[at]!.map((distance, draw) =>
        position(distance, drawn[0]![draw]!, drawn[1]![draw]!),
      );
      return {
        frechet: frechet(at),
        position: Number.isFinite(value)
          ? bootstrapEstimate(value, positions, { ...interval, how: HOW_POSITION })
          : null,
      };
    }),
  };
}

const HOW_FRECHET = 'percentiles of bootstrap draws of whole clusters, shifted by the bias of the draws';
const HOW_POSITION =
  'percentiles over joint bootstrap draws of whole clusters, each distance shifted by the bias of its draws';

/** Rows of the smaller half, where the floor is taken between halves. */
const leastHalf = (real: Sample, training: Sample | null): number =>
  training
    ? Infinity
    : Math.min(...halves(real.clusters, Random.of('the least half')).map((half) => half.length));

interface Sets {
  readonly real: Sample;
  readonly training: Sample | null;
  readonly bad: Sample;
  readonly groups: readonly Sample[];
}

/** Reference, floor, bad and groups at N rows each, as sums by cluster. */
function sidesOf(sets: Sets, n: number, dimension: number, seed: Seed, repeat: number): ClusterMoments[] {
  const { real, training, bad, groups } = sets;
  const stream = (role: string): Random => Random.of(seed, 'cut', role, repeat);
  let [reference, other] = [real, training];
  if (!other) {
    const [one, two] = halves(real.clusters, stream('halves'));
    reference = sampleOf(real.rows, real.clusters, one);
    other = sampleOf(real.rows, real.clusters, two);
  }
  const origin = meanOf(firstColumns(real.rows, dimension));
  return [reference, other, bad, ...groups].map((sample, index) => {
    const { rows, clusters } =
      sample.rows.count > n
        ? sampleOf(sample.rows, sample.clusters, subsample(sample.clusters, n, stream(`side ${index}`)))
        : sample;
    return clusterMoments({ rows: firstColumns(rows, dimension), clusters }, origin);
  });
}

/** Of every side but the first its distance to the first. */
function distances(sides: readonly ClusterMoments[], times: readonly Uint16Array[]): Float64Array {
  let reference: Reference | null = null;
  const found = new Float64Array(sides.length - 1);
  sides.forEach((side, index) => {
    const moments = momentsOf(side, times[index]!);
    if (reference) found[index - 1] = frechetToMoments(reference, moments);
    else reference = referenceOf(moments);
  });
  return found;
}

/** Fills `drawn` with what the draws differ by from their own mean. */
function drawInto(
  drawn: readonly Float64Array[],
  first: number,
  count: number,
  sides: readonly ClusterMoments[],
  whole: Float64Array,
  name: readonly (string | number)[],
): void {
  // One draw has no spread about its mean, and none is not 0.
  if (count < 2) {
    for (const values of drawn) values.fill(Number.NaN, first, first + count);
    return;
  }
  const times = sides.map(({ clusters }, index) =>
    clusterDraws(clusters, count, resampleName(name.join(' '), `side ${index}`)),
  );
  const means = new Float64Array(whole.length);
  for (let draw = 0; draw < count; draw++) {
    const found = distances(
      sides,
      times.map((side) => side[draw]!),
    );
    for (let i = 0; i < found.length; i++) {
      drawn[i]![first + draw] = found[i]!;
      means[i]! += found[i]! / count;
    }
  }
  for (let i = 0; i < means.length; i++)
    for (let draw = first; draw < first + count; draw++) drawn[i]![draw]! -= means[i]!;
}
