/** Trilinear resampling between grids. Pure; loops over typed arrays. */
import { worldToIndex } from './ctVolume.ts';
import type { ScalarVolume, Vec3, VolumeGeometry } from './ctVolume.ts';

/** What a sample beyond the outermost voxel centres takes: the nearest voxel's value, or one constant. */
export type Beyond = 'nearest' | number;

/** A volume that can be sampled: {@link ScalarVolume}, CtVolume, or a byte mask on a grid. */
export interface Sampled extends VolumeGeometry {
  readonly data: Float32Array | Int16Array | Uint8Array;
}

/**
 * Samples `source` at every voxel centre of `target` (LPS mm in both).
 *
 * @param beyond value outside the source: `'nearest'` repeats the border voxel; a number is blended in linearly over
 *   one voxel beyond the outermost centres, as if the source were surrounded by that value.
 * @returns values on the target grid, i fastest.
 */
export function resample(source: Sampled, target: VolumeGeometry, beyond: Beyond): ScalarVolume {
  const [ni, nj, nk] = target.size;
  const data = new Float32Array(ni * nj * nk);
  const { start, step } = indexMap(source, target);
  let at = 0;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++)
        data[at++] = sampleAt(
          source,
          start[0] + i * step[0][0] + j * step[1][0] + k * step[2][0],
          start[1] + i * step[0][1] + j * step[1][1] + k * step[2][1],
          start[2] + i * step[0][2] + j * step[1][2] + k * step[2][2],
          beyond,
        );
  const { size, spacing, origin, direction } = target;
  return { size, spacing, origin, direction, data };
}

/** The affine map of target indices to (fractional) source indices. */
export function indexMap(
  source: VolumeGeometry,
  target: VolumeGeometry,
): { readonly start: Vec3; readonly step: readonly [Vec3, Vec3, Vec3] } {
  const start = worldToIndex(source, target.origin);
  const stepAlong = (axis: 0 | 1 | 2): Vec3 => {
    const point: Vec3 = [
      target.origin[0] + target.spacing[axis] * target.direction[axis][0],
      target.origin[1] + target.spacing[axis] * target.direction[axis][1],
      target.origin[2] + target.spacing[axis] * target.direction[axis][2],
    ];
    const next = worldToIndex(source, point);
    return [next[0] - start[0], next[1] - start[1], next[2] - start[2]];
  };
  return { start, step: [stepAlong(0), stepAlong(1), stepAlong(2)] };
}

/** Trilinear value at a fractional source index. */
export function sampleAt(source: Sampled, x: number, y: number, z: number, beyond: Beyond): number {
  const { data, size } = source;
  const [ni, nj, nk] = size;
  const clamp = beyond === 'nearest';
  const px = clamp ? Math.min(Math.max(x, 0), ni - 1) : x;
  const py = clamp ? Math.min(Math.max(y, 0), nj - 1) : y;
  const pz = clamp ? Math.min(Math.max(z, 0), nk - 1) : z;
  const x0 = Math.floor(px);
  const y0 = Math.floor(py);
  const z0 = Math.floor(pz);
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const i = x0 + (corner & 1);
    const j = y0 + ((corner >> 1) & 1);
    const k = z0 + (corner >> 2);
    const weight =
      (corner & 1 ? px - x0 : 1 - px + x0) *
      (corner & 2 ? py - y0 : 1 - py + y0) *
      (corner & 4 ? pz - z0 : 1 - pz + z0);
    if (weight === 0) continue;
    const inside = i >= 0 && j >= 0 && k >= 0 && i < ni && j < nj && k < nk;
    sum += weight * (inside ? (data[i + ni * (j + nj * k)] ?? 0) : clamp ? 0 : beyond);
  }
  return sum;
}

/** An isotropic cubic grid of `size`³ voxels centred on a patient point, axes along L, P and S. */
export function cubicGrid(centre: Vec3, size: number, spacing: number): VolumeGeometry {
  const half = ((size - 1) / 2) * spacing;
  return {
    size: [size, size, size],
    spacing: [spacing, spacing, spacing],
    origin: [centre[0] - half, centre[1] - half, centre[2] - half],
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };
}
