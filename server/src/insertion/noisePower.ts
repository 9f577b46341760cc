/**
 * Noise power in the plane of a region of any shape: what a scanner's noise looks like, not only how strong it is.
 *
 * Method: ICRU Report 87 (2012) and AAPM Task Group 233 (2019), with one change for regions as small and irregular as a
 * nodule: the periodogram is taken over the region's own pixels instead of a square. White noise then still comes out
 * flat at its level; other spectra are smoothed by the region's shape, so compare regions of about the same size.
 */
import type { IndexBox, Vec3 } from '../volume/ctVolume.ts';
import { residualOf } from './trend.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { cos, floor, max, min, sin } = Math;

/** Values on a grid, i fastest; a CT volume is one. */
export interface Image {
  readonly size: Vec3;
  readonly spacing: Vec3;
  readonly data: ArrayLike<number>;
}

export interface NoisePower {
  /** Middles of the rings of equal spatial frequency, cycles/mm. */
  readonly frequencies: readonly number[];
  /** Mean noise power of each ring, HU²·mm². */
  readonly power: readonly number[];
  /** Variance about the trend of each slice, HU². */
  readonly varianceHu2: number;
  /** How many pixels on how many slices it was measured on. */
  readonly pixels: number;
  readonly slices: number;
}

/** Width of a ring, cycles/mm. */
const RING = 0.1;
/** Directions per ring; the spectrum of real values is even, so half a turn holds everything. */
const DIRECTIONS = 12;
/** Radii per ring, in parts of its width about the middle. */
const RADII = [-0.3, 0, 0.3] as const;
/** A slice with fewer pixels says nothing about its spectrum beside the trend taken from it. */
const LEAST_PIXELS = 24;

/**
 * Noise power of a region, averaged over its slices, after a second-order trend is taken from each slice.
 *
 * @param box in voxels of the image; power is measured in its i–j planes
 * @param mask the region within the box, one byte a voxel, i fastest; the whole box where absent
 * @returns null where no slice of the region has enough pixels (24)
 */
export function noisePower(image: Image, box: IndexBox, mask?: Uint8Array): NoisePower | null {
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  const [nx, ny] = image.size;
  const [dx, dy] = image.spacing;
  const frequencies = ringsOf(image.spacing);
  const waves = wavesOf(frequencies, dx, dy, width, height);
  const sums = new Float64Array(frequencies.length);
  let squares = 0;
  let freedom = 0;
  let pixels = 0;
  let slices = 0;
  const columns = new Int32Array(width * height);
  const rows = new Int32Array(width * height);
  const values = new Float64Array(width * height);
  for (let k = box.min[2]; k < box.max[2]; k++) {
    let count = 0;
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++) {
        if (mask !== undefined && mask[i + width * (j + height * (k - box.min[2]))] === 0) continue;
        columns[count] = i;
        rows[count] = j;
        values[count++] = image.data[box.min[0] + i + nx * (box.min[1] + j + ny * k)]!;
      }
    if (count < LEAST_PIXELS) continue;
    const { residual, terms } = residualOf(columns, rows, values, count);
    for (let n = 0; n < count; n++) squares += residual[n]! ** 2;
    freedom += count - terms;
    pixels += count;
    slices++;
    // The trend takes `terms` of the region's degrees of freedom with it.
    const unbiased = count / (count - terms);
    for (const { ring, columnWave, rowWave } of waves) {
      let re = 0;
      let im = 0;
      for (let n = 0; n < count; n++) {
        const c = 2 * columns[n]!;
        const r = 2 * rows[n]!;
        const value = residual[n]!;
        re += value * (columnWave[c]! * rowWave[r]! - columnWave[c + 1]! * rowWave[r + 1]!);
        im += value * (columnWave[c]! * rowWave[r + 1]! + columnWave[c + 1]! * rowWave[r]!);
      }
      sums[ring]! += (unbiased * (re * re + im * im) * dx * dy) / DIRECTIONS / RADII.length;
    }
  }
  if (slices === 0) return null;
  return {
    frequencies,
    // Each slice weighs as much as it has pixels.
    power: Array.from(sums, (sum) => sum / pixels),
    varianceHu2: squares / freedom,
    pixels,
    slices,
  };
}

/** Mean power (HU²·mm²) of the rings whose middle lies in [low, high) cycles/mm; NaN where there is none. */
export function bandPower(
  { frequencies, power }: Pick<NoisePower, 'frequencies' | 'power'>,
  low: number,
  high: number,
): number {
  const inBand = power.filter((_, ring) => frequencies[ring]! >= low && frequencies[ring]! < high);
  return inBand.reduce((sum, value) => sum + value, 0) / inBand.length;
}

/** Middles of the rings below the Nyquist frequency of the coarser in-plane axis, cycles/mm. */
export function ringsOf(spacing: Vec3): number[] {
  const count = max(1, floor(0.5 / max(spacing[0], spacing[1]) / RING));
  return Array.from({ length: count }, (_, ring) => (ring + 0.5) * RING);
}

/**
 * The pixels of a region that are at least a distance away, in their slice, from everything outside it.
 *
 * @param size of the grid that `mask` fills
 */
export function coreOf(size: Vec3, spacing: Vec3, mask: Uint8Array, depthMm: number): Uint8Array {
  const [nx, ny, nz] = size;
  const reachI = floor(depthMm / spacing[0]);
  const reachJ = floor(depthMm / spacing[1]);
  const steps: (readonly [number, number])[] = [];
  for (let b = -reachJ; b <= reachJ; b++)
    for (let a = -reachI; a <= reachI; a++)
      if ((a * spacing[0]) ** 2 + (b * spacing[1]) ** 2 <= depthMm ** 2) steps.push([a, b]);
  const core = new Uint8Array(mask.length);
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++)
        core[at] = steps.every(([a, b]) => {
          const [x, y] = [i + a, j + b];
          return x >= 0 && y >= 0 && x < nx && y < ny && mask[at + a + nx * b] !== 0;
        })
          ? 1
          : 0;
  return core;
}

interface Wave {
  readonly ring: number;
  /** Real and imaginary part at each column and row of the box: a plane wave is their product. */
  readonly columnWave: Float64Array;
  readonly rowWave: Float64Array;
}

function wavesOf(rings: readonly number[], dx: number, dy: number, width: number, height: number): Wave[] {
  const along = (length: number, perPixel: number): Float64Array => {
    const wave = new Float64Array(2 * length);
    for (let n = 0; n < length; n++) {
      wave[2 * n] = cos(2 * Math.PI * perPixel * n);
      wave[2 * n + 1] = -sin(2 * Math.PI * perPixel * n);
    }
    return wave;
  };
  return rings.flatMap((middle, ring) =>
    RADII.flatMap((part) =>
      Array.from({ length: DIRECTIONS }, (_, direction) => {
        const frequency = min(0.5 / max(dx, dy), middle + part * RING);
        const angle = (Math.PI * (direction + 0.5)) / DIRECTIONS;
        return {
          ring,
          columnWave: along(width, frequency * cos(angle) * dx),
          rowWave: along(height, frequency * sin(angle) * dy),
        };
      }),
    ),
  );
}
