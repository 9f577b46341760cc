/** Images in a file's own numbers → CT volumes in whole Hounsfield units. */
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ScalarImage } from './scalarImage.ts';
import { placeOf } from './voxels.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { round } = Math;

const LOWEST_HU = -32768;
const HIGHEST_HU = 32767;

/**
 * Values rounded to whole HU.
 *
 * @throws NoduleLabError `unusable` where a value does not fit into 16 bits, or where none is negative or all lie between
 *   -1 and 1: every CT has air in it
 */
export function ctVolumeOf(image: ScalarImage, name: string): CtVolume {
  const { size, spacing, origin, direction, data } = image;
  const hu = data instanceof Int16Array ? data : rounded(data, size, name);
  let [low, high] = [Infinity, -Infinity];
  for (let index = 0; index < hu.length; index++) {
    const value = hu[index] ?? 0;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low >= 0 || (low >= -1 && high <= 1))
    throw new NoduleLabError(
      'unusable',
      `${name} is no CT in Hounsfield units: its values lie between ${low} and ${high}, and air is near -1000 HU. It may be a ` +
        'mask, an image scaled to [0, 1], or one whose rescale intercept was not applied. Give the CT in HU.',
      { name },
    );
  return { size, spacing, origin, direction, data: hu };
}

function rounded(data: Float32Array, size: Vec3, name: string): Int16Array {
  const hu = new Int16Array(data.length);
  for (let index = 0; index < hu.length; index++) {
    const value = round(data[index] ?? 0);
    if (value < LOWEST_HU || value > HIGHEST_HU)
      throw new NoduleLabError(
        'unusable',
        `${name} is no CT in Hounsfield units: voxel (${placeOf(index, size).join(', ')}) is ${data[index]}, ` +
          `outside ${LOWEST_HU} to ${HIGHEST_HU}. Apply its rescale slope and intercept first.`,
        { name },
      );
    hu[index] = value;
  }
  return hu;
}
