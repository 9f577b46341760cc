/** One patch augmented by itself, outside a training: what `nodulelab augment` does to each file. */
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { drawOrientation, drawVariation, varyPatch, warps, type Variation } from './augment.ts';
import { SEED_AUGMENTATION, SYMMETRIES_ONLY, type Augmentation } from './augmentation.ts';
import { tailOf } from './warp.ts';

// Bound once: looking a global up in a loop is slow where scripts run in contexts of their own.
const { cbrt, floor, round } = Math;

/** Edges of patches, voxels: what a manifest allows too. */
export const LEAST_SIZE = 8;
export const MOST_SIZE = 512;
/** The cube that the founding README's lengths in voxels are meant for. */
const SEED_SIZE = 64;

/** The parts of an augmentation, each of which can also be had alone. */
export const TRANSFORMS = ['rotation', 'scaling', 'elastic', 'noise', 'flips'] as const;
export type Transform = (typeof TRANSFORMS)[number];

export interface Augmented {
  /** size³ values in [0, 1], z slowest, x fastest. */
  readonly voxels: Float32Array;
  /** What was drawn and done. */
  readonly variation: Variation;
}

/**
 * The founding README's augmentation for patches of `size`³ voxels: rotation ±15°, scaling 0.9 to 1.1, elastic
 * deformation, noise 0.01; no mirrorings. The deformation's lengths are the same share of the patch at every size.
 */
export function seedAugmentationOf(size: number): Augmentation {
  const { gridVoxels, displacementVoxels } = SEED_AUGMENTATION.elastic;
  const share = size / SEED_SIZE;
  return {
    ...SEED_AUGMENTATION,
    symmetries: 'none',
    elastic: { gridVoxels: gridVoxels * share, displacementVoxels: displacementVoxels * share },
  };
}

/** The named parts of an augmentation; the others change nothing. */
export function onlyThese(augmentation: Augmentation, transforms: readonly Transform[]): Augmentation {
  const has = (transform: Transform): boolean => transforms.includes(transform);
  const { rotationDegrees, scaling, elastic, noise, symmetries } = augmentation;
  return {
    symmetries: has('flips') ? symmetries : 'none',
    rotationDegrees: has('rotation') ? rotationDegrees : 0,
    scaling: has('scaling') ? scaling : SYMMETRIES_ONLY.scaling,
    elastic: has('elastic') ? elastic : { ...elastic, displacementVoxels: 0 },
    noise: has('noise') ? noise : 0,
  };
}

/**
 * Augments one patch.
 *
 * Orientation, warp and noise draw from streams of their own, in a fixed order: with the same seed a part alone
 * (`onlyThese`) draws what it draws among the others.
 *
 * @param patch size³ values in [0, 1] (HU [-1000, 400]), z slowest, x fastest; stays as it is
 * @param size edge of the patch in voxels, 8 to 512
 * @param augmentation lengths are in voxels of this patch
 * @param seed names the draw: the same parts give the same bits (numbers and texts, for example seed, source, copy)
 * @throws NoduleLabError `invalid-input` where the patch is no such cube or a value is not in [0, 1]
 */
export function augmentPatch(
  patch: Float32Array,
  size: number,
  augmentation: Augmentation,
  ...seed: readonly (number | string)[]
): Augmented {
  requirePatch(patch, size);
  const orientation = drawOrientation(augmentation, Random.of('augment', 'orientation', ...seed));
  const warp = Random.of('augment', 'warp', ...seed);
  const variation = drawVariation(augmentation, orientation, size, size, warp);
  const voxels = new Float32Array(patch.length);
  varyPatch(
    warps(variation) ? withTail(patch, size) : patch,
    0,
    size,
    variation,
    voxels,
    0,
    Random.of('augment', 'noise', ...seed),
  );
  return { voxels, variation };
}

function withTail(patch: Float32Array, size: number): Float32Array {
  const source = new Float32Array(patch.length + tailOf(size));
  source.set(patch);
  return source;
}

/**
 * Edge of the cube that an array of this shape is.
 * @param name of the patch, for messages
 * @throws NoduleLabError `invalid-input` where it is none; a trailing channel axis of 1 is allowed
 */
export function cubeEdge(shape: readonly number[], name: string): number {
  const axes = shape.length === 4 && shape[3] === 1 ? shape.slice(0, 3) : shape;
  const [size = 0] = axes;
  if (axes.length !== 3 || axes.some((length) => length !== size) || size < LEAST_SIZE || size > MOST_SIZE)
    throw new NoduleLabError(
      'invalid-input',
      `${name} has the shape (${shape.join(', ')}): a patch is a cube of ${LEAST_SIZE} to ${MOST_SIZE} voxels along each of three axes, such as (64, 64, 64).`,
      { name, shape },
    );
  return size;
}

/** @throws NoduleLabError `invalid-input` */
export function requirePatch(patch: Float32Array, size: number, name = 'The patch'): void {
  if (patch.length !== size ** 3)
    throw new NoduleLabError(
      'invalid-input',
      `${name} holds ${patch.length} values where ${size}³ voxels are ${size ** 3}` +
        (round(cbrt(patch.length)) ** 3 === patch.length
          ? `: its edge is ${round(cbrt(patch.length))}.`
          : ': it is not a cube.'),
      { name },
    );
  for (let at = 0; at < patch.length; at++) {
    const value = patch[at]!;
    // Also true of NaN.
    if (!(value >= 0 && value <= 1))
      throw new NoduleLabError(
        'invalid-input',
        `${name} holds ${value} at voxel (z, y, x) = (${floor(at / size ** 2)}, ${floor(at / size) % size}, ${at % size}): ` +
          'the values of a patch are in [0, 1] (0 is -1000 HU, 1 is 400 HU). Window and scale it first.',
        { name, voxel: at },
      );
  }
}
