/** Cuts 64³ patches out of CT volumes, in the isolated and the context form. Values in [0, 1] of HU [-1000, 400]. */
import { NoduleLabError } from '../volume/errors.ts';
import { indexToWorld, insideGrid, worldToIndex } from '../volume/ctVolume.ts';
import type { CtVolume, IndexBox, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { cropVolume } from '../volume/crop.ts';
import { centroid, cropTo } from '../lidc/boxMask.ts';
import type { BoxMask } from '../lidc/boxMask.ts';
import { cubicGrid, resample } from '../volume/resample.ts';
import { PARENCHYMA_HU, unwindowHu, windowHu } from '../volume/window.ts';
import { softMask } from './softMask.ts';

/** Edge length of every patch in voxels. */
export const PATCH_SIZE = 64;
/** How far from a voxel the soft mask looks: the thickness of wall and its surroundings, with a margin. */
const REACH_MM = 6;

export interface Patch extends VolumeGeometry {
  /** Length 64³ in [0, 1], x (left) fastest, then y (posterior), then z (superior). */
  readonly data: Float32Array;
}

/**
 * The nodule alone: the CT under a soft mask on constant parenchyma (-870 HU).
 *
 * @param mask in voxels of `ct`
 * @param fieldOfViewMm edge length of the patch in mm
 */
export function isolatedPatch(ct: CtVolume, mask: BoxMask, fieldOfViewMm: number): Patch {
  const grid = cubicGrid(centroid(ct, mask), PATCH_SIZE, fieldOfViewMm / PATCH_SIZE);
  const box = boxAround(ct, grid, mask.box);
  const nearby = cropVolume(ct, box);
  const hu = resample(nearby, grid, 'nearest').data;
  const alpha = softMask(nearby, cropTo(mask, box), grid).data;
  const data = hu.map((value, index) => {
    const share = alpha[index] ?? 0;
    return windowHu(share * unwindowHu(windowHu(value)) + (1 - share) * PARENCHYMA_HU);
  });
  return { ...grid, data };
}

/** The voxels of `ct` that a patch and its soft mask depend on: the patch, the mask, and what surrounds them closely. */
function boxAround(ct: CtVolume, grid: VolumeGeometry, mask: IndexBox): IndexBox {
  const corners = cornersOf(grid).map((corner) => worldToIndex(ct, corner));
  const low = (axis: 0 | 1 | 2): number => {
    const first = Math.min(mask.min[axis], ...corners.map((corner) => corner[axis]));
    return Math.max(0, Math.floor(first - REACH_MM / ct.spacing[axis]));
  };
  const high = (axis: 0 | 1 | 2): number => {
    const last = Math.max(mask.max[axis], ...corners.map((corner) => corner[axis]));
    return Math.min(ct.size[axis], Math.ceil(last + REACH_MM / ct.spacing[axis]) + 1);
  };
  return { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] };
}

function cornersOf(grid: VolumeGeometry): Vec3[] {
  const last = PATCH_SIZE - 1;
  return [0, 1, 2, 3, 4, 5, 6, 7].map((corner) =>
    indexToWorld(grid, [corner & 1 ? last : 0, corner & 2 ? last : 0, corner & 4 ? last : 0]),
  );
}

/** The CT as it is around a patient point. Refused where the patch leaves the CT: a padded border is no context. */
export function contextPatch(ct: CtVolume, centre: Vec3, fieldOfViewMm: number): Patch {
  const grid = cubicGrid(centre, PATCH_SIZE, fieldOfViewMm / PATCH_SIZE);
  if (cornersOf(grid).some((corner) => !insideGrid(ct, worldToIndex(ct, corner))))
    throw new NoduleLabError(
      'unusable',
      `A ${fieldOfViewMm} mm context patch around (${centre.map((mm) => mm.toFixed(1)).join(', ')}) mm leaves the CT: ` +
        'use the isolated form for this nodule or a smaller field of view.',
    );
  return { ...grid, data: resample(ct, grid, 'nearest').data.map(windowHu) };
}
