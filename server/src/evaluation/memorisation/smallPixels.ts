/** Patches as memorisation sees them: small, centred, without their background. */
import { describePatch, FINE } from './descriptor.ts';

export const SMALL_EDGE = FINE;
export const SMALL_VOXELS = SMALL_EDGE ** 3;

/**
 * A patch averaged to 16³ about the middle of its nodule's mass, background taken away.
 * @param values size³ in [0, 1], x fastest; size at least 16
 * @returns 16³ values, x fastest
 */
export const smallPixels = (values: Float32Array, size: number): Float32Array =>
  describePatch(values, size).fine;
