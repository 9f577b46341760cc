/**
 * What a spotter sees of a patch: its blocks of 4×4×4 voxels, each with two readings of every voxel.
 *
 * - *Level*: how far it lies above parenchyma, drawn out near zero. Real patches of the isolated form are exactly
 *   parenchyma there, so a generator that leaves a faint texture or an offset of a few HU is seen.
 * - *Detail*: how far it lies above the mean of its six neighbours. Generators that enlarge by twos leave a faint grid of
 *   2 to 4 voxels, which always lies the same way in these blocks, also after flips and turns.
 */
import { PARENCHYMA_HU, windowHu } from '../../volume/window.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { asinh, max, min, round } = Math;

export const BLOCK = 4;
/** Two readings of each voxel. */
export const BLOCK_INPUTS = 2 * BLOCK ** 3;

/** Levels below this (28 HU) are read nearly linearly, those above by their logarithm. */
const LEVEL_KNEE = 0.02;
/** Detail of 70 HU becomes 1; it is cut at 2. */
const DETAIL_GAIN = 20;
const DETAIL_MOST = 2;
/** Levels are looked up: −0.25 to 1.25 in steps of 0.7 HU / 10. */
const TABLE_LOW = -0.25;
const STEPS_PER_UNIT = 20_000;

const ground = windowHu(PARENCHYMA_HU);
const levels = Float32Array.from({ length: 1.5 * STEPS_PER_UNIT + 1 }, (_, step) => {
  const value = TABLE_LOW + step / STEPS_PER_UNIT;
  return asinh((value - ground) / LEVEL_KNEE) / asinh(1 / LEVEL_KNEE);
});

/**
 * @param values size³ in [0, 1], x fastest; size a multiple of {@link BLOCK}
 * @param target gets (size / BLOCK)³ blocks, x fastest, of {@link BLOCK_INPUTS} values each, from `offset` on
 */
export function writeBlocks(values: Float32Array, size: number, target: Float32Array, offset: number): void {
  const plane = size * size;
  const half = BLOCK ** 3;
  const blocks = size / BLOCK;
  const last = levels.length - 1;
  for (let z = 0, at = 0; z < size; z++) {
    // Beyond the patch lies what its outermost voxels hold.
    const below = z > 0 ? -plane : 0;
    const above = z < size - 1 ? plane : 0;
    for (let y = 0; y < size; y++) {
      const before = y > 0 ? -size : 0;
      const behind = y < size - 1 ? size : 0;
      const row =
        offset + ((z >> 2) * blocks + (y >> 2)) * blocks * BLOCK_INPUTS + ((z & 3) * 4 + (y & 3)) * 4;
      for (let x = 0; x < size; x++, at++) {
        const value = values[at]!;
        const around =
          values[at + below]! +
          values[at + above]! +
          values[at + before]! +
          values[at + behind]! +
          values[x > 0 ? at - 1 : at]! +
          values[x < size - 1 ? at + 1 : at]!;
        const detail = DETAIL_GAIN * (value - around / 6);
        const to = row + (x >> 2) * BLOCK_INPUTS + (x & 3);
        target[to] = levels[max(0, min(last, round((value - TABLE_LOW) * STEPS_PER_UNIT)))]!;
        target[to + half] = max(-DETAIL_MOST, min(DETAIL_MOST, detail));
      }
    }
  }
}
