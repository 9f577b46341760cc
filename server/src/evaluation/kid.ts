/**
 * Kernel Inception distance (Bińkowski et al. 2018, arXiv:1801.01401): the unbiased estimate of the squared maximum mean
 * discrepancy with the kernel (xᵀy / d + 1)³. Equal distributions give 0 on average, at any number of samples; a single
 * estimate may lie below 0.
 */
import type { Estimate } from './result.ts';
import type { Rows } from './rows.ts';
import { bootstrapEstimate, clusterDraws, type IntervalOptions, resampleName } from './bootstrap.ts';
import { timesTransposed } from './matrix.ts';
import { requireFinite, requireSameDimension, rowsByCluster, type Sample } from './sample.ts';
import { NoduleLabError } from '../volume/errors.ts';

/** KID of two samples of the same features, at least two rows each; all rows count as independent. */
export function kid(a: Rows, b: Rows): number {
  requireUsable(a, b);
  const within = (rows: Rows): number => {
    const kernel = kernelMatrix(rows, rows);
    let sum = 0;
    for (let i = 0; i < rows.count; i++) for (let j = 0; j < i; j++) sum += kernel[i * rows.count + j]!;
    return (2 * sum) / (rows.count * (rows.count - 1));
  };
  const between = kernelMatrix(a, b);
  let sum = 0;
  for (let i = 0; i < between.length; i++) sum += between[i]!;
  return within(a) + within(b) - (2 * sum) / between.length;
}

/**
 * KID with an interval by cluster bootstrap. Pairs of rows of the same cluster are left out of the value, and with
 * them a row and its own copy out of every draw, so that value and draws stay unbiased: the value is that of samples of
 * independent patients. The interval is the spread of the draws about the value. Where both distributions are the same
 * the statistic is degenerate, the draws scatter more than it does, and the interval is too wide rather than too narrow.
 * In 1,000 simulations of 80 normal samples a side in 8 dimensions the 95 % interval held the truth in 100 % for equal
 * distributions, 99.2 % for a mildly wrong one and 98.5 % for a collapsed one; with log-normal features, whose sixth
 * moments the kernel feels, in 99.8, 99.5 and 80.0 %.
 */
export function kidEstimate(
  options: { readonly real: Sample; readonly synthetic: Sample } & IntervalOptions,
): Estimate {
  const { real, synthetic, draws, seed } = options;
  requireUsable(real.rows, synthetic.rows);
  const sides = [real, synthetic].map((sample) => rowsByCluster(sample.clusters)) as [
    Uint32Array[],
    Uint32Array[],
  ];
  for (const [index, side] of sides.entries())
    if (side.length < 2)
      throw new NoduleLabError(
        'unusable',
        `KID needs two clusters on each side and the ${index === 0 ? 'real' : 'synthetic'} set has ${side.length}: give it more patients.`,
      );
  const [realSums, syntheticSums] = [
    clusterSums(kernelMatrix(real.rows, real.rows), real.rows.count, sides[0], sides[0]),
    clusterSums(kernelMatrix(synthetic.rows, synthetic.rows), synthetic.rows.count, sides[1], sides[1]),
  ];
  const crossSums = clusterSums(
    kernelMatrix(real.rows, synthetic.rows),
    synthetic.rows.count,
    sides[0],
    sides[1],
  );
  const sizes = sides.map((side) => Float64Array.from(side, (rows) => rows.length)) as [
    Float64Array,
    Float64Array,
  ];
  const statistic = (realTimes: Uint16Array, syntheticTimes: Uint16Array): number => {
    const [r, s] = [drawn(realTimes), drawn(syntheticTimes)];
    return (
      withinMean(realSums, sizes[0], r) +
      withinMean(syntheticSums, sizes[1], s) -
      2 * betweenMean(crossSums, sizes, r, s)
    );
  };
  const values = new Float64Array(draws);
  const [realDraws, syntheticDraws] = [
    clusterDraws(sides[0].length, draws, resampleName(seed, 'real')),
    clusterDraws(sides[1].length, draws, resampleName(seed, 'synthetic')),
  ];
  for (let draw = 0; draw < draws; draw++) values[draw] = statistic(realDraws[draw]!, syntheticDraws[draw]!);
  const once = sides.map((side) => new Uint16Array(side.length).fill(1)) as [Uint16Array, Uint16Array];
  return bootstrapEstimate(statistic(...once), values, { ...options, method: 'recentred' });
}

