/**
 * The soft margin of an isolated patch: how much of the CT stays (alpha 1) and how much gives way to constant
 * parenchyma (alpha 0) around one nodule.
 *
 * The readers' 50% consensus cuts spicules off, so the mask grows before the margin begins: alpha is 1 up to 3 mm beyond
 * the mask and falls smoothly to 0 at 5 mm, unless other lengths are asked for. Chest wall, diaphragm and large vessels inside that rim fade at
 * once (0 at 1 mm), else a nodule on the pleura would carry a slab with it. Where the CT box ends (cut-out nodules end
 * with their own slices) alpha falls to 0 in a rounded cap, so that neither repeated slices nor a flat end tell how
 * large the box was.
 */
import { indexMap } from '../volume/resample.ts';
import type { Sampled } from '../volume/resample.ts';
import { filteredResample } from '../volume/filteredResample.ts';
import { distanceTo } from '../volume/distance.ts';
import { indexToWorld } from '../volume/ctVolume.ts';
import type { CtVolume, ScalarVolume, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { ceil, floor, hypot, max, min } = Math;

export interface SoftMargin {
  /** Beyond the mask, in mm: all of the CT up to here (the dilation of the mask). */
  readonly fullMm: number;
  /** Beyond the mask, in mm: nothing of the CT from here on. */
  readonly rimMm: number;
}

export const SOFT_MARGIN: SoftMargin = { fullMm: 3, rimMm: 5 };
/** How far beyond the rim the CT is looked at, in mm: the thickness of wall and its surroundings, with a margin. */
export const SURROUNDINGS_MM = 6;
/** Denser than this (HU) and thicker than twice {@link WALL_HALF_THICKNESS_MM}: wall or large vessel, not spicule. */
const WALL_HU = -200;
const WALL_HALF_THICKNESS_MM = 2;
/** Alpha is computed on voxels no wider than this, in mm. */
const COARSEST_MM = 0.75;
/** In wall, alpha falls from 1 at the mask to 0 here, in mm. */
const WALL_RIM_MM = 1;
/** The blurred edge of wall, in mm around it: up to the first it is wall still, from the second on it is free. */
const WALL_EDGE_MM = [1, 2.5] as const;
/** Towards an end of the CT box the margin closes over this length, in mm. */
const CAP_MM = 4;
/** Alpha ends this far beyond the outer voxel border of the CT box, in mm: half of it is then left at the border. */
const CAP_REACH_MM = 0.4;

/**
 * Alpha in [0, 1] on `grid` for the nodule `mask` (bytes on the grid of `ct`). Coarse voxels get the mean over their
 * parts, so that the margin is as wide in a small patch as in a large one.
 *
 * @param ct reaches the rim and {@link SURROUNDINGS_MM} beyond the mask, or ends where the source does
 */
export function softMask(
  ct: CtVolume,
  mask: Uint8Array,
  grid: VolumeGeometry,
  margin: SoftMargin = SOFT_MARGIN,
): ScalarVolume {
  const parts = max(1, ceil(max(...grid.spacing) / COARSEST_MM));
  if (parts === 1) return { ...geometryOf(grid), data: alphaOn(ct, mask, grid, margin) };
  const size: Vec3 = [grid.size[0] * parts, grid.size[1] * parts, grid.size[2] * parts];
  const spacing: Vec3 = [grid.spacing[0] / parts, grid.spacing[1] / parts, grid.spacing[2] / parts];
  const first = (1 / parts - 1) / 2;
  const origin = indexToWorld(grid, [first, first, first]);
  const fine = alphaOn(ct, mask, { size, spacing, origin, direction: grid.direction }, margin);
  const data = new Float32Array(grid.size[0] * grid.size[1] * grid.size[2]);
  let from = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) {
      const line = grid.size[0] * (floor(j / parts) + grid.size[1] * floor(k / parts));
      for (let i = 0; i < size[0]; i++) data[line + floor(i / parts)]! += fine[from++]! / parts ** 3;
    }
  return { ...geometryOf(grid), data };
}

