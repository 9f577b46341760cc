/**
 * Multi-scale structural similarity of two patches in three dimensions (Wang, Simoncelli and Bovik 2003; window and
 * constants of Wang et al. 2004): 1 for equal patches, lower the less they have in common; the mean over pairs of a set
 * says how little its members differ.
 *
 * As in the paper: a Gaussian window of 11 voxels an edge, σ 1.5, kept inside the patch; K₁ 0.01, K₂ 0.03, range 1;
 * contrast and structure at every scale, luminance at the coarsest only; the next scale is the mean of 2×2×2 voxels.
 * Adapted: a scale must hold the window, so there are as many of the five as fit (64³ has three: 64, 32, 16), and their
 * exponents (0.0448, 0.2856, 0.3001, …) are scaled to sum to 1. A mean contrast below 0 counts as 0.
 */
import { NoduleLabError } from '../volume/errors.ts';

const { exp, floor, max } = Math;

export const WINDOW = 11;
export const SIGMA = 1.5;
export const EXPONENTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

const TAPS = gaussianTaps();

function gaussianTaps(): Float64Array {
  const taps = Float64Array.from({ length: WINDOW }, (_, i) =>
    exp(-((i - (WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = taps.reduce((a, b) => a + b);
  return taps.map((tap) => tap / sum);
}

/** What of a patch goes into every pair that it is in. */
export interface PreparedPatch {
  readonly size: number;
  readonly scales: readonly Scale[];
}

interface Scale {
  readonly size: number;
  readonly values: Float32Array;
  /** Under the window, at every place where it fits: (size − 10)³. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Number of scales that a patch of this edge is compared at. */
export function scalesOf(size: number): number {
  let scales = 0;
  for (let edge = size; edge >= WINDOW && scales < EXPONENTS.length; edge = floor(edge / 2)) scales++;
  return scales;
}

/**
 * @param a size³ values in [0, 1], x fastest
 * @param b likewise
 * @param size voxels along an edge, at least 11
 */
export const msSsim = (a: Float32Array, b: Float32Array, size: number): number =>
  msSsimOf(prepareMsSsim(a, size), prepareMsSsim(b, size));

/** For patches that are in many pairs: half the work of a pair is done here, once. About 3 MB at 64³. */
export function prepareMsSsim(values: Float32Array, size: number): PreparedPatch {
  const count = scalesOf(size);
  if (count === 0 || values.length !== size ** 3)
    throw new NoduleLabError(
      'invalid-input',
      `MS-SSIM compares patches of at least ${WINDOW}³ voxels, and this one of ${values.length} values was said to have ${size} an edge: take larger patches.`,
    );
  for (let i = 0; i < values.length; i++)
    if (values[i]! - values[i]! !== 0)
      throw new NoduleLabError('unusable', `Voxel ${i} of a patch is ${values[i]}: leave that patch out.`, {
        voxel: i,
      });
  const scales: Scale[] = [];
  for (
    let edge = size, level = values;
    scales.length < count;
    level = halved(level, edge), edge = floor(edge / 2)
  ) {
    const mean = windowed(level, level, edge, false);
    const variance = windowed(level, level, edge, true);
    for (let i = 0; i < mean.length; i++) variance[i]! -= mean[i]! * mean[i]!;
    scales.push({ size: edge, values: level, mean, variance });
  }
  return { size, scales };
}

export function msSsimOf(a: PreparedPatch, b: PreparedPatch): number {
  if (a.size !== b.size)
    throw new NoduleLabError(
      'invalid-input',
      `A patch of ${a.size}³ voxels cannot be compared with one of ${b.size}³: bring both to one size.`,
    );
  const exponents = EXPONENTS.slice(0, a.scales.length);
  const whole = exponents.reduce((x, y) => x + y, 0);
  let product = 1;
  a.scales.forEach((scale, level) => {
    const last = level === a.scales.length - 1;
    product *= max(0, similarity(scale, b.scales[level]!, last)) ** (exponents[level]! / whole);
  });
  return product;
}

/** Mean over the places of the window of contrast × structure, at the coarsest scale × luminance. */
function similarity(a: Scale, b: Scale, withLuminance: boolean): number {
  const product = windowed(a.values, b.values, a.size, true);
  let sum = 0;
  for (let i = 0; i < product.length; i++) {
    const [meanA, meanB] = [a.mean[i]!, b.mean[i]!];
    const means = meanA * meanB;
    let value = (2 * (product[i]! - means) + C2) / (a.variance[i]! + b.variance[i]! + C2);
    if (withLuminance) value *= (2 * means + C1) / (meanA * meanA + meanB * meanB + C1);
    sum += value;
  }
  return sum / product.length;
}

/** The window's mean of `a`, or of the product of both, wherever the window fits; one axis after the other. */
function windowed(a: Float32Array, b: Float32Array, size: number, product: boolean): Float64Array {
  const fits = size - WINDOW + 1;
  const line = new Float64Array(size);
  const alongX = new Float64Array(size * size * fits);
  for (let row = 0; row < size * size; row++) {
    const from = row * size;
    for (let x = 0; x < size; x++) line[x] = product ? a[from + x]! * b[from + x]! : a[from + x]!;
    const to = row * fits;
    for (let x = 0; x < fits; x++) alongX[to + x] = windowAt(line, x, 1);
  }
  const alongY = new Float64Array(size * fits * fits);
  for (let z = 0; z < size; z++)
    for (let y = 0; y < fits; y++) {
      const from = (z * size + y) * fits;
      const to = (z * fits + y) * fits;
      for (let x = 0; x < fits; x++) alongY[to + x] = windowAt(alongX, from + x, fits);
    }
  const alongZ = new Float64Array(fits ** 3);
  const plane = fits * fits;
  for (let i = 0; i < alongZ.length; i++) alongZ[i] = windowAt(alongY, i, plane);
  return alongZ;
}

const [T0, T1, T2, T3, T4, T5] = TAPS as unknown as [number, number, number, number, number, number];

/** Written out: the window is symmetric, and a loop over eleven taps would cost more than they do. */
const windowAt = (values: Float64Array, at: number, step: number): number =>
  T0 * (values[at]! + values[at + 10 * step]!) +
  T1 * (values[at + step]! + values[at + 9 * step]!) +
  T2 * (values[at + 2 * step]! + values[at + 8 * step]!) +
  T3 * (values[at + 3 * step]! + values[at + 7 * step]!) +
  T4 * (values[at + 4 * step]! + values[at + 6 * step]!) +
  T5 * values[at + 5 * step]!;

/** Means of 2×2×2 voxels; of an odd edge the last voxel is left out. */
function halved(values: Float32Array, size: number): Float32Array {
  const half = floor(size / 2);
  const plane = size * size;
  const result = new Float32Array(half ** 3);
  let to = 0;
  for (let z = 0; z < half; z++)
    for (let y = 0; y < half; y++)
      for (let x = 0; x < half; x++) {
        const at = 2 * (z * plane + y * size + x);
        const far = at + plane;
        result[to++] =
          (values[at]! +
            values[at + 1]! +
            values[at + size]! +
            values[at + size + 1]! +
            values[far]! +
            values[far + 1]! +
            values[far + size]! +
            values[far + size + 1]!) /
          8;
      }
  return result;
}
