/**
 * The soft margin of an isolated patch: how much of the CT stays (alpha 1) and how much gives way to constant
 * parenchyma (alpha 0) around one nodule.
 *
 * The readers' 50% consensus cuts spicules off, so the mask grows by 3 mm: alpha is 1 up to 1 mm beyond the mask and
 * falls smoothly to 0 at 3 mm. Chest wall, diaphragm and large vessels inside that rim fade at once (0 at 1 mm), else
 * a nodule on the pleura would carry a slab with it. Where the CT box ends (cut-out nodules end with their own slices)
 * alpha falls to 0 in a rounded cap, so that neither repeated slices nor a flat end tell how large the box was.
 */
import { indexMap, resample } from '../volume/resample.ts';
import type { Sampled } from '../volume/resample.ts';
import { distanceTo } from '../volume/distance.ts';
import type { CtVolume, ScalarVolume, VolumeGeometry } from '../volume/ctVolume.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { hypot, max, min } = Math;

/** Beyond the mask, in mm: all of the CT up to here. */
export const FULL_MM = 1;
/** Beyond the mask, in mm: nothing of the CT from here on (the dilation of the mask). */
export const RIM_MM = 3;
/** Denser than this (HU) and thicker than twice {@link WALL_HALF_THICKNESS_MM}: wall or large vessel, not spicule. */
const WALL_HU = -200;
const WALL_HALF_THICKNESS_MM = 2;
/** In wall, alpha falls from 1 at the mask to 0 here, in mm. */
const WALL_RIM_MM = 1;
/** Towards an end of the CT box the margin closes over this length, in mm. */
const CAP_MM = 3;
/** Alpha ends this far beyond the outer voxel border of the CT box, in mm: half of it is then left at the border. */
const CAP_REACH_MM = 0.5;
/** Alpha falls to 0 over this many voxels before the patch ends. */
const FRAME_VOXELS = 5;

/** Alpha in [0, 1] on the patch grid `grid` for the nodule `mask` (bytes on the grid of `ct`). */
export function softMask(ct: CtVolume, mask: Uint8Array, grid: VolumeGeometry): ScalarVolume {
  const shape = resample(signedDistance(ct, mask), grid, 'nearest').data;
  const inside = new Uint8Array(shape.length);
  const outside = new Uint8Array(shape.length);
  for (let index = 0; index < shape.length; index++) ((shape[index] ?? 0) > 0 ? inside : outside)[index] = 1;
  const beyondMask = distanceTo(inside, grid.size, grid.spacing);
  const depth = distanceTo(outside, grid.size, grid.spacing);
  const wall: Sampled = { ...geometryOf(ct), data: wallAround(ct, mask) };
  const wallHere = resample(wall, grid, 'nearest').data;
  const boxMargin = marginInBox(ct, grid);
  const frame = frameTaper(grid);
  const alpha = new Float32Array(inside.length);
  for (let index = 0; index < alpha.length; index++) {
    const mm = inside[index] ? -(depth[index] ?? 0) : (beyondMask[index] ?? 0);
    const rounded = roundedDistance(mm, CAP_MM - (boxMargin[index] ?? 0));
    const free = 1 - smoothstep(FULL_MM, RIM_MM, rounded);
    const walled = 1 - smoothstep(0, WALL_RIM_MM, mm);
    const share = wallHere[index] ?? 0;
    alpha[index] = (free * (1 - share) + min(free, walled) * share) * (frame[index] ?? 0);
  }
  return { ...geometryOf(grid), data: alpha };
}

/**
 * Signed distance to the mask's outline in every slice, in mm, positive inside (shape-based interpolation: S. Raya,
 * J. Udupa, IEEE TMI 9(1), 1990). Slices without mask repeat the deepest value of the neighbours with the opposite
 * sign, so that the interpolated nodule ends in a rounded cap about half a slice beyond its last slice. One slice is
 * added at both ends.
 */
