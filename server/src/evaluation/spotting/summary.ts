/**
 * A patch in 128 numbers that no flip or turn changes: how much of it lies at each level, and at that level how steep it
 * is, how rough, and how far from the middle. Fakes that are made of the wrong stuff (too smooth, peaked, blurred) differ
 * here, and a few dozen patches are enough to learn it.
 */
import { sumAround } from './sumAround.ts';
import { PARENCHYMA_HU, windowHu } from '../../volume/window.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { asinh, hypot, log, max, min, sqrt } = Math;

/** Levels above parenchyma at which the next bin begins, of the window's 1400 HU: fine where the ground is. */
const BIN_ENDS = [
  -0.01, -0.002, 0.002, 0.01, 0.04, 0.08, 0.13, 0.18, 0.24, 0.3, 0.36, 0.42, 0.48, 0.55, 0.65,
];
const BINS = BIN_ENDS.length + 1;
/** Share; mean and deviation of slope, of roughness, and of the slope over 4 voxels; distance from the middle. */
const NUMBERS = 8;
export const SUMMARY_SIZE = BINS * NUMBERS;
/** Slopes of 3 HU a voxel and less are taken as they are, more by their logarithm. */
const KNEE = 0.002;
const FAR = 4;

/** Most voxels of an isolated patch lie on constant ground: of these nothing has to be computed. */
const drawnOut = (value: number): number => (value === 0 ? 0 : asinh(value));

/** For each voxel how far it lies from the middle, of the edge; patches of one size come one after the other. */
let known: { readonly size: number; readonly distances: Float64Array } | undefined;
function distancesFromMiddle(size: number): Float64Array {
  if (known?.size === size) return known.distances;
  const distances = new Float64Array(size ** 3);
  const middle = (size - 1) / 2;
  for (let z = 0, at = 0; z < size; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++, at++) distances[at] = hypot(x - middle, y - middle, z - middle) / size;
  known = { size, distances };
  return distances;
}

/** @param values size³ in [0, 1], x fastest */
export function summarise(values: Float32Array, size: number): Float32Array {
  const ground = windowHu(PARENCHYMA_HU);
  const plane = size * size;
  const last = size - 1;
  const distances = distancesFromMiddle(size);
  const sums = new Float64Array(BINS * NUMBERS);
  const slopeOver = (x: number, y: number, z: number, reach: number): number => {
    const dx =
      values[z * plane + y * size + min(last, x + reach)]! -
      values[z * plane + y * size + max(0, x - reach)]!;
    const dy =
      values[z * plane + min(last, y + reach) * size + x]! -
      values[z * plane + max(0, y - reach) * size + x]!;
    const dz =
      values[min(last, z + reach) * plane + y * size + x]! -
      values[max(0, z - reach) * plane + y * size + x]!;
    return drawnOut(sqrt(dx * dx + dy * dy + dz * dz) / (2 * reach) / KNEE);
  };
  for (let z = 0, at = 0; z < size; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++, at++) {
        const above = values[at]! - ground;
        let bin = 0;
        while (bin < BINS - 1 && above >= BIN_ENDS[bin]!) bin++;
        const first = bin * NUMBERS;
        const near = slopeOver(x, y, z, 1);
        const far = slopeOver(x, y, z, FAR);
        const around = sumAround(values, size, x, y, z);
        const rough = drawnOut((values[at]! - around / 6) / KNEE);
        sums[first]!++;
        sums[first + 1]! += near;
        sums[first + 2]! += near * near;
        sums[first + 3]! += rough;
        sums[first + 4]! += rough * rough;
        sums[first + 5]! += far;
        sums[first + 6]! += far * far;
        sums[first + 7]! += distances[at]!;
      }
  const summary = new Float32Array(SUMMARY_SIZE);
  for (let first = 0; first < SUMMARY_SIZE; first += NUMBERS) {
    const count = sums[first]!;
    summary[first] = log(1 + count);
    if (count === 0) continue;
    const mean = (k: number): number => sums[first + k]! / count;
    for (const k of [1, 3, 5]) {
      summary[first + k] = mean(k);
      summary[first + k + 1] = sqrt(max(0, mean(k + 1) - mean(k) ** 2));
    }
    summary[first + 7] = mean(7);
  }
  return summary;
}

/** Takes the place and the scale of each number away, as they are among the patches that are learned from. */
export function standardiser(summaries: readonly Float32Array[]): (summary: Float32Array) => Float32Array {
  const mean = new Float64Array(SUMMARY_SIZE);
  const scale = new Float64Array(SUMMARY_SIZE);
  for (let k = 0; k < SUMMARY_SIZE; k++) {
    for (const summary of summaries) mean[k]! += summary[k]! / summaries.length;
    for (const summary of summaries) scale[k]! += (summary[k]! - mean[k]!) ** 2 / summaries.length;
    scale[k] = sqrt(scale[k]!);
  }
  // A number that is the same for all says nothing of them, but may say all of the next one: it is cut at 3.
  return (summary) => summary.map((value, k) => max(-3, min(3, (value - mean[k]!) / max(1e-4, scale[k]!))));
}
