import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../server/src/engine/reference.ts';
import {
  augmentForCritic,
  drawCriticAugmentation,
  type CriticAugmentation,
} from '../../../server/src/gan/criticAugmentation.ts';
import { GROUND_HU } from '../../../server/src/gan/ground.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { gradient, input, mul, sumAll } from '../../../server/src/tensor/index.ts';
import { smoothValues } from '../tensor/numeric.ts';
import { TINY_CONDITIONAL, TINY_GROWN } from './tinyPresets.ts';

const R = 8;
const VOXELS = R ** 3;
const ALWAYS: CriticAugmentation = {
  ...{ probability: 1, shiftShare: 0.25, attenuation: 0.2, cutoutShare: 0.5 },
  adaptive: null,
};
const NEVER = { ...ALWAYS, probability: 0 };
const ONLY_SHIFTS = { ...ALWAYS, attenuation: 0, cutoutShare: 0 };
const { architecture } = TINY_CONDITIONAL;

const image = input('image', [2, 2, R, R, R]);
const seen = augmentForCritic(image, ALWAYS, architecture);
/** A voxel of the nodule in each of two patches on bare ground. */
const dots = (at: number): Float64Array =>
  Float64Array.from({ length: 4 * VOXELS }, (_, i) => {
    const [channel, voxel] = [Math.floor(i / VOXELS) % 2, i % VOXELS];
    if (channel === 0) return voxel === at ? 0.3 : GROUND_HU;
    return voxel === at ? 1 : -1;
  });
const apply = (augmentation: CriticAugmentation, values: Float64Array, stream: string): Float64Array =>
  evaluate(
    { seen },
    {
      image: values,
      ...drawCriticAugmentation(augmentation, architecture, 2, R, Random.of(stream)),
    },
  ).seen;

describe('what the critic sees', () => {
  test('is the image itself where nothing happens', () => {
    const values = smoothValues(4 * VOXELS, 1);
    apply(NEVER, values, 'a').forEach((value, i) => expect(value).toBeCloseTo(values[i]!, 12));
  });

  test('is shifted as a whole batch: both channels of both patches by the same voxels, ground coming in', () => {
    const at = (4 * R + 4) * R + 4;
    const places = new Set<number>();
    for (let draw = 0; draw < 20; draw++) {
      const values = apply(ONLY_SHIFTS, dots(at), `shift ${draw}`);
      const moved = [0, 1, 2, 3].map((cube) => {
        const part = values.subarray(cube * VOXELS, (cube + 1) * VOXELS);
        return part.findIndex((value) => Math.abs(value - (cube % 2 === 0 ? 0.3 : 1)) < 1e-9);
      });
      expect(new Set(moved).size).toBe(1);
      const [to] = moved;
      const steps = [64, 8, 1].map((stride) => (Math.floor(to! / stride) % 8) - 4);
      for (const step of steps) expect(Math.abs(step)).toBeLessThanOrEqual(2);
      places.add(to!);
      const rest = values.subarray(0, VOXELS).filter((_, i) => i !== to);
      for (const value of rest) expect(value).toBeCloseTo(GROUND_HU, 12);
    }
    expect(places.size).toBeGreaterThan(10);
  });

  test('is brighter or darker in proportion to alpha, and the ground stays', () => {
    const only = { ...ALWAYS, shiftShare: 0, cutoutShare: 0 };
    const values = apply(only, dots(77), 'brighter');
    expect(values[77]).not.toBeCloseTo(0.3, 6);
    expect(Math.abs(values[77]! - 0.3)).toBeLessThanOrEqual(0.2);
    expect(values[78]).toBeCloseTo(GROUND_HU, 12);
    expect(values[VOXELS + 77]).toBeCloseTo(1, 12);
  });

  test('lacks a box in each patch that holds bare ground in both channels', () => {
    const solid = Float64Array.from({ length: 4 * VOXELS }, (_, i) =>
      Math.floor(i / VOXELS) % 2 === 0 ? 0.3 : 1,
    );
    const values = apply({ ...ALWAYS, shiftShare: 0, attenuation: 0 }, solid, 'box');
    const missing = [...values.subarray(0, VOXELS)].map((value) => Math.abs(value - GROUND_HU) < 1e-9);
    const count = missing.filter(Boolean).length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(4 ** 3);
    missing.forEach((cut, i) => expect(values[VOXELS + i]).toBeCloseTo(cut ? -1 : 1, 12));
  });

  test('lets gradients through, so that the generator is told of what was there before', () => {
    const feeds = {
      image: smoothValues(4 * VOXELS, 2),
      weight: smoothValues(4 * VOXELS, 3),
      ...drawCriticAugmentation(ALWAYS, architecture, 2, R, Random.of('gradient')),
    };
    const weighted = sumAll(mul(seen, input('weight', image.shape)));
    const [slope] = gradient(weighted, [image]);
    const exact = evaluate({ slope: slope! }, feeds).slope;
    for (const i of [0, 100, 700, 1300, 2000]) {
      const moved = feeds.image.slice();
      moved[i]! += 1;
      const before = evaluate({ weighted }, feeds).weighted[0]!;
      // Linear in the image: any step is exact.
      expect(evaluate({ weighted }, { ...feeds, image: moved }).weighted[0]! - before).toBeCloseTo(
        exact[i]!,
        9,
      );
    }
  });

  test('is the image where a preset does not augment, without any feed', () => {
    expect(augmentForCritic(image, null, TINY_GROWN.architecture)).toBe(image);
    expect(drawCriticAugmentation(null, TINY_GROWN.architecture, 2, R, Random.of('none'))).toEqual({});
  });
});
