import { describe, expect, test } from '@jest/globals';
import { copyOriented, ORIENTATIONS } from '../../../server/src/dataset/augmentation/orientation.ts';
import { blurredControl } from '../../../server/src/evaluation/controls/blurred.ts';
import { collapsedControl } from '../../../server/src/evaluation/controls/collapsed.ts';
import { GROUND } from '../../../server/src/evaluation/controls/control.ts';
import type { ControlGroup } from '../../../server/src/evaluation/controls/control.ts';
import { ellipsoidControl } from '../../../server/src/evaluation/controls/ellipsoids.ts';
import {
  gaussianEllipsoid,
  randomEllipsoid,
} from '../../../server/src/evaluation/controls/gaussianEllipsoid.ts';
import { memorisedControl } from '../../../server/src/evaluation/controls/memorised.ts';
import { noiseControl } from '../../../server/src/evaluation/controls/noise.ts';
import { noduleMask } from '../../../server/src/evaluation/noduleMask.ts';
import type { PatchGroup } from '../../../server/src/evaluation/patchGroup.ts';
import { radiomicsOf } from '../../../server/src/evaluation/radiomics/radiomicFeatures.ts';
import { Random } from '../../../server/src/nn/random.ts';
import type { Vec3 } from '../../../server/src/volume/ctVolume.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, max } = Math;
const SIZE = 28;
const MARGIN = { fullMm: 1, rimMm: 3 };
const UPRIGHT: readonly [Vec3, Vec3, Vec3] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** Nodules with texture, each of its own size and level, on constant ground. */
const REAL: readonly Float32Array[] = Array.from({ length: 4 }, (_, n) => {
  const random = Random.of('real', n);
  const smooth = gaussianEllipsoid({
    ...{ size: SIZE, spacingMm: 0.5, margin: MARGIN, diameterMm: 4 + n / 4, meanHu: -300 + 40 * n },
    ...randomEllipsoid(random),
  });
  return smooth.map((value) =>
    value > 0.15 ? Math.min(1, Math.max(0.1, value + 0.05 * random.gaussian())) : value,
  );
});

function groupOf(patches: readonly Float32Array[], name = 'real'): PatchGroup {
  return {
    name,
    count: patches.length,
    size: SIZE,
    sha256: name.padEnd(64, '0'),
    items: patches.map((_, n) => ({
      id: `P${n}/1`,
      cluster: `P${n}`,
      spacingMm: 0.5,
      diameterMm: 8,
      characteristics: null,
      conditions: { diameter: 8 },
    })),
    // The very same array each time: a control that changed it would change what others are made from.
    patch: (index) => Promise.resolve(patches[index]!),
  };
}

const real = groupOf(REAL);
const patchesOf = (group: PatchGroup): Promise<Float32Array[]> =>
  Promise.all(Array.from({ length: group.count }, (_, n) => group.patch(n)));
const same = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
const sd = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

const ALL: Readonly<Record<string, (seed: number) => ControlGroup | Promise<ControlGroup>>> = {
  ellipsoids: (seed) => ellipsoidControl(real, seed, MARGIN),
  blurred: () => blurredControl(real),
  collapsed: () => collapsedControl(real),
  noise: (seed) => noiseControl(real, seed),
  memorised: (seed) => memorisedControl(real, 4, seed),
};

