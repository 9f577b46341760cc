/**
 * The host's own noise: its power spectrum, taken from soft tissue near a place and scaled to the noise of the lung
 * there, and fresh noise of that spectrum for voxels that the nodule covers.
 *
 * Fresh noise is white noise under the host's own kernel, the root of its mean periodogram (stationary Gaussian texture
 * of a given spectrum: B. Galerne, Y. Gousseau, J.-M. Morel, "Random phase textures", IEEE TIP 20, 2011). The white
 * noise is a hash of seed and voxel: no window is seen twice, and a voxel's noise does not depend on the box around it.
 */
import type { CtVolume, IndexBox, Vec3 } from '../volume/ctVolume.ts';
import { ringsOf } from './noisePower.ts';
import type { NoiseWindow } from './noiseWindows.ts';
import {
  grainOfWindow,
  lungGrain,
  lungWindows,
  residualOfWindow,
  tissueWindows,
  WINDOW,
} from './noiseWindows.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { cos, imul, max, min, sin, sqrt } = Math;

export interface HostNoise {
  /** Standard deviation of the noise near the place, HU; 0 where the host shows no noise. */
  readonly deviationHu: number;
  /** Rings of equal spatial frequency, cycles/mm, and the mean power in each, HU²·mm²: as `noisePower` measures them. */
  readonly frequencies: readonly number[];
  readonly power: readonly number[];
  /** Correlation of the noise of neighbouring slices, 0 … 0.7. */
  readonly sliceCorrelation: number;
  /** Point response that turns white noise of variance 1 into the host's, KERNEL × KERNEL, rows along j. */
  readonly kernel: Float32Array;
}

/** Transforms are this long: a window and as many zeros, so that its ends do not meet. */
const PADDED = 2 * WINDOW;
const REACH = 7;
export const KERNEL = 2 * REACH + 1;
/** Lung is darker than soft tissue and sometimes quieter or louder, but not by more than this (deviation). */
const STRENGTH = { low: 0.4, high: 1.5 } as const;
const MOST_CORRELATED = 0.7;

/**
 * The noise of the host near a place.
 *
 * @param place voxel index
 */
export function localNoise(host: CtVolume, place: Vec3): HostNoise {
  const tissue = tissueWindows(host, place);
  const windows = tissue.length > 0 ? tissue : lungWindows(host, place);
  const frequencies = ringsOf(host.spacing);
  if (windows.length === 0)
    return {
      deviationHu: 0,
      frequencies,
      power: frequencies.map(() => 0),
      sliceCorrelation: 0,
      kernel: new Float32Array(KERNEL ** 2),
    };
  const kernel = kernelOf(meanPeriodogram(host, windows));
  const strength = tissue.length > 0 ? lungStrength(host, place, tissue) : 1;
  for (let n = 0; n < kernel.length; n++) kernel[n]! *= strength;
  return {
    deviationHu: sqrt(kernel.reduce((sum, value) => sum + value * value, 0)),
    frequencies,
    power: ringPower(kernel, frequencies, host.spacing),
    sliceCorrelation: sliceCorrelation(host, windows),
    kernel,
  };
}

/**
 * Fresh noise for the voxels of a box, as strong as the host's near the middle of the box and of the same spectrum.
 *
 * @param seed other seeds give other noise; the same seed gives a voxel the same noise in every box
 * @param wanted over the box: noise is made only where it is not 0; everywhere where absent
 * @returns HU per voxel of the box, i fastest, mean about 0; all 0 where the host shows no noise
 */
