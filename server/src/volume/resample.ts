/** Trilinear resampling between grids. Pure; loops over typed arrays. */
import { worldToIndex } from './ctVolume.ts';
import type { ScalarVolume, Vec3, VolumeGeometry } from './ctVolume.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { abs, floor } = Math;

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
  const [[xi, yi, zi], [xj, yj, zj], [xk, yk, zk]] = step;
  let at = 0;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++) {
      const x = start[0] + j * xj + k * xk;
      const y = start[1] + j * yj + k * yk;
      const z = start[2] + j * zj + k * zk;
      for (let i = 0; i < ni; i++) data[at++] = sampleAt(source, x + i * xi, y + i * yi, z + i * zi, beyond);
    }
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
  if (beyond !== 'nearest' && !(x >= 0 && y >= 0 && z >= 0 && x <= ni - 1 && y <= nj - 1 && z <= nk - 1))
    return sampleAtBorder(source, x, y, z, beyond);
  const px = x < 0 ? 0 : x > ni - 1 ? ni - 1 : x;
  const py = y < 0 ? 0 : y > nj - 1 ? nj - 1 : y;
  const pz = z < 0 ? 0 : z > nk - 1 ? nk - 1 : z;
  const i = floor(px);
  const j = floor(py);
  const k = floor(pz);
  const fx = px - i;
  const fy = py - j;
  const fz = pz - k;
  // On the last voxel of an axis the next one has weight 0: read the same one again.
  const di = i + 1 < ni ? 1 : 0;
  const dj = j + 1 < nj ? ni : 0;
  const dk = k + 1 < nk ? ni * nj : 0;
  const at = i + ni * (j + nj * k);
  const near = mix(
    mix(data[at] ?? 0, data[at + di] ?? 0, fx),
    mix(data[at + dj] ?? 0, data[at + dj + di] ?? 0, fx),
    fy,
  );
  const far = mix(
    mix(data[at + dk] ?? 0, data[at + dk + di] ?? 0, fx),
    mix(data[at + dk + dj] ?? 0, data[at + dk + dj + di] ?? 0, fx),
    fy,
  );
  return mix(near, far, fz);
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

/** As if voxels of the value `beyond` surrounded the source. */
function sampleAtBorder(source: Sampled, x: number, y: number, z: number, beyond: number): number {
  const { data, size } = source;
  const [ni, nj, nk] = size;
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const i = floor(x) + (corner & 1);
    const j = floor(y) + ((corner >> 1) & 1);
    const k = floor(z) + (corner >> 2);
    const weight = (1 - abs(x - i)) * (1 - abs(y - j)) * (1 - abs(z - k));
    const inside = i >= 0 && j >= 0 && k >= 0 && i < ni && j < nj && k < nk;
    sum += weight * (inside ? (data[i + ni * (j + nj * k)] ?? 0) : beyond);
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