describe.each(Object.entries(ALL))('the control "%s"', (name, make) => {
  test('gives the same patches whenever and in whatever order they are asked for', async () => {
    const [one, two] = [await make(1), await make(1)];
    const forwards = await patchesOf(one);
    expect(two.sha256).toBe(one.sha256);
    expect(same(await two.patch(3), forwards[3]!)).toBe(true);
    expect(same(await two.patch(0), forwards[0]!)).toBe(true);
  });

  test('says how it was made, names each patch after itself and leaves the real ones as they are', async () => {
    const before = REAL.map((patch) => patch.slice());
    const group = await make(1);
    await patchesOf(group);
    REAL.forEach((patch, n) => expect(same(patch, before[n]!)).toBe(true));
    expect(group.name).toBe(name);
    expect(group.made.length).toBeGreaterThan(30);
    expect(group.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(group.items.map(({ id }) => id)).size).toBe(group.count);
    group.items.forEach(({ id, cluster, conditions }) => {
      expect(cluster).toBe(id);
      expect(conditions).toEqual({});
    });
  });

  test('holds values in [0, 1] and a nodule in every patch', async () => {
    for (const patch of await patchesOf(await make(1))) {
      expect(patch.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(noduleMask(patch, SIZE)).not.toBeNull();
    }
  });
});

test.each(['ellipsoids', 'noise', 'memorised'])('"%s" differs from seed to seed', async (name) => {
  const [one, two] = [await ALL[name]!(1), await ALL[name]!(2)];
  expect(two.sha256).not.toBe(one.sha256);
  expect(same(await two.patch(0), await one.patch(0))).toBe(false);
});

describe('a Gaussian ellipsoid', () => {
  test.each([-650, -400, -150, 100, 300])('of mean %d HU is measured as it was asked for', (meanHu) => {
    const random = Random.of('asked', meanHu);
    const values = gaussianEllipsoid({
      ...{ size: 32, spacingMm: 0.6, diameterMm: 8, meanHu },
      ...randomEllipsoid(random),
    });
    const nodule = noduleMask(values, 32)!;
    expect(nodule.equivalentVoxels * 0.6).toBeGreaterThan(7.85);
    expect(nodule.equivalentVoxels * 0.6).toBeLessThan(8.15);
    expect(Math.abs(nodule.meanHu - meanHu)).toBeLessThan(20);
  });

  test('has the axes and directions that it was given', () => {
    const values = gaussianEllipsoid({
      ...{ size: 48, spacingMm: 0.4, diameterMm: 8, meanHu: -200 },
      ...{ axisRatios: [2, 1, 1], rotation: [UPRIGHT[2], UPRIGHT[0], UPRIGHT[1]] },
    });
    const nodule = noduleMask(values, 48)!;
    const [x, y, z] = nodule.box.max.map((end, axis) => end - nodule.box.min[axis]!) as [
      number,
      number,
      number,
    ];
    expect(z / x).toBeGreaterThan(1.8);
    expect(x).toBe(y);
    expect(radiomicsOf(nodule, 48, 0.4).shape.elongation).toBeCloseTo(0.5, 1);
  });

  test('ends on constant ground where isolated patches do', () => {
    const values = gaussianEllipsoid({
      ...{ size: 32, spacingMm: 0.5, diameterMm: 6, meanHu: -300, margin: MARGIN },
      ...{ axisRatios: [1, 1, 1], rotation: UPRIGHT },
    });
    const [ground, nodule] = [Math.fround(GROUND), { held: 0, ended: 0 }];
    values.forEach((value, at) => {
      const [x, y, z] = [at % 32, Math.floor(at / 32) % 32, Math.floor(at / 32 ** 2)];
      const mm = 0.5 * Math.hypot(x - 15.5, y - 15.5, z - 15.5);
      if (mm > 3 + MARGIN.rimMm && value === ground) nodule.ended++;
      else if (mm < 3 + MARGIN.fullMm && value > ground) nodule.held++;
      else if (mm > 3 + MARGIN.rimMm || mm < 3 + MARGIN.fullMm) throw new Error(`${value} at ${mm} mm`);
    });
    expect(nodule.held).toBeGreaterThan(1000);
    expect(nodule.ended).toBeGreaterThan(10_000);
  });

  test('is turned any way: rotations are orthonormal, right-handed and differ', () => {
    const random = Random.of('turns');
    const first = [0, 0, 0];
    for (let n = 0; n < 400; n++) {
      const { rotation, axisRatios } = randomEllipsoid(random);
      const [u, v, w] = rotation;
      expect(u[0] * v[0] + u[1] * v[1] + u[2] * v[2]).toBeCloseTo(0, 9);
      expect(u[1] * v[2] - u[2] * v[1]).toBeCloseTo(w[0], 9);
      axisRatios.forEach((ratio) => expect(ratio).toBeGreaterThanOrEqual(0.4));
      u.forEach((part, axis) => (first[axis]! += part / 400));
    }
    // The mean of directions that favour none is near 0: its standard deviation along each axis is 0.03.
    first.forEach((part) => expect(Math.abs(part)).toBeLessThan(0.13));
  });
});

test('ellipsoids have the size and level of the real nodules, one by one', async () => {
  const group = ellipsoidControl(real, 1, MARGIN);
  for (let n = 0; n < real.count; n++) {
    const [mine, theirs] = [noduleMask(await group.patch(n), SIZE)!, noduleMask(REAL[n]!, SIZE)!];
    expect(mine.equivalentVoxels / theirs.equivalentVoxels).toBeGreaterThan(0.94);
    expect(mine.equivalentVoxels / theirs.equivalentVoxels).toBeLessThan(1.06);
    // Eight voxels across, a third of the voxels lie at the surface.
    expect(Math.abs(mine.meanHu - theirs.meanHu)).toBeLessThan(45);
  }
});

test('an ellipsoid for a patch without a nodule is a patch without a nodule', async () => {
  const empty = groupOf([new Float32Array(SIZE ** 3).fill(0.0929)]);
  expect(noduleMask(await ellipsoidControl(empty, 1).patch(0), SIZE)).toBeNull();
});

test('blurred nodules have lost most of their texture', async () => {
  const contrast = (values: Float32Array): number =>
    radiomicsOf(noduleMask(values, SIZE)!, SIZE, 0.5).cooccurrence.contrast;
  const blurred = await patchesOf(blurredControl(real));
  blurred.forEach((values, n) => expect(contrast(values)).toBeLessThan(contrast(REAL[n]!) / 2));
});

test('collapsed nodules differ a tenth as much as real ones, around the same mean', async () => {
  const collapsed = await patchesOf(await collapsedControl(real));
  for (let at = 0; at < SIZE ** 3; at += 997) {
    const [before, after] = [REAL.map((patch) => patch[at]!), collapsed.map((patch) => patch[at]!)];
    expect(sd(after)).toBeCloseTo(sd(before) / 10, 5);
    const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
    expect(mean(after)).toBeCloseTo(mean(before), 5);
  }
});

test('noise is as strong as it says within the nodule, and leaves the constant ground alone', async () => {
  const noisy = await noiseControl(real, 1).patch(0);
  const differences: number[] = [];
  let ground = 0;
  REAL[0]!.forEach((value, at) => {
    if (Math.abs(value - GROUND) < 1e-6 && noisy[at] === value) ground++;
    // Neither end of the window is near.
    if (value > 0.4 && value < 0.6) differences.push(1400 * (noisy[at]! - value));
  });
  expect(ground).toBe(REAL[0]!.filter((value) => Math.abs(value - GROUND) < 1e-6).length);
  expect(differences.length).toBeGreaterThan(100);
  expect(sd(differences)).toBeGreaterThan(130);
  expect(sd(differences)).toBeLessThan(170);
});

test('memorised nodules are training patches, turned and nearly the same, each copied as often', async () => {
  const sources: number[] = [];
  for (const copy of await patchesOf(memorisedControl(real, 8, 1))) {
    const found = REAL.findIndex((patch) => isTurned(patch, copy));
    sources.push(found);
  }
  expect(sources.slice(0, 4).sort()).toEqual([0, 1, 2, 3]);
  expect(sources.slice(4).sort()).toEqual([0, 1, 2, 3]);
});

/** Whether one of the flips and turns of `patch` is `copy` to within 20 HU a voxel. */
function isTurned(patch: Float32Array, copy: Float32Array): boolean {
  const turned = new Float32Array(patch.length);
  for (let orientation = 0; orientation < ORIENTATIONS; orientation++) {
    copyOriented(patch, SIZE, orientation, turned, 0);
    let furthest = 0;
    for (let at = 0; at < turned.length && furthest < 20 / 1400; at++)
      furthest = max(furthest, abs(turned[at]! - copy[at]!));
    if (furthest < 20 / 1400) return true;
  }
  return false;
}
