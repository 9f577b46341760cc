/** A signal that must be found: whoever does not find it would not find any other. */
import { tailOf } from '../../dataset/augmentation/warp.ts';
import type { Random } from '../../nn/random.ts';
import type { Example } from './examples.ts';

/** Of the patch's edge. */
const EDGE = 3 / 16;

/** The example with a cube as bright as the window allows, anywhere in it. */
export function withSpot(example: Example, size: number, random: Random): Example {
  const voxels = new Float32Array(size ** 3 + tailOf(size));
  voxels.set(example.voxels.subarray(example.from, example.from + size ** 3));
  const edge = Math.max(2, Math.round(EDGE * size));
  const [z0, y0, x0] = [0, 0, 0].map(() => random.integer(size - edge + 1)) as [number, number, number];
  for (let z = z0; z < z0 + edge; z++)
    for (let y = y0; y < y0 + edge; y++)
      voxels.fill(1, (z * size + y) * size + x0, (z * size + y) * size + x0 + edge);
  return { ...example, voxels, from: 0 };
}