export function hostNoise(
  host: CtVolume,
  box: IndexBox,
  seed: number,
  wanted?: ArrayLike<number>,
  { kernel, deviationHu, sliceCorrelation: rho }: HostNoise = localNoise(host, middleOf(box)),
): Float32Array {
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  const depth = box.max[2] - box.min[2];
  const noise = new Float32Array(width * height * depth);
  if (deviationHu === 0) return noise;
  // (side, 1, side) / norm over three slices gives neighbours exactly this correlation.
  const side = rho === 0 ? 0 : (1 - sqrt(max(0, 1 - 2 * rho * rho))) / (2 * rho);
  const norm = 1 / sqrt(1 + 2 * side * side);
  const across = width + 2 * REACH;
  const down = height + 2 * REACH;
  const whiteOf = (k: number): Float32Array =>
    whiteSlice(seed, box.min[0] - REACH, box.min[1] - REACH, box.min[2] + k, across, down);
  let [before, here, after] = [whiteOf(-1), whiteOf(0), whiteOf(1)];
  for (let k = 0, at = 0; k < depth; k++) {
    if (k > 0) [before, here, after] = [here, after, whiteOf(k + 1)];
    const white = here.map((value, n) => norm * (value + side * (before[n]! + after[n]!)));
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++, at++) {
        if (wanted !== undefined && wanted[at] === 0) continue;
        let sum = 0;
        for (let b = 0, n = 0; b < KERNEL; b++) {
          const row = i + across * (j + b);
          for (let a = 0; a < KERNEL; a++) sum += kernel[n++]! * white[row + a]!;
        }
        noise[at] = sum;
      }
  }
  return noise;
}

const middleOf = ({ min: from, max: to }: IndexBox): Vec3 => [
  (from[0] + to[0]) / 2,
  (from[1] + to[1]) / 2,
  (from[2] + to[2]) / 2,
];

/** Mean over the windows of |DFT|² per pixel, PADDED × PADDED. */
function meanPeriodogram(host: CtVolume, windows: readonly NoiseWindow[]): Float64Array {
  const mean = new Float64Array(PADDED * PADDED);
  for (const window of windows) {
    const { re, im } = transform(residualOfWindow(host, window), WINDOW);
    for (let n = 0; n < mean.length; n++)
      mean[n]! += (re[n]! ** 2 + im[n]! ** 2) / (WINDOW * WINDOW * windows.length);
  }
  return mean;
}

/** Discrete Fourier transform of a square of real values in the corner of PADDED × PADDED zeros. */
function transform(values: ArrayLike<number>, edge: number): { re: Float64Array; im: Float64Array } {
  const rowsRe = new Float64Array(edge * PADDED);
  const rowsIm = new Float64Array(edge * PADDED);
  for (let j = 0; j < edge; j++)
    for (let u = 0; u < PADDED; u++)
      for (let i = 0; i < edge; i++) {
        const turn = (u * i) % PADDED;
        rowsRe[u + PADDED * j]! += values[i + edge * j]! * COS[turn]!;
        rowsIm[u + PADDED * j]! -= values[i + edge * j]! * SIN[turn]!;
      }
  const re = new Float64Array(PADDED * PADDED);
  const im = new Float64Array(PADDED * PADDED);
  for (let v = 0; v < PADDED; v++)
    for (let j = 0; j < edge; j++) {
      const [c, s] = [COS[(v * j) % PADDED]!, SIN[(v * j) % PADDED]!];
      for (let u = 0; u < PADDED; u++) {
        re[u + PADDED * v]! += rowsRe[u + PADDED * j]! * c + rowsIm[u + PADDED * j]! * s;
        im[u + PADDED * v]! += rowsIm[u + PADDED * j]! * c - rowsRe[u + PADDED * j]! * s;
      }
    }
  return { re, im };
}

const COS = Float64Array.from({ length: PADDED }, (_, n) => cos((2 * Math.PI * n) / PADDED));
const SIN = Float64Array.from({ length: PADDED }, (_, n) => sin((2 * Math.PI * n) / PADDED));

