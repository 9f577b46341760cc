import { describe, expect, test } from '@jest/globals';
import {
  augmentationSchema,
  SEED_AUGMENTATION,
  SYMMETRIES_ONLY,
} from '../../server/src/dataset/augmentation/augmentation.ts';
import {
  drawOrientation,
  drawVariation,
  onlyCopies,
  varyPatch,
} from '../../server/src/dataset/augmentation/augment.ts';
import { addNoise } from '../../server/src/dataset/augmentation/noise.ts';
import { Random } from '../../server/src/nn/random.ts';
import { bare, randomPatch, variation } from '../support/formulaPatches.ts';

const { abs, hypot, max } = Math;

describe('noise', () => {
  test('has the mean 0, the deviation asked for and the shape of a normal distribution', () => {
    const values = new Float32Array(200_001).fill(0.5);
    addNoise(values, 0, values.length, 0.02, Random.of('noise'));
    const z = [...values].map((value) => (value - 0.5) / 0.02);
    const moment = (power: number): number => z.reduce((sum, v) => sum + v ** power, 0) / z.length;
    expect(moment(1)).toBeCloseTo(0, 1.5);
    expect(moment(2)).toBeCloseTo(1, 1.5);
    expect(abs(moment(3))).toBeLessThan(0.05);
    expect(moment(4)).toBeCloseTo(3, 0.9);
    for (const [bound, share] of [
      [1, 0.6827],
      [2, 0.9545],
      [3, 0.9973],
    ] as const)
      expect(abs(z.filter((v) => abs(v) < bound).length / z.length - share)).toBeLessThan(0.004);
  });

  test('of neighbouring voxels is independent', () => {
    const values = new Float32Array(100_000).fill(0.5);
    addNoise(values, 0, values.length, 0.02, Random.of('neighbours'));
    for (const distance of [1, 2, 64]) {
      let sum = 0;
      for (let i = distance; i < values.length; i++)
        sum += (values[i]! - 0.5) * (values[i - distance]! - 0.5);
      expect(abs(sum / values.length / 0.02 ** 2)).toBeLessThan(0.015);
    }
  });

  test('touches only the values it is given, and leaves all in [0, 1]', () => {
    const values = Float32Array.from({ length: 3000 }, (_, i) => (i < 1000 ? 0 : 1));
    addNoise(values, 500, 1501, 0.3, Random.of('cut'));
    expect(values.subarray(0, 500).every((value) => value === 0)).toBe(true);
    expect(values.subarray(2001).every((value) => value === 1)).toBe(true);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    // Half of what is added to the limits is cut.
    const changed = values.subarray(500, 2001).filter((value) => value !== 0 && value !== 1).length;
    expect(changed / 1501).toBeCloseTo(0.5, 1);
  });
});

