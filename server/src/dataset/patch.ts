/** Cuts 64³ patches out of CT volumes, in the isolated and the context form. Values in [0, 1] of HU [-1000, 400]. */
import { NoduleLabError } from '../volume/errors.ts';
import { indexToWorld, insideGrid, worldToIndex } from '../volume/ctVolume.ts';
import type { CtVolume, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { cubicGrid, resample } from '../volume/resample.ts';
import { PARENCHYMA_HU, unwindowHu, windowHu } from '../volume/window.ts';
import { softMask } from './softMask.ts';

/** Edge length of every patch in voxels. */
export const PATCH_SIZE = 64;

export interface Patch extends VolumeGeometry {
  /** Length 64³ in [0, 1], x (left) fastest, then y (posterior), then z (superior). */
  readonly data: Float32Array;
}

/** The centroid of a mask (bytes on the grid of `geometry`), LPS mm. */
export function maskCentre(geometry: VolumeGeometry, mask: Uint8Array): Vec3 {
  const [ni, nj] = geometry.size;
  const sum = [0, 0, 0];
  let count = 0;
  for (let index = 0; index < mask.length; index++) {
    if (!mask[index]) continue;
    count++;
    sum[0] = (sum[0] ?? 0) + (index % ni);
    sum[1] = (sum[1] ?? 0) + (Math.floor(index / ni) % nj);
    sum[2] = (sum[2] ?? 0) + Math.floor(index / (ni * nj));
  }
  if (count === 0)
    throw new NoduleLabError('unusable', 'The nodule mask is empty: no patch can be cut around it.');
  return indexToWorld(geometry, [(sum[0] ?? 0) / count, (sum[1] ?? 0) / count, (sum[2] ?? 0) / count]);
}

/**
 * The nodule alone: the CT under a soft mask on constant parenchyma (-870 HU).
 *
 * @param mask bytes on the grid of `ct`
 * @param fieldOfViewMm edge length of the patch in mm
 */
export function isolatedPatch(ct: CtVolume, mask: Uint8Array, fieldOfViewMm: number): Patch {
  const grid = cubicGrid(maskCentre(ct, mask), PATCH_SIZE, fieldOfViewMm / PATCH_SIZE);
  const hu = resample(ct, grid, 'nearest').data;
  const alpha = softMask(ct, mask, grid).data;
  const data = hu.map((value, index) => {
    const share = alpha[index] ?? 0;
    return windowHu(share * unwindowHu(windowHu(value)) + (1 - share) * PARENCHYMA_HU);
  });
  return { ...grid, data };
}

/** The CT as it is around a patient point. Refused where the patch leaves the CT: a padded border is no context. */
export function contextPatch(ct: CtVolume, centre: Vec3, fieldOfViewMm: number): Patch {
  const grid = cubicGrid(centre, PATCH_SIZE, fieldOfViewMm / PATCH_SIZE);
  const last = PATCH_SIZE - 1;
  for (const corner of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const index: Vec3 = [corner & 1 ? last : 0, corner & 2 ? last : 0, corner & 4 ? last : 0];
    if (!insideGrid(ct, worldToIndex(ct, indexToWorld(grid, index))))
      throw new NoduleLabError(
        'unusable',
        `A ${fieldOfViewMm} mm context patch around (${centre.map((mm) => mm.toFixed(1)).join(', ')}) mm leaves the CT: ` +
          'use the isolated form for this nodule or a smaller field of view.',
      );
  }
  return { ...grid, data: resample(ct, grid, 'nearest').data.map(windowHu) };
}