/** The symmetric kernel whose spectrum is the root of the power, cut to KERNEL and brought back to its variance. */
function kernelOf(power: Float64Array): Float32Array {
  const variance = power.reduce((sum, value) => sum + value, 0) / power.length;
  // Power and its root are even, so the transform of the root is real, and forward and backward are the same.
  const { re } = transform(power.map(sqrt), PADDED);
  const kernel = new Float32Array(KERNEL * KERNEL);
  let squares = 0;
  for (let b = -REACH, n = 0; b <= REACH; b++)
    for (let a = -REACH; a <= REACH; a++, n++) {
      const value = re[((a + PADDED) % PADDED) + PADDED * ((b + PADDED) % PADDED)]! / power.length;
      kernel[n] = value;
      squares += value * value;
    }
  const scale = squares === 0 ? 0 : sqrt(variance / squares);
  return kernel.map((value) => value * scale);
}

/** Noise of the lung by that of the tissue, as deviations, from the finest detail, where structure adds least. */
function lungStrength(host: CtVolume, place: Vec3, tissue: readonly NoiseWindow[]): number {
  const lung = lungGrain(host, place);
  const grains = tissue.map((window) => grainOfWindow(host, window)).sort((a, b) => a - b);
  const typical = grains[grains.length >> 1]!;
  if (lung === null || typical === 0) return 1;
  return min(STRENGTH.high, max(STRENGTH.low, sqrt(lung / typical)));
}

function sliceCorrelation(host: CtVolume, windows: readonly NoiseWindow[]): number {
  let together = 0;
  let apart = 0;
  for (const window of windows) {
    const next = window.k + (window.k + 1 < host.size[2] ? 1 : -1);
    if (next < 0) return 0;
    const here = residualOfWindow(host, window);
    const there = residualOfWindow(host, { ...window, k: next });
    for (let n = 0; n < here.length; n++) {
      together += here[n]! * there[n]!;
      apart += (here[n]! ** 2 + there[n]! ** 2) / 2;
    }
  }
  return apart === 0 ? 0 : min(MOST_CORRELATED, max(0, together / apart));
}

/** Mean of |kernel's transform|² over each ring, HU²·mm². */
function ringPower(kernel: Float32Array, frequencies: readonly number[], [dx, dy]: Vec3): number[] {
  const directions = 12;
  return frequencies.map((frequency) => {
    let power = 0;
    for (let direction = 0; direction < directions; direction++) {
      const angle = (Math.PI * (direction + 0.5)) / directions;
      const [fx, fy] = [frequency * cos(angle) * dx, frequency * sin(angle) * dy];
      let sum = 0;
      for (let b = -REACH, n = 0; b <= REACH; b++)
        for (let a = -REACH; a <= REACH; a++) sum += kernel[n++]! * cos(2 * Math.PI * (fx * a + fy * b));
      power += (sum * sum * dx * dy) / directions;
    }
    return power;
  });
}

/** White noise of mean 0 and variance 1 for part of a slice: at each voxel four uniform numbers, hashed and added. */
function whiteSlice(
  seed: number,
  i0: number,
  j0: number,
  k: number,
  across: number,
  down: number,
): Float32Array {
  const white = new Float32Array(across * down);
  const ofSlice = mix(seed, k);
  for (let j = 0, n = 0; j < down; j++) {
    const ofRow = mix(ofSlice, j0 + j);
    for (let i = 0; i < across; i++, n++) {
      const h = mix(ofRow, i0 + i);
      const g = mix(h, 1);
      white[n] = ((h & 0xffff) + (h >>> 16) + (g & 0xffff) + (g >>> 16) - 2 * 0xffff) * GAUSS_SCALE;
    }
  }
  return white;
}

/** Four uniform numbers in 0 … 65535 have the variance 4 · (65536² − 1) / 12. */
const GAUSS_SCALE = 1 / sqrt((65536 ** 2 - 1) / 3);

/** A 32-bit hash of two numbers (finaliser of MurmurHash3). */
function mix(a: number, b: number): number {
  let h = imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ imul(b + 1, 0xc2b2ae35);
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
