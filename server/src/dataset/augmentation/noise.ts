/** Gaussian noise, fast enough for every voxel of every batch. */
import type { Random } from '../../nn/random.ts';

const BITS = 12;
/** Quantiles of the standard normal distribution at (i + ½) / 2¹²: a random one of them is a normal number. */
const QUANTILES = normalQuantiles(2 ** BITS);

/**
 * Adds noise of standard deviation `sd` to `count` values from `at` on, and cuts them to [0, 1]. The cut is what the
 * window does to a real scan's noise: a CT is noisy before it is windowed, so no windowed value is outside.
 */
export function addNoise(values: Float32Array, at: number, count: number, sd: number, random: Random): void {
  const mask = 2 ** BITS - 1;
  for (let i = at; i < at + count; i += 2) {
    // One draw serves two voxels.
    const word = random.next();
    values[i] = cut(values[i]! + sd * QUANTILES[word >>> (32 - BITS)]!);
    if (i + 1 < at + count) values[i + 1] = cut(values[i + 1]! + sd * QUANTILES[word & mask]!);
  }
}

const cut = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);

/** The distribution function is summed up in small steps; the quantiles are scaled to a standard deviation of 1. */
function normalQuantiles(count: number): Float64Array {
  const quantiles = new Float64Array(count);
  const step = 1e-4;
  const density = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  // Upwards from the median; the lower half mirrors the upper.
  let below = 0.5;
  let z = 0;
  let sum = 0;
  for (let i = count / 2; i < count; i++) {
    const wanted = (i + 0.5) / count;
    let piece = step * density(z + step / 2);
    while (below + piece < wanted) {
      below += piece;
      z += step;
      piece = step * density(z + step / 2);
    }
    const quantile = z + (step * (wanted - below)) / piece;
    quantiles[i] = quantile;
    quantiles[count - 1 - i] = -quantile;
    sum += 2 * quantile * quantile;
  }
  const sd = Math.sqrt(sum / count);
  return quantiles.map((quantile) => quantile / sd);
}