function requireUsable(a: Rows, b: Rows): void {
  requireSameDimension(a, b);
  for (const [rows, what] of [
    [a, 'the first set'],
    [b, 'the second set'],
  ] as const) {
    requireFinite(rows, what);
    if (rows.count < 2)
      throw new NoduleLabError(
        'unusable',
        `KID needs two samples on each side and ${what} has ${rows.count}: give it more.`,
      );
  }
}

/** (xᵀy / d + 1)³ of every row of `a` with every row of `b`. */
function kernelMatrix(a: Rows, b: Rows): Float64Array {
  const kernel = timesTransposed(a.values, a.count, b.values, b.count, a.dimension);
  for (let i = 0; i < kernel.length; i++) {
    const base = kernel[i]! / a.dimension + 1;
    kernel[i] = base * base * base;
  }
  return kernel;
}

/** Sums of the kernel over the pairs of rows of two clusters. */
function clusterSums(
  kernel: Float64Array,
  columns: number,
  a: readonly Uint32Array[],
  b: readonly Uint32Array[],
): Float64Array {
  const sums = new Float64Array(a.length * b.length);
  a.forEach((rows, i) => {
    b.forEach((others, j) => {
      let sum = 0;
      for (const row of rows) for (const other of others) sum += kernel[row * columns + other]!;
      sums[i * b.length + j] = sum;
    });
  });
  return sums;
}

/** Clusters that were drawn, and how often: about 37 % of them were not. */
interface Drawn {
  readonly clusters: Uint32Array;
  readonly times: Float64Array;
}

function drawn(times: Uint16Array): Drawn {
  const clusters: number[] = [];
  for (let i = 0; i < times.length; i++) if (times[i]! > 0) clusters.push(i);
  return {
    clusters: Uint32Array.from(clusters),
    times: Float64Array.from(clusters, (cluster) => times[cluster]!),
  };
}

/** Mean of the kernel over pairs of different clusters. */
function withinMean(sums: Float64Array, sizes: Float64Array, { clusters, times }: Drawn): number {
  const count = sizes.length;
  let [sum, pairs, before] = [0, 0, 0];
  for (let i = 0; i < clusters.length; i++) {
    const row = clusters[i]! * count;
    let inner = 0;
    for (let j = 0; j < i; j++) inner += times[j]! * sums[row + clusters[j]!]!;
    sum += times[i]! * inner;
    const rows = times[i]! * sizes[clusters[i]!]!;
    pairs += rows * before;
    before += rows;
  }
  return sum / pairs;
}

function betweenMean(
  sums: Float64Array,
  [sizesA, sizesB]: readonly [Float64Array, Float64Array],
  a: Drawn,
  b: Drawn,
): number {
  const columns = sizesB.length;
  let [sum, rowsA, rowsB] = [0, 0, 0];
  for (let j = 0; j < b.clusters.length; j++) rowsB += b.times[j]! * sizesB[b.clusters[j]!]!;
  for (let i = 0; i < a.clusters.length; i++) {
    const row = a.clusters[i]! * columns;
    let inner = 0;
    for (let j = 0; j < b.clusters.length; j++) inner += b.times[j]! * sums[row + b.clusters[j]!]!;
    sum += a.times[i]! * inner;
    rowsA += a.times[i]! * sizesA[a.clusters[i]!]!;
  }
  return sum / (rowsA * rowsB);
}
