/** A region of interest as the radiomic features read it: cut to its box, with one empty voxel around it. */
import type { Vec3 } from '../../volume/ctVolume.ts';

const { max, min } = Math;

export interface Region {
  /** Of the cut-out, the empty border of one voxel included. */
  readonly size: Vec3;
  /** x fastest; 0 outside the region. */
  readonly intensity: Float32Array;
  /** 1 in the region. */
  readonly mask: Uint8Array;
  /** Indices of the region's voxels in scan order. */
  readonly voxels: Int32Array;
}

/**
 * @param intensity of every voxel of the image, x fastest
 * @param mask 1 in the region, 0 outside, like `intensity`
 * @param box that holds the whole region, where it is known; `max` exclusive
 * @returns null for an empty mask
 */
export function regionOf(
  intensity: ArrayLike<number>,
  mask: ArrayLike<number>,
  [nx, ny, nz]: Vec3,
  { min: low, max: high }: { readonly min: Vec3; readonly max: Vec3 } = boxOf(mask, [nx, ny, nz]),
): Region | null {
  const width = high[0] - low[0];
  const size: Vec3 = [width + 2, high[1] - low[1] + 2, high[2] - low[2] + 2];
  const length = size[0] * size[1] * size[2];
  const cut = { intensity: new Float32Array(length), mask: new Uint8Array(length) };
  const voxels = new Int32Array(length);
  let count = 0;
  for (let z = low[2]; z < high[2]; z++)
    for (let y = low[1]; y < high[1]; y++) {
      const from = low[0] + nx * (y + ny * z);
      const to = 1 + size[0] * (y - low[1] + 1 + size[1] * (z - low[2] + 1));
      for (let x = 0; x < width; x++) {
        if (mask[from + x] === 0) continue;
        cut.mask[to + x] = 1;
        cut.intensity[to + x] = intensity[from + x]!;
        voxels[count++] = to + x;
      }
    }
  return count === 0 ? null : { size, ...cut, voxels: voxels.slice(0, count) };
}

/** The smallest box around what is set; of an empty mask a box without voxels. */
function boxOf(mask: ArrayLike<number>, [nx, ny, nz]: Vec3): { readonly min: Vec3; readonly max: Vec3 } {
  const low = [nx, ny, nz] as [number, number, number];
  const high = [0, 0, 0] as [number, number, number];
  for (let z = 0, at = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++, at++) {
        if (mask[at] === 0) continue;
        [x, y, z].forEach((index, axis) => {
          low[axis] = min(low[axis]!, index);
          high[axis] = max(high[axis]!, index + 1);
        });
      }
  return high[0] === 0 ? { min: [0, 0, 0], max: [0, 0, 0] } : { min: low, max: high };
}

/** The 13 directions of a 3D neighbourhood, one of each opposite pair, as steps (x, y, z). */
export const DIRECTIONS: readonly Vec3[] = [-1, 0, 1].flatMap((z) =>
  [-1, 0, 1].flatMap((y) =>
    [-1, 0, 1].flatMap((x): Vec3[] =>
      z > 0 || (z === 0 && (y > 0 || (y === 0 && x > 0))) ? [[x, y, z]] : [],
    ),
  ),
);

/** The same as steps between indices of a region. */
export const directionSteps = ({ size }: Region): Int32Array =>
  Int32Array.from(DIRECTIONS, ([x, y, z]) => x + size[0] * (y + size[1] * z));