function alphaOn(
  ct: CtVolume,
  mask: Uint8Array,
  grid: VolumeGeometry,
  { fullMm, rimMm }: SoftMargin,
): Float32Array {
  // Distances are no image: a filter would flatten the ridge that a thin mask is.
  const shape = filteredResample(signedDistance(ct, mask), grid, false).data;
  const inside = new Uint8Array(shape.length);
  const outside = new Uint8Array(shape.length);
  for (let index = 0; index < shape.length; index++) (shape[index]! > 0 ? inside : outside)[index] = 1;
  // Distances are between voxel centres; the outline lies half way between the last inside and the first outside.
  const half = min(...grid.spacing) / 2;
  const beyondMask = distanceTo(inside, grid.size, grid.spacing, [0, 1, 2], rimMm + half);
  const depth = distanceTo(outside, grid.size, grid.spacing, [0, 1, 2], rimMm + half);
  const wall = wallAround(ct, mask);
  const wallHere = wall === undefined ? undefined : filteredResample(wall, grid).data;
  const marginAt = marginInBox(ct, grid);
  const alpha = new Float32Array(inside.length);
  let index = 0;
  for (let k = 0; k < grid.size[2]; k++)
    for (let j = 0; j < grid.size[1]; j++)
      for (let i = 0; i < grid.size[0]; i++, index++) {
        const mm = inside[index] ? half - depth[index]! : beyondMask[index]! - half;
        if (mm >= rimMm) continue;
        const rounded = distanceInCt(mm, marginAt(i, j, k), rimMm);
        const free = 1 - smoothstep(fullMm, rimMm, rounded);
        const share = wallHere === undefined ? 0 : wallHere[index]!;
        alpha[index] =
          share === 0 ? free : free * (1 - share) + min(free, 1 - smoothstep(0, WALL_RIM_MM, mm)) * share;
      }
  return alpha;
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

/**
 * 1 in wall: where the CT is dense and thick outside the mask (an opening with a ball, kept within the dense region).
 * Around it the value falls to 0 over the wall's blurred edge, which else would stay behind as a bright line. Undefined
 * where there is no wall.
 */
function wallAround(ct: CtVolume, mask: Uint8Array): Sampled | undefined {
  const dense = new Uint8Array(mask.length);
  const rest = new Uint8Array(mask.length);
  for (let index = 0; index < dense.length; index++) {
    dense[index] = !mask[index] && ct.data[index]! > WALL_HU ? 1 : 0;
    rest[index] = 1 - dense[index]!;
  }
  const all = [0, 1, 2] as const;
  const depth = distanceTo(rest, ct.size, ct.spacing, all, WALL_HALF_THICKNESS_MM);
  const thick = new Uint8Array(depth.length);
  for (let index = 0; index < thick.length; index++)
    thick[index] = depth[index]! >= WALL_HALF_THICKNESS_MM ? 1 : 0;
  if (!thick.includes(1)) return undefined;
  const ball = WALL_HALF_THICKNESS_MM + 1;
  const toThick = distanceTo(thick, ct.size, ct.spacing, all, ball);
  const wall = new Uint8Array(depth.length);
  for (let index = 0; index < wall.length; index++)
    wall[index] = dense[index] && toThick[index]! <= ball ? 1 : 0;
  const toWall = distanceTo(wall, ct.size, ct.spacing, all, WALL_EDGE_MM[1]);
  const share = new Float32Array(depth.length);
  for (let index = 0; index < share.length; index++)
    share[index] = 1 - smoothstep(WALL_EDGE_MM[0], WALL_EDGE_MM[1], toWall[index]!);
  return { ...geometryOf(ct), data: share };
}

/**
 * The distance beyond the mask, lengthened towards an end of the box along a quarter ellipse, so that the margin closes
 * like a cap. Deep inside the nodule it reaches the rim exactly where the box ends.
 *
 * @param mm distance beyond the mask, negative inside
 * @param intoEnd how far the point lies in the last {@link CAP_MM} of the box; not positive elsewhere
 */
function roundedDistance(mm: number, intoEnd: number, rimMm: number): number {
  if (intoEnd <= 0) return mm;
  const stretch = (2 * rimMm) / CAP_MM;
  return max(mm, hypot(max(0, mm + rimMm), intoEnd * stretch) - rimMm);
}

/**
 * Distance beyond the mask as the margin counts it, which closes where the CT ends.
 *
 * @param mm distance beyond the mask, negative inside
 * @param toEndMm distance to the nearest end of the CT, negative beyond it
 */
export function distanceInCt(mm: number, toEndMm: number, rimMm: number): number {
  return roundedDistance(mm, CAP_MM - CAP_REACH_MM - toEndMm, rimMm);
}

/** Distance in mm of a patch voxel to the nearest end of the CT box, negative beyond it. */
function marginInBox(ct: CtVolume, grid: VolumeGeometry): (i: number, j: number, k: number) => number {
  const { start, step } = indexMap(ct, grid);
  const { size, spacing } = ct;
  const [[xi, yi, zi], [xj, yj, zj], [xk, yk, zk]] = step;
  const along = (index: number, count: number, mm: number): number =>
    min(index + 0.5, count - 0.5 - index) * mm;
  return (i, j, k) => {
    const x = along(start[0] + i * xi + j * xj + k * xk, size[0], spacing[0]);
    const y = along(start[1] + i * yi + j * yj + k * yk, size[1], spacing[1]);
    const z = along(start[2] + i * zi + j * zj + k * zk, size[2], spacing[2]);
    return min(x, y, z);
  };
}

/** 0 up to `from`, 1 from `to` on, smooth between. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = min(max((value - from) / (to - from), 0), 1);
  return t * t * (3 - 2 * t);
}

function geometryOf({ size, spacing, origin, direction }: VolumeGeometry): VolumeGeometry {
  return { size, spacing, origin, direction };
}
