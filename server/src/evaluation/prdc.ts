/**
 * Precision and recall (Kynkäänniemi et al. 2019, arXiv:1904.06991), density and coverage (Naeem et al. 2020,
 * arXiv:2002.09797) of a synthetic set: the manifold of a set is the union of balls about its rows that reach to the
 * k-th nearest other row. All four depend on the number of rows, so hold sets of the same size against each other.
 */
import type { Estimate } from './result.ts';
import type { Rows } from './rows.ts';
import {
  bootstrapEstimate,
  clusterDraws,
  type IntervalOptions,
  resampleName,
  type StreamName,
} from './bootstrap.ts';
import {
  requireFinite,
  requireSameDimension,
  rowsByCluster,
  sampleOf,
  subsample,
  type Sample,
} from './sample.ts';
import { Random } from '../nn/random.ts';
import { NoduleLabError } from '../volume/errors.ts';

export interface Prdc<T = number> {
  /** Share of synthetic rows inside the real manifold. */
  readonly precision: T;
  /** Share of real rows inside the synthetic manifold. */
  readonly recall: T;
  /** Mean number of real balls about a synthetic row, over k; 1 where both are the same, and it may be more. */
  readonly density: T;
  /** Share of real balls that hold a synthetic row. */
  readonly coverage: T;
}

export const NEAREST = 5;

export function prdc(real: Rows, synthetic: Rows, k = NEAREST): Prdc {
  return sharesOf(ballsOf(real, synthetic, k), real.count, synthetic.count, k);
}

/** Where every row counts once. */
function sharesOf(balls: Balls, real: number, synthetic: number, k: number): Prdc {
  const once = (count: number): Uint16Array => new Uint16Array(count).fill(1);
  return shares(balls, once(real), once(synthetic), k);
}

/** How many random subsamples the values are the mean of, where a set has to be cut down. */
export const REPEATS = 8;
const NAMES = ['precision', 'recall', 'density', 'coverage'] as const;

export interface PrdcOptions extends IntervalOptions {
  readonly real: Sample;
  readonly synthetic: Sample;
  readonly k?: number;
  /** Rows on each side; all rows of each where nothing is said. */
  readonly n?: number;
}

/**
 * The same with intervals by cluster bootstrap. A copy of a row would be its own nearest neighbour, so the balls keep the
 * radii of the whole set, and a draw says which balls there are and how much each row counts. Fewer distinct rows hold
 * less, which moves the draws and not the value: the draws are shifted back to it.
 *
 * A set of more than N rows is cut down at random by whole clusters: values are the mean over eight such cuts, each cut
 * gets an eighth of the draws. (Of 165 nodules cut to 28 a single cut moved coverage by 0.05, standard deviation, and
 * recall by 0.04.) The cuts are named by the seed: all sets of one size are cut at the same places.
 *
 * In 1,000 simulations of 80 samples a side in 8 dimensions the 95 % intervals held the truth in 96.6 % (density) to 100 %
 * (coverage) wherever a share was neither 0 nor 1. At 0 and 1 nothing varies among the draws and the interval has no width.
 */
export function prdcEstimates(options: PrdcOptions): Prdc<Estimate> {
  const { real, synthetic, k = NEAREST, n, draws, seed } = options;
  const isCut = n !== undefined && (real.rows.count > n || synthetic.rows.count > n);
  const repeats = isCut ? REPEATS : 1;
  const values = { precision: 0, recall: 0, density: 0, coverage: 0 };
  const drawn: Record<keyof Prdc, number[]> = { precision: [], recall: [], density: [], coverage: [] };
  let clusterCount = Infinity;
  for (let repeat = 0, done = 0; repeat < repeats; repeat++) {
    const one = cutTo(real, n, [seed, 'prdc', 'real', repeat]);
    const other = cutTo(synthetic, n, [seed, 'prdc', 'synthetic', repeat]);
    const sides = [rowsByCluster(one.clusters), rowsByCluster(other.clusters)] as const;
    clusterCount = Math.min(clusterCount, sides[0].length, sides[1].length);
    const balls = ballsOf(one.rows, other.rows, k);
    const own = sharesOf(balls, one.rows.count, other.rows.count, k);
    const share = Math.floor(((repeat + 1) * draws) / repeats) - done;
    done += share;
    const name = repeats === 1 ? seed : `${seed} ${repeat}`;
    const realDraws = clusterDraws(sides[0].length, share, resampleName(name, 'real'));
    const syntheticDraws = clusterDraws(sides[1].length, share, resampleName(name, 'synthetic'));
    const found = realDraws.map((times, draw) =>
      shares(
        balls,
        byRow(sides[0], times, one.rows.count),
        byRow(sides[1], syntheticDraws[draw]!, other.rows.count),
        k,
      ),
    );
    for (const of of NAMES) {
      values[of] += own[of] / repeats;
      // Each cut's draws about 0, so that what one cut differs by from another is not taken for chance.
      const mean = found.reduce((sum, shares) => sum + shares[of] / share, 0);
      drawn[of].push(...found.map((shares) => shares[of] - mean));
    }
  }
  const estimate = (of: keyof Prdc): Estimate =>
    bootstrapEstimate(
      values[of],
      Float64Array.from(drawn[of], (off) => off + values[of]),
      {
        ...options,
        method: 'recentred',
        clusterCount,
        bounds: [0, of === 'density' ? Infinity : 1],
      },
    );
  return {
    precision: estimate('precision'),
    recall: estimate('recall'),
    density: estimate('density'),
    coverage: estimate('coverage'),
  };
}

