/** Cuts cubic patches out of CT volumes, in the isolated and the context form. Values in [0, 1] of HU [-1000, 400]. */
import { NoduleLabError } from '../volume/errors.ts';
import { indexToWorld, insideGrid, worldToIndex } from '../volume/ctVolume.ts';
import type { CtVolume, IndexBox, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { cropVolume } from '../volume/crop.ts';
import { boxSize, centroid, cropTo } from '../lidc/boxMask.ts';
import type { BoxMask } from '../lidc/boxMask.ts';
import { cubicGrid } from '../volume/resample.ts';
import { filteredResample } from '../volume/filteredResample.ts';
import { PARENCHYMA_HU, unwindowHu, windowHu } from '../volume/window.ts';
import { smoothstep, SOFT_MARGIN, softMask, SURROUNDINGS_MM } from './softMask.ts';

/** Edge length in voxels that the presets train on. */
export const PATCH_SIZE = 64;
/** The isolated form fades to parenchyma over this part of the edge length before the patch ends (5 voxels of 64). */
const FRAME = 5 / 64;
const { max, min } = Math;

export interface Patch extends VolumeGeometry {
  /** Length size³ in [0, 1], x (left) fastest, then y (posterior), then z (superior). */
  readonly data: Float32Array;
}

export interface IsolatedPatch extends Patch {
  /** How much of the CT is in each voxel: 1 in the nodule and close to it, 0 on the constant ground; like `data`. */
  readonly alpha: Float32Array;
}

/**
 * The nodule alone: the CT under a soft mask on constant parenchyma (-870 HU), resampled once from the CT's own grid.
 *
 * @param mask in voxels of `ct`
 * @param fieldOfViewMm edge length of the patch in mm
 * @param size edge length of the patch in voxels
 * @param margin how far beyond the mask the CT stays
 */
export function isolatedPatch(
  ct: CtVolume,
  mask: BoxMask,
  fieldOfViewMm: number,
  size = PATCH_SIZE,
  margin = SOFT_MARGIN,
): IsolatedPatch {
  const grid = cubicGrid(centroid(ct, mask), size, fieldOfViewMm / size);
  const data = new Float32Array(size ** 3).fill(windowHu(PARENCHYMA_HU));
  const alpha = new Float32Array(size ** 3);
  // Beyond the rim there is nothing but parenchyma: only the rest is computed.
  const box = reachOfRim(ct, mask.box, grid, margin.rimMm);
  const part = boxSize(box);
  const region = { ...grid, size: part, origin: indexToWorld(grid, box.min) };
  const near = surroundings(ct, mask.box, margin.rimMm);
  const nearby = cropVolume(ct, near);
  const hu = filteredResample(nearby, region).data;
  const soft = softMask(nearby, cropTo(mask, near), region, margin).data;
  const frame = frameFade(size);
  let from = 0;
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let j = box.min[1]; j < box.max[1]; j++) {
      const line = size * (j + size * k);
      const edge = frame[j]! * frame[k]!;
      for (let i = box.min[0]; i < box.max[0]; i++, from++) {
        const share = soft[from]! * edge * frame[i]!;
        if (share === 0) continue;
        alpha[line + i] = share;
        data[line + i] = windowHu(share * unwindowHu(windowHu(hu[from]!)) + (1 - share) * PARENCHYMA_HU);
      }
    }
  return { ...grid, data, alpha };
}

/** How much of the CT is left at each voxel along an axis: 0 at both ends of the patch, 1 from a little inside on. */
export const frameFade = (size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, at) => smoothstep(0, FRAME * size, min(at, size - 1 - at)));

/** The voxels of the patch that the rim around the mask can reach, as far as there is CT. */
function reachOfRim(ct: CtVolume, mask: IndexBox, grid: VolumeGeometry, rimMm: number): IndexBox {
  // Between two slices the nodule goes on for up to one slice beyond its last.
  const slice = max(...ct.spacing) + grid.spacing[0];
  const rim = boundsIn(grid, ct, mask, rimMm + slice);
  const there = boundsIn(grid, ct, { min: [0, 0, 0], max: ct.size }, slice);
  const bound = (axis: 0 | 1 | 2): readonly [number, number] => {
    const low = max(0, rim.min[axis], there.min[axis]);
    return [low, max(low, min(grid.size[axis], rim.max[axis], there.max[axis]))];
  };
  const [x, y, z] = [bound(0), bound(1), bound(2)];
  return { min: [x[0], y[0], z[0]], max: [x[1], y[1], z[1]] };
}

/** The voxels of `grid` within a distance of a box of `ct`. */
function boundsIn(
  grid: VolumeGeometry,
  ct: CtVolume,
  { min: low, max: end }: IndexBox,
  mm: number,
): IndexBox {
  const corners = cornersOf(ct, low, [end[0] - 1, end[1] - 1, end[2] - 1]).map((corner) =>
    worldToIndex(grid, corner),
  );
  const first = (axis: 0 | 1 | 2): number =>
    Math.floor(min(...corners.map((corner) => corner[axis])) - mm / grid.spacing[axis]);
  const last = (axis: 0 | 1 | 2): number =>
    Math.ceil(max(...corners.map((corner) => corner[axis])) + mm / grid.spacing[axis]) + 1;
  return { min: [first(0), first(1), first(2)], max: [last(0), last(1), last(2)] };
}

/** The voxels of the CT that the soft mask depends on. */
function surroundings(ct: CtVolume, mask: IndexBox, rimMm: number): IndexBox {
  const mm = rimMm + SURROUNDINGS_MM;
  const low = (axis: 0 | 1 | 2): number => max(0, mask.min[axis] - 1 - Math.ceil(mm / ct.spacing[axis]));
  const high = (axis: 0 | 1 | 2): number =>
    min(ct.size[axis], mask.max[axis] + 1 + Math.ceil(mm / ct.spacing[axis]));
  return { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] };
}

/** Patient points of the eight corners of a box of voxel centres. */
export function cornersOf(geometry: VolumeGeometry, low: Vec3, high: Vec3): Vec3[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].map((corner) =>
    indexToWorld(geometry, [
      corner & 1 ? high[0] : low[0],
      corner & 2 ? high[1] : low[1],
      corner & 4 ? high[2] : low[2],
    ]),
  );
}

/**
 * The CT as it is around a patient point, resampled once from the CT's own grid. Refused where the patch leaves the
 * CT: a padded border is no context.
 */
export function contextPatch(ct: CtVolume, centre: Vec3, fieldOfViewMm: number, size = PATCH_SIZE): Patch {
  const grid = cubicGrid(centre, size, fieldOfViewMm / size);
  const corners = cornersOf(grid, [0, 0, 0], [size - 1, size - 1, size - 1]);
  if (corners.some((corner) => !insideGrid(ct, worldToIndex(ct, corner))))
    throw new NoduleLabError(
      'unusable',
      `A ${fieldOfViewMm} mm context patch around (${centre.map((mm) => mm.toFixed(1)).join(', ')}) mm leaves the CT: ` +
        'use the isolated form for this nodule or a smaller field of view.',
    );
  return { ...grid, data: filteredResample(ct, grid).data.map(windowHu) };
}
