/** Varies one patch at random, as an augmentation says. */
import type { Random } from '../../nn/random.ts';
import { IDENTITY, product, rotation, transpose } from './affine.ts';
import type { Augmentation } from './augmentation.ts';
import { drawControlGrid, type ControlGrid } from './elastic.ts';
import { addNoise } from './noise.ts';
import { copyOriented, IN_PLANE, MIRRORINGS, ORIENTATIONS, orientationMatrix } from './orientation.ts';
import { warpPatch, type Warp } from './warp.ts';

/** What happens to one patch. */
export interface Variation {
  /** One of the 48 orientations, before anything else. */
  readonly orientation: number;
  /** Unit axis in (z, y, x). */
  readonly axis: readonly [number, number, number];
  readonly degrees: number;
  readonly scale: number;
  readonly elastic?: ControlGrid;
  /** Standard deviation. */
  readonly noise: number;
}

export function drawOrientation({ symmetries }: Augmentation, random: Random): number {
  switch (symmetries) {
    case 'none':
      return 0;
    case 'flips':
      return random.integer(MIRRORINGS);
    case 'in-plane':
      return random.integer(IN_PLANE);
    case 'all':
      return random.integer(ORIENTATIONS);
  }
}

/**
 * Draws what happens to a patch of `size`³ voxels besides its orientation.
 *
 * @param finest edge of the set's patches in voxels: a coarser stage gets the grid scaled down to it, and of the
 *   noise what averaging leaves (the mean of n voxels has 1/√n of their deviation).
 */
export function drawVariation(
  augmentation: Augmentation,
  orientation: number,
  size: number,
  finest: number,
  random: Random,
): Variation {
  const { rotationDegrees, scaling, elastic, noise } = augmentation;
  const share = size / finest;
  const axis = direction(random);
  const degrees = rotationDegrees * (2 * random.uniform() - 1);
  const scale = scaling[0] + (scaling[1] - scaling[0]) * random.uniform();
  const common = { orientation, axis, degrees, scale, noise: noise * share ** 1.5 };
  if (elastic.displacementVoxels === 0) return common;
  const grid = drawControlGrid(random, size, elastic.gridVoxels * share, elastic.displacementVoxels * share);
  return { ...common, elastic: grid };
}

/** Whether patches are only copied, so that nothing but their orientation has to be drawn. */
export const onlyCopies = ({ rotationDegrees, scaling, elastic, noise }: Augmentation): boolean =>
  rotationDegrees === 0 &&
  scaling[0] === 1 &&
  scaling[1] === 1 &&
  elastic.displacementVoxels === 0 &&
  noise === 0;

/**
 * Writes a variation of a patch to `target` from `at` on. Values stay in [0, 1].
 *
 * @param source holds size³ values in [0, 1] from `from` on, and where the variation warps `tailOf(size)` more (see
 *   warp.ts).
 * @param random where the noise comes from.
 */
export function varyPatch(
  source: Float32Array,
  from: number,
  size: number,
  variation: Variation,
  target: Float32Array,
  at: number,
  random: Random,
): void {
  const { orientation, noise } = variation;
  if (!warps(variation)) copyOriented(source.subarray(from, from + size ** 3), size, orientation, target, at);
  else warpPatch(source, from, size, warpOf(variation), target, at);
  if (noise > 0) addNoise(target, at, size ** 3, noise, random);
}

/** Whether voxels get values from between voxels, rather than other voxels' values. */
export const warps = ({ degrees, scale, elastic }: Variation): boolean =>
  degrees !== 0 || scale !== 1 || elastic !== undefined;

/** A target voxel looks back: out of the deformation, then the scaling, the rotation and the orientation. */
export function warpOf({ orientation, axis, degrees, scale, elastic }: Variation): Warp {
  const turned = degrees === 0 ? IDENTITY : transpose(rotation(axis, degrees));
  const matrix = product(orientationMatrix(orientation), turned, 1 / scale);
  return elastic === undefined ? { matrix } : { matrix, elastic };
}

/** A direction uniform on the sphere: a normal vector, scaled to length 1. */
function direction(random: Random): [number, number, number] {
  const [z, y, x] = [random.gaussian(), random.gaussian(), random.gaussian()];
  const length = Math.hypot(z, y, x);
  return length > 0 ? [z / length, y / length, x / length] : [1, 0, 0];
}
