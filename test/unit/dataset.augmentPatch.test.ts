import { describe, expect, test } from '@jest/globals';
import { SEED_AUGMENTATION } from '../../server/src/dataset/augmentation/augmentation.ts';
import {
  augmentPatch,
  cubeEdge,
  onlyThese,
  requirePatch,
  seedAugmentationOf,
  TRANSFORMS,
  type Transform,
} from '../../server/src/dataset/augmentation/augmentPatch.ts';
import { copyOriented, MIRRORINGS } from '../../server/src/dataset/augmentation/orientation.ts';
import { bare, patchOf, randomPatch } from '../support/formulaPatches.ts';

const ball = (size: number): Float32Array =>
  bare(
    patchOf(size, (z, y, x) => {
      const centre = (size - 1) / 2;
      return Math.hypot(z - centre, y - centre, x - centre - size / 8) < size / 5 ? 0.7 : 0.1;
    }),
    size,
  );
const withFlips = (size: number) => ({ ...seedAugmentationOf(size), symmetries: 'flips' as const });
const alone = (size: number, transform: Transform, ...seed: (string | number)[]) =>
  augmentPatch(ball(size), size, onlyThese(withFlips(size), [transform]), ...seed);
const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

describe('the seed’s augmentation of one patch', () => {
  test('is the README’s: ±15°, 0.9 to 1.1, elastic, noise 0.01, and no mirrorings', () => {
    expect(seedAugmentationOf(64)).toEqual({ ...SEED_AUGMENTATION, symmetries: 'none' });
  });

  test('deforms a small patch in the same proportion as a large one', () => {
    expect(seedAugmentationOf(32).elastic).toEqual({ gridVoxels: 8, displacementVoxels: 3 });
    expect(seedAugmentationOf(128).elastic).toEqual({ gridVoxels: 32, displacementVoxels: 12 });
  });

  test.each([8, 17, 32, 64])(
    'changes a patch of %d³, keeps it in [0, 1] and leaves the original alone',
    (size) => {
      const patch = ball(size);
      const { voxels } = augmentPatch(patch, size, seedAugmentationOf(size), 1);
      expect(patch).toEqual(ball(size));
      expect(voxels).toHaveLength(size ** 3);
      expect(voxels.every((value) => value >= 0 && value <= 1)).toBe(true);
      const moved = voxels.filter((value, i) => Math.abs(value - patch[i]!) > 0.2).length;
      expect(moved).toBeGreaterThan(size ** 3 / 500);
      // Still a ball of about the same size.
      const bright = (values: Float32Array): number => values.filter((value) => value > 0.4).length;
      expect(bright(voxels) / bright(patch)).toBeGreaterThan(0.5);
      expect(bright(voxels) / bright(patch)).toBeLessThan(1.7);
    },
  );

  test('is the same bits for the same seed, and another patch for another seed', () => {
    const once = (...seed: (string | number)[]) => augmentPatch(ball(16), 16, withFlips(16), ...seed).voxels;
    expect(once(3, 'a', 0)).toEqual(once(3, 'a', 0));
    for (const other of [
      [4, 'a', 0],
      [3, 'b', 0],
      [3, 'a', 1],
    ])
      expect(once(...other)).not.toEqual(once(3, 'a', 0));
  });
});