function signedDistance(ct: CtVolume, mask: Uint8Array): ScalarVolume {
  const [ni, nj, nk] = ct.size;
  const area = ni * nj;
  const outside = mask.map((value) => (value ? 0 : 1));
  const toMask = distanceTo(mask, ct.size, ct.spacing, [0, 1]);
  const toOutside = distanceTo(outside, ct.size, ct.spacing, [0, 1]);
  const half = min(ct.spacing[0], ct.spacing[1]) / 2;
  const deepest = Array.from({ length: nk }, (_, k) => {
    let depth = 0;
    for (let at = k * area; at < (k + 1) * area; at++)
      if (mask[at]) depth = max(depth, (toOutside[at] ?? 0) - half);
    return min(depth, max(ni * ct.spacing[0], nj * ct.spacing[1]));
  });
  const data = new Float32Array(area * (nk + 2));
  for (let k = -1; k <= nk; k++) {
    const own = deepest[k] ?? 0;
    const cap = -max(deepest[k - 1] ?? 0, deepest[k + 1] ?? 0, half);
    for (let at = 0; at < area; at++) {
      const source = k * area + at;
      data[(k + 1) * area + at] =
        own === 0 ? cap : mask[source] ? (toOutside[source] ?? 0) - half : half - (toMask[source] ?? 0);
    }
  }
  const { spacing, direction } = ct;
  const shift = (axis: 0 | 1 | 2): number => ct.origin[axis] - spacing[2] * direction[2][axis];
  return { size: [ni, nj, nk + 2], spacing, direction, origin: [shift(0), shift(1), shift(2)], data };
}

/** 1 where the CT is dense and thick outside the mask (an opening with a ball, kept within the dense region). */
function wallAround(ct: CtVolume, mask: Uint8Array): Uint8Array {
  const dense = new Uint8Array(mask.length);
  const rest = new Uint8Array(mask.length);
  for (let index = 0; index < dense.length; index++) {
    dense[index] = !mask[index] && (ct.data[index] ?? -1000) > WALL_HU ? 1 : 0;
    rest[index] = 1 - (dense[index] ?? 0);
  }
  const depth = distanceTo(rest, ct.size, ct.spacing);
  const thick = new Uint8Array(depth.length);
  for (let index = 0; index < depth.length; index++)
    if ((depth[index] ?? 0) >= WALL_HALF_THICKNESS_MM) thick[index] = 1;
  const toThick = distanceTo(thick, ct.size, ct.spacing);
  return dense.map((value, index) => (value && (toThick[index] ?? 0) <= WALL_HALF_THICKNESS_MM + 1 ? 1 : 0));
}

/**
 * The distance beyond the mask, lengthened towards an end of the box along a quarter ellipse, so that the margin closes
 * like a cap. Deep inside the nodule it reaches {@link RIM_MM} exactly where the box ends.
 *
 * @param mm distance beyond the mask, negative inside
 * @param intoEnd how far the point lies in the last {@link CAP_MM} of the box; not positive elsewhere
 */
function roundedDistance(mm: number, intoEnd: number): number {
  if (intoEnd <= 0) return mm;
  const stretch = (RIM_MM + RIM_MM) / CAP_MM;
  return max(mm, hypot(max(0, mm + RIM_MM), intoEnd * stretch) - RIM_MM);
}

/** Distance in mm of every patch voxel to the nearest end of the CT box, negative beyond it. */
function marginInBox(ct: CtVolume, grid: VolumeGeometry): Float32Array {
  const { start, step } = indexMap(ct, grid);
  const [ni, nj, nk] = grid.size;
  const margin = new Float32Array(ni * nj * nk);
  const [[xi, yi, zi], [xj, yj, zj], [xk, yk, zk]] = step;
  const along = (index: number, count: number, mm: number): number =>
    min(index + 0.5, count - 0.5 - index) * mm;
  let at = 0;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) {
        const x = along(start[0] + i * xi + j * xj + k * xk, ct.size[0], ct.spacing[0]);
        const y = along(start[1] + i * yi + j * yj + k * yk, ct.size[1], ct.spacing[1]);
        const z = along(start[2] + i * zi + j * zj + k * zk, ct.size[2], ct.spacing[2]);
        margin[at++] = min(x, y, z) + CAP_REACH_MM;
      }
  return margin;
}

/** 1 well inside the patch, 0 on its outermost voxels. */
function frameTaper(grid: VolumeGeometry): Float32Array {
  const [ni, nj, nk] = grid.size;
  const along = (index: number, count: number): number =>
    smoothstep(0, FRAME_VOXELS, min(index, count - 1 - index));
  const taper = new Float32Array(ni * nj * nk);
  let at = 0;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) taper[at++] = along(i, ni) * along(j, nj) * along(k, nk);
  return taper;
}

function smoothstep(from: number, to: number, value: number): number {
  const t = min(max((value - from) / (to - from), 0), 1);
  return t * t * (3 - 2 * t);
}

function geometryOf({ size, spacing, origin, direction }: VolumeGeometry): VolumeGeometry {
  return { size, spacing, origin, direction };
}
