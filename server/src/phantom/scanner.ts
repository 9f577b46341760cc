/** What the scanner adds to the drawn thorax: blur in the plane, tissue mottle and correlated noise. */
import type { Random } from '../nn/random.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, exp, floor, max, min, round, sqrt } = Math;

/** Sigma of the in-plane blur of a standard chest kernel, mm. */
const BLUR_MM = 0.58;
/** Edge of the random tiles, pixels; a power of two. */
const TILE = 256;

export interface ScannerOptions {
  readonly size: readonly [number, number, number];
  readonly pixelMm: number;
  readonly noiseHu: number;
  readonly random: Random;
}

/**
 * Turns drawn slices into scanned ones, in place.
 *
 * Noise is made as band-passed tiles (a difference of two blurs: filtered back projection suppresses low frequencies
 * and the kernel suppresses high ones), cut at a random place and mirrored for each slice; slices are independent.
 */
export function scan(volume: Int16Array, options: ScannerOptions): void {
  const { size, pixelMm, noiseHu, random } = options;
  const [nx, ny, nz] = size;
  const slice = nx * ny;
  const sigma = BLUR_MM / pixelMm;
  const kernel = gaussian(sigma);
  const tiles = [0, 1, 2, 3].map(() => noiseTile(random, max(0.55, sigma), max(1.4, 2.4 * sigma)));
  const mottle = [0, 1, 2, 3, 4, 5].map(() => noiseTile(random, max(1.2, 3 / pixelMm), max(6, 14 / pixelMm)));
  const work = new Float32Array(slice);
  const rows = new Float32Array(slice);
  for (let k = 0; k < nz; k++) {
    const base = k * slice;
    for (let at = 0; at < slice; at++) work[at] = volume[base + at]!;
    blurRows(work, rows, nx, ny, kernel);
    blurColumns(rows, work, nx, ny, kernel);
    const tile = tiles[random.integer(tiles.length)]!;
    const shiftI = random.integer(TILE);
    const shiftJ = random.integer(TILE);
    const depth = (k / nz) * 40;
    const from = mottle[floor(depth) % mottle.length]!;
    const to = mottle[(floor(depth) + 1) % mottle.length]!;
    const share = depth % 1;
    for (let j = 0; j < ny; j++) {
      const y = ((j + 0.5) / ny - 0.5) * 2;
      for (let i = 0; i < nx; i++) {
        const at = i + nx * j;
        const x = ((i + 0.5) / nx - 0.5) * 2;
        const value = work[at]!;
        // More rays are absorbed on the way to the middle of the body: more noise there.
        const level = noiseHu * (1.15 - 0.45 * (x * x + y * y)) * (value < -950 ? 0.55 : 1);
        const place = (i & (TILE - 1)) + TILE * (j & (TILE - 1));
        const texture = (1 - share) * from[place]! + share * to[place]!;
        const strength = value > -900 ? (value > -300 ? 7 : 5) : 0;
        const noise = tile[((i + shiftI) & (TILE - 1)) + TILE * ((j + shiftJ) & (TILE - 1))]!;
        const hu = round(value + level * noise + strength * texture);
        volume[base + at] = hu < -1024 ? -1024 : hu > 3071 ? 3071 : hu;
      }
    }
  }
}

/** White noise blurred narrowly minus the same blurred widely, periodic, unit variance. */
function noiseTile(random: Random, narrow: number, wide: number): Float32Array {
  const white = Float32Array.from({ length: TILE * TILE }, () => random.gaussian());
  const fine = periodicBlur(white, narrow);
  const coarse = periodicBlur(white, wide);
  let squares = 0;
  for (let at = 0; at < fine.length; at++) {
    fine[at] = fine[at]! - 0.75 * coarse[at]!;
    squares += fine[at]! * fine[at]!;
  }
  const scale = 1 / sqrt(squares / fine.length);
  for (let at = 0; at < fine.length; at++) fine[at] = fine[at]! * scale;
  return fine;
}

function periodicBlur(source: Float32Array, sigma: number): Float32Array {
  const kernel = gaussian(min(sigma, TILE / 8));
  const radius = (kernel.length - 1) / 2;
  let from = source;
  for (const [step, cross] of [
    [1, TILE],
    [TILE, 1],
  ] as const) {
    const to = new Float32Array(source.length);
    for (let b = 0; b < TILE; b++)
      for (let a = 0; a < TILE; a++) {
        let sum = 0;
        for (let n = -radius; n <= radius; n++)
          sum += kernel[n + radius]! * from[((a + n + TILE) & (TILE - 1)) * step + b * cross]!;
        to[a * step + b * cross] = sum;
      }
    from = to;
  }
  return from;
}

function gaussian(sigma: number): Float32Array {
  const radius = max(1, ceil(2.6 * sigma));
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, n) =>
    exp(-((n - radius) ** 2) / (2 * sigma ** 2)),
  );
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  return kernel.map((weight) => weight / total);
}

function blurRows(from: Float32Array, to: Float32Array, nx: number, ny: number, kernel: Float32Array): void {
  const radius = (kernel.length - 1) / 2;
  for (let j = 0; j < ny; j++) {
    const row = nx * j;
    for (let i = 0; i < nx; i++) {
      let sum = 0;
      if (i >= radius && i < nx - radius)
        for (let n = -radius; n <= radius; n++) sum += kernel[n + radius]! * from[row + i + n]!;
      else
        for (let n = -radius; n <= radius; n++)
          sum += kernel[n + radius]! * from[row + min(nx - 1, max(0, i + n))]!;
      to[row + i] = sum;
    }
  }
}

function blurColumns(
  from: Float32Array,
  to: Float32Array,
  nx: number,
  ny: number,
  kernel: Float32Array,
): void {
  const radius = (kernel.length - 1) / 2;
  to.fill(0);
  for (let j = 0; j < ny; j++)
    for (let n = -radius; n <= radius; n++) {
      const weight = kernel[n + radius]!;
      const row = nx * min(ny - 1, max(0, j + n));
      const out = nx * j;
      for (let i = 0; i < nx; i++) to[out + i]! += weight * from[row + i]!;
    }
}
