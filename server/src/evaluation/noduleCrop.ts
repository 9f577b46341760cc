/**
 * The patch seen close up: a crop around the nodule as it is measured, whose edge is 1.5 times its diameter. The median
 * nodule fills little of a patch; here each fills the same part, so that measures look at the nodule and not at the
 * ground around it.
 */
import { filteredResample } from '../volume/filteredResample.ts';
import { WINDOW_HIGH_HU, WINDOW_LOW_HU } from '../volume/window.ts';
import { noduleMask } from './noduleMask.ts';
import type { NoduleMask } from './noduleMask.ts';

/** Edge of the crop in diameters of the ball of the nodule's volume. */
export const CROP_DIAMETERS = 1.5;

export interface NoduleCrop {
  /** size³ again, in [0, 1] (HU [-1000, 400]), x fastest. */
  readonly values: Float32Array;
  /** Voxel of the crop / voxel of the patch: `spacingMm` of the patch times this is the crop's. */
  readonly scale: number;
  /** As measured in the whole patch. */
  readonly nodule: NoduleMask;
}

/**
 * Linear interpolation where the crop is finer than the patch, low-pass filtered where it is coarser. Beyond the patch
 * its border goes on, which is constant ground in the isolated form.
 *
 * @param values size³ in [0, 1], x fastest
 * @returns null where the patch shows no nodule (see {@link noduleMask})
 */
export function cropToNodule(values: Float32Array, size: number): NoduleCrop | null {
  const nodule = noduleMask(values, size);
  return nodule === null ? null : cropAround(nodule, size);
}

/** The same for a nodule that is already measured. */
export function cropAround(nodule: NoduleMask, size: number): NoduleCrop {
  const scale = (CROP_DIAMETERS * nodule.equivalentVoxels) / size;
  const half = ((size - 1) / 2) * scale;
  const [x, y, z] = nodule.centre;
  const axes = {
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  } as const;
  const { data } = filteredResample(
    { ...axes, size: [size, size, size], spacing: [1, 1, 1], origin: [0, 0, 0], data: nodule.hu },
    {
      ...axes,
      size: [size, size, size],
      spacing: [scale, scale, scale],
      origin: [x - half, y - half, z - half],
    },
  );
  for (let at = 0; at < data.length; at++)
    data[at] = (data[at]! - WINDOW_LOW_HU) / (WINDOW_HIGH_HU - WINDOW_LOW_HU);
  return { values: data, scale, nodule };
}
