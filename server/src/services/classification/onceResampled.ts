/**
 * One resampling for all: what is finer than two voxels is taken out of real and synthetic patches alike, so that a
 * classifier cannot tell them by the fine texture that a generator lacks.
 */
import { tailOf } from '../../dataset/augmentation/warp.ts';
import { areaResample } from '../../networks/areaResample.ts';
import type { Example } from './examples.ts';

/** Means of 2×2×2 voxels, and linear between their middles. */
export function smoothed(example: Example, size: number): Example {
  const cube = example.voxels.slice(example.from, example.from + size ** 3);
  const half = areaResample(cube, size, size / 2);
  const voxels = new Float32Array(size ** 3 + tailOf(size));
  voxels.set(twiceAsFine(half, size / 2));
  return { ...example, voxels, from: 0 };
}

/** edge³ values as (2 · edge)³, three quarters of the nearest and one of the next, constant beyond the outermost. */
function twiceAsFine(values: Float32Array, edge: number): Float32Array {
  let result = values;
  // Three times along the slowest axis, which becomes the fastest: (z, y, x) → (y, x, z) → (x, z, y) → (z, y, x).
  for (let axis = 0; axis < 3; axis++) {
    const others = result.length / edge;
    const next = new Float32Array(2 * result.length);
    for (let fine = 0; fine < 2 * edge; fine++) {
      const near = fine >> 1;
      const far = Math.min(edge - 1, Math.max(0, near + (fine % 2 === 0 ? -1 : 1)));
      for (let i = 0; i < others; i++)
        next[i * 2 * edge + fine] = 0.75 * result[near * others + i]! + 0.25 * result[far * others + i]!;
    }
    result = next;
  }
  return result;
}
