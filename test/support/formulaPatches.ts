/** Patches made by formulas. */
import { tailOf } from '../../server/src/dataset/augmentation/warp.ts';
import type { Variation } from '../../server/src/dataset/augmentation/augment.ts';
import { Random } from '../../server/src/nn/random.ts';

/** A patch from a function of (z, y, x), with the tail that the warp needs. */
export function patchOf(size: number, at: (z: number, y: number, x: number) => number): Float32Array {
  const values = new Float32Array(size ** 3 + tailOf(size));
  let i = 0;
  for (let z = 0; z < size; z++)
    for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) values[i++] = at(z, y, x);
  return values;
}

export const randomPatch = (size: number, seed: number): Float32Array => {
  const random = Random.of(seed);
  return patchOf(size, () => random.uniform());
};

/** The patch without its tail. */
export const bare = (source: Float32Array, size: number): Float32Array => source.slice(0, size ** 3);

/** A variation that changes nothing but what is given. */
export const variation = (more: Partial<Variation> = {}): Variation => ({
  ...{ orientation: 0, axis: [1, 0, 0], degrees: 0, scale: 1, noise: 0 },
  ...more,
});