function cutTo(sample: Sample, n: number | undefined, name: StreamName): Sample {
  const { rows, clusters } = sample;
  if (n === undefined || rows.count <= n) return sample;
  return sampleOf(rows, clusters, subsample(clusters, n, Random.of(...name)));
}

/** Which rows lie in which balls, as sets of bits. */
interface Balls {
  /** Of each synthetic row the real balls about it. */
  readonly realAbout: Bits;
  /** Of each real row the synthetic balls about it. */
  readonly syntheticAbout: Bits;
  /** Of each real row the synthetic rows in its ball. */
  readonly inReal: Bits;
}

interface Bits {
  readonly rows: number;
  /** 32-bit words a row. */
  readonly words: number;
  readonly bits: Uint32Array;
}

const noBits = (rows: number, columns: number): Bits => {
  const words = (columns + 31) >>> 5;
  return { rows, words, bits: new Uint32Array(rows * words) };
};

const setBit = ({ words, bits }: Bits, row: number, column: number): void => {
  bits[row * words + (column >>> 5)]! |= 1 << (column & 31);
};

function ballsOf(real: Rows, synthetic: Rows, k: number): Balls {
  requireSameDimension(real, synthetic);
  for (const [rows, what] of [
    [real, 'the real set'],
    [synthetic, 'the synthetic set'],
  ] as const) {
    requireFinite(rows, what);
    if (rows.count <= k)
      throw new NoduleLabError(
        'unusable',
        `Precision and recall with k = ${k} need more than ${k} samples on each side and ${what} has ${rows.count}: give it more.`,
      );
  }
  const [realReach, syntheticReach] = [reaches(real, k), reaches(synthetic, k)];
  const balls = {
    realAbout: noBits(synthetic.count, real.count),
    syntheticAbout: noBits(real.count, synthetic.count),
    inReal: noBits(real.count, synthetic.count),
  };
  for (let i = 0; i < real.count; i++)
    for (let j = 0; j < synthetic.count; j++) {
      const distance = squaredDistance(real, i, synthetic, j);
      if (distance < realReach[i]!) {
        setBit(balls.realAbout, j, i);
        setBit(balls.inReal, i, j);
      }
      if (distance < syntheticReach[j]!) setBit(balls.syntheticAbout, i, j);
    }
  return balls;
}

function squaredDistance(a: Rows, i: number, b: Rows, j: number): number {
  const { dimension } = a;
  let sum = 0;
  for (let k = 0, p = i * dimension, q = j * dimension; k < dimension; k++, p++, q++) {
    const difference = a.values[p]! - b.values[q]!;
    sum += difference * difference;
  }
  return sum;
}

/** Squared distance of each row to its k-th nearest other row. */
function reaches(rows: Rows, k: number): Float64Array {
  const distances = new Float64Array(rows.count);
  return Float64Array.from({ length: rows.count }, (_, i) => {
    for (let j = 0; j < rows.count; j++) distances[j] = squaredDistance(rows, i, rows, j);
    // Itself is the first of them.
    return distances.toSorted()[k]!;
  });
}

function byRow(clusters: readonly Uint32Array[], times: Uint16Array, count: number): Uint16Array {
  const rows = new Uint16Array(count);
  clusters.forEach((members, cluster) => {
    for (const row of members) rows[row] = times[cluster]!;
  });
  return rows;
}

/** The four, where each row counts as often as is said and a row that does not count has no ball. */
function shares(balls: Balls, realTimes: Uint16Array, syntheticTimes: Uint16Array, k: number): Prdc {
  const [realThere, syntheticThere] = [there(realTimes), there(syntheticTimes)];
  const [realCount, syntheticCount] = [sum(realTimes), sum(syntheticTimes)];
  return {
    precision: hit(balls.realAbout, realThere, syntheticTimes) / syntheticCount,
    recall: hit(balls.syntheticAbout, syntheticThere, realTimes) / realCount,
    // A mean over real balls as they were drawn, scaled to the number of them.
    density:
      (weighed(balls.realAbout, realTimes, syntheticTimes) * realTimes.length) /
      (k * syntheticCount * realCount),
    coverage: hit(balls.inReal, syntheticThere, realTimes) / realCount,
  };
}

function there(times: Uint16Array): Uint32Array {
  const set = noBits(1, times.length);
  for (let i = 0; i < times.length; i++) if (times[i]! > 0) setBit(set, 0, i);
  return set.bits;
}

function sum(times: Uint16Array): number {
  let total = 0;
  for (let i = 0; i < times.length; i++) total += times[i]!;
  return total;
}

/** Sum of `times` over the rows that have a bit in common with `set`. */
function hit({ rows, words, bits }: Bits, set: Uint32Array, times: Uint16Array): number {
  let total = 0;
  for (let row = 0; row < rows; row++) {
    if (times[row] === 0) continue;
    const at = row * words;
    for (let word = 0; word < words; word++)
      if ((bits[at + word]! & set[word]!) !== 0) {
        total += times[row]!;
        break;
      }
  }
  return total;
}

/** Sum of the products of both counts over all bits. */
function weighed({ rows, words, bits }: Bits, columnTimes: Uint16Array, rowTimes: Uint16Array): number {
  let total = 0;
  for (let row = 0; row < rows; row++) {
    if (rowTimes[row] === 0) continue;
    let inner = 0;
    for (let word = 0; word < words; word++)
      for (let rest = bits[row * words + word]!; rest !== 0; rest &= rest - 1)
        inner += columnTimes[32 * word + 31 - Math.clz32(rest & -rest)]!;
    total += rowTimes[row]! * inner;
  }
  return total;
}