describe('a transform alone', () => {
  test.each(TRANSFORMS)('%s draws what it draws among the others', (transform) => {
    const parts = {
      rotation: ['axis', 'degrees'],
      scaling: ['scale'],
      elastic: ['elastic'],
      noise: ['noise'],
      flips: ['orientation'],
    } as const;
    // Of eight mirrorings one changes nothing: a seed that mirrors.
    const whole = augmentPatch(ball(16), 16, withFlips(16), 5).variation;
    expect(whole.orientation).not.toBe(0);
    const { variation } = alone(16, transform, 5);
    for (const part of parts[transform]) expect(variation[part]).toEqual(whole[part]);
    const still = { orientation: 0, degrees: 0, scale: 1, elastic: undefined, noise: 0 };
    for (const [name, value] of Object.entries(still))
      if (!(parts[transform] as readonly string[]).includes(name))
        expect(variation[name as keyof typeof still]).toEqual(value);
  });

  test('flips only mirror: the result is one of the eight mirrorings, bit for bit', () => {
    const patch = bare(randomPatch(8, 1), 8);
    const seen = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const { voxels, variation } = augmentPatch(patch, 8, onlyThese(withFlips(8), ['flips']), seed);
      const expected = new Float32Array(8 ** 3);
      copyOriented(patch, 8, variation.orientation, expected, 0);
      expect(voxels).toEqual(expected);
      seen.add(variation.orientation);
    }
    expect(seen.size).toBe(MIRRORINGS);
  });

  test('scaling alone makes the ball larger by the cube of what was drawn', () => {
    const ground = 0.1;
    const above = (values: Float32Array): number => sum(values) - ground * values.length;
    const { voxels, variation } = alone(32, 'scaling', 2);
    expect(Math.abs(variation.scale - 1)).toBeGreaterThan(0.02);
    expect(above(voxels) / above(ball(32))).toBeCloseTo(variation.scale ** 3, 1);
  });

  test('rotation and elastic deformation add no noise: a constant patch stays constant', () => {
    const constant = new Float32Array(16 ** 3).fill(0.25);
    const warping = onlyThese(withFlips(16), ['rotation', 'elastic']);
    expect(new Set(augmentPatch(constant, 16, warping, 1).voxels)).toEqual(new Set([0.25]));
  });

  test('noise alone moves no edge: each voxel changes by a few hundredths', () => {
    const patch = ball(24);
    const { voxels } = alone(24, 'noise', 1);
    const differences = voxels.map((value, i) => value - patch[i]!);
    const sd = Math.sqrt(differences.reduce((total, d) => total + d * d, 0) / differences.length);
    expect(sd).toBeCloseTo(0.01, 3);
    expect(Math.max(...differences.map(Math.abs))).toBeLessThan(0.06);
  });

  test('and none at all is the patch itself', () => {
    const patch = bare(randomPatch(9, 1), 9);
    expect(augmentPatch(patch, 9, onlyThese(withFlips(9), []), 1).voxels).toEqual(patch);
  });
});

describe('what is no patch is refused', () => {
  test.each([
    ['a box', [64, 64, 32]],
    ['a square', [64, 64]],
    ['two channels', [64, 64, 64, 2]],
    ['too small a cube', [4, 4, 4]],
    ['too large a cube', [1024, 1024, 1024]],
  ])('%s, by its shape', (_, shape) => {
    expect(() => cubeEdge(shape, 'nodule.npy')).toThrow(
      `nodule.npy has the shape (${shape.join(', ')}): a patch is a cube`,
    );
  });

  test('a cube and a cube of one channel are patches', () => {
    expect(cubeEdge([64, 64, 64], 'a')).toBe(64);
    expect(cubeEdge([32, 32, 32, 1], 'a')).toBe(32);
  });

  test.each([Number.NaN, -0.01, 1.01, Number.POSITIVE_INFINITY])('a value of %d, with its voxel', (value) => {
    const patch = ball(8);
    patch[1 * 64 + 2 * 8 + 3] = value;
    expect(() => requirePatch(patch, 8, 'nodule.npy')).toThrow(
      `nodule.npy holds ${patch[83]} at voxel (z, y, x) = (1, 2, 3)`,
    );
    expect(() => augmentPatch(patch, 8, seedAugmentationOf(8), 1)).toThrow(/in \[0, 1\]/);
  });

  test('another number of values than the edge says', () => {
    expect(() => augmentPatch(ball(8), 9, seedAugmentationOf(9), 1)).toThrow(/holds 512 values.*edge is 8/);
    expect(() => augmentPatch(new Float32Array(500), 8, seedAugmentationOf(8), 1)).toThrow(/not a cube/);
  });
});