describe('what is drawn', () => {
  const draws = Array.from({ length: 2000 }, (_, i) => {
    const random = Random.of('draws', i);
    const orientation = drawOrientation(SEED_AUGMENTATION, random);
    return drawVariation(SEED_AUGMENTATION, orientation, 64, 64, random);
  });
  const spread = (values: readonly number[]): { least: number; most: number; mean: number } => ({
    least: Math.min(...values),
    most: max(...values),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  });

  test('with the seed’s augmentation fills ±15° and 0.9 to 1.1 evenly, and goes no further', () => {
    const degrees = spread(draws.map((draw) => draw.degrees));
    expect(degrees.least).toBeGreaterThanOrEqual(-15);
    expect(degrees.least).toBeLessThan(-14.9);
    expect(degrees.most).toBeLessThan(15);
    expect(degrees.most).toBeGreaterThan(14.9);
    expect(abs(degrees.mean)).toBeLessThan(0.6);
    const scale = spread(draws.map((draw) => draw.scale));
    expect(scale.least).toBeGreaterThanOrEqual(0.9);
    expect(scale.least).toBeLessThan(0.901);
    expect(scale.most).toBeLessThan(1.1);
    expect(scale.most).toBeGreaterThan(1.099);
    expect(scale.mean).toBeCloseTo(1, 2);
  });

  test('mirrors in all eight ways, and turns about axes in all directions', () => {
    const counts = Array.from(
      { length: 8 },
      (_, o) => draws.filter(({ orientation }) => orientation === o).length,
    );
    for (const count of counts) expect(abs(count - 250)).toBeLessThan(80);
    for (const i of [0, 1, 2]) {
      expect(abs(spread(draws.map(({ axis }) => axis[i]!)).mean)).toBeLessThan(0.05);
      // Of a uniform direction each squared component has the mean 1/3.
      expect(spread(draws.map(({ axis }) => axis[i]! ** 2)).mean).toBeCloseTo(1 / 3, 1);
    }
    for (const { axis } of draws) expect(hypot(...axis)).toBeCloseTo(1, 12);
  });

  test('is the same for the same stream', () => {
    const again = Random.of('draws', 7);
    const orientation = drawOrientation(SEED_AUGMENTATION, again);
    expect(drawVariation(SEED_AUGMENTATION, orientation, 64, 64, again)).toEqual(draws[7]);
  });

  test('at a coarse stage is the fine one scaled down: grid, displacement, and noise as averaging leaves it', () => {
    const coarse = drawVariation(SEED_AUGMENTATION, 0, 16, 64, Random.of('coarse'));
    expect(coarse.elastic?.spacing).toBe(4);
    const largest = max(...coarse.elastic!.displacements.map(abs));
    expect(largest).toBeLessThanOrEqual(1.5);
    expect(largest).toBeGreaterThan(1.4);
    // A voxel of 16³ is the mean of 64 voxels of 64³.
    expect(coarse.noise).toBeCloseTo(0.01 / 8, 12);
  });

  test('keeps patches in [0, 1]', () => {
    const source = randomPatch(16, 5);
    const target = new Float32Array(16 ** 3);
    for (let i = 0; i < 20; i++) {
      const random = Random.of('range', i);
      const drawn = drawVariation({ ...SEED_AUGMENTATION, noise: 0.2 }, i % 8, 16, 16, random);
      varyPatch(source, 0, 16, drawn, target, 0, random);
      expect(target.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });
});

describe('an augmentation', () => {
  test('of nothing but symmetries copies; any other part is more than a copy', () => {
    expect(onlyCopies(SYMMETRIES_ONLY)).toBe(true);
    for (const more of [
      { rotationDegrees: 1 },
      { scaling: [0.99, 1] },
      { elastic: { gridVoxels: 16, displacementVoxels: 0.1 } },
      { noise: 0.001 },
    ] satisfies Partial<typeof SYMMETRIES_ONLY>[])
      expect(onlyCopies({ ...SYMMETRIES_ONLY, ...more })).toBe(false);
  });

  test('without warp gives the patch’s own bits, with its noise added', () => {
    const source = randomPatch(8, 3);
    const target = new Float32Array(8 ** 3);
    varyPatch(source, 0, 8, variation(), target, 0, Random.of('none'));
    expect(target).toEqual(bare(source, 8));
    varyPatch(source, 0, 8, variation({ noise: 0.01 }), target, 0, Random.of('some'));
    const differences = target.map((value, i) => abs(value - source[i]!));
    expect(max(...differences)).toBeGreaterThan(0.01);
    expect(max(...differences)).toBeLessThan(0.05);
  });

  test.each([
    [
      'displacements that could fold the image',
      { elastic: { gridVoxels: 10, displacementVoxels: 4.1 } },
      /could fold/,
    ],
    ['a scaling from large to small', { scaling: [1.1, 0.9] }, /smaller scaling comes first/],
    ['a scaling to nothing', { scaling: [0, 1] }, /scaling/],
    ['a negative rotation', { rotationDegrees: -15 }, /rotationDegrees/],
    ['symmetries of another name', { symmetries: 'some' }, /symmetries/],
  ])('with %s is refused', (_, more, message) => {
    expect(() => augmentationSchema.parse({ ...SEED_AUGMENTATION, ...more })).toThrow(message);
  });
});
