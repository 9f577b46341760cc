import { describe, expect, test } from '@jest/globals';
import { bandPower, coreOf, noisePower } from '../../server/src/insertion/noisePower.ts';
import type { PlacedNodule } from '../../server/src/insertion/placeNodule.ts';
import { placeNodule } from '../../server/src/insertion/placeNodule.ts';
import { patchAxes } from '../../server/src/insertion/orientation.ts';
import { Random } from '../../server/src/nn/random.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';

const { abs, cbrt, floor, hypot, max, round } = Math;
const EDGE = 64;
const windowed = (hu: number): number => (hu + 1000) / 1400;

/** An uneven nodule, no two of its axes alike: a ball with a bump along +x and a longer one along +y. */
function patch({ hu = 30, scale = 1, grain = 0 } = {}): { data: Float32Array } {
  const random = Random.of('grain');
  const data = new Float32Array(EDGE ** 3);
  for (let k = 0, at = 0; k < EDGE; k++)
    for (let j = 0; j < EDGE; j++)
      for (let i = 0; i < EDGE; i++, at++) {
        const [x, y, z] = [i - 31.5, j - 31.5, k - 31.5];
        const inside = max(
          soft(hypot(x, y, z) - 10 * scale),
          soft(hypot(x - 9 * scale, y, z) - 6 * scale),
          soft(hypot(x, y - 14 * scale, z) - 5 * scale),
        );
        const own = inside > 0.5 ? grain * random.gaussian() : 0;
        data[at] = windowed(-870 + inside * (hu + 870) + own);
      }
  return { data };
}
const soft = (beyond: number): number => 1 / (1 + Math.exp(beyond / 1.1));

function lungHost(size: Vec3, spacing: Vec3, noiseHu = 14): CtVolume {
  const random = Random.of('lung');
  const data = Int16Array.from(
    { length: size[0] * size[1] * size[2] },
    () => -860 + round(noiseHu * random.gaussian()),
  );
  return {
    ...{ data, size, spacing, origin: [-10, 20, 30] },
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };
}
const middleOf = (volume: CtVolume): Vec3 =>
  indexToWorld(volume, [(volume.size[0] - 1) / 2, (volume.size[1] - 1) / 2, (volume.size[2] - 1) / 2]);
const sizeOf = ({ box }: PlacedNodule): Vec3 => [
  box.max[0] - box.min[0],
  box.max[1] - box.min[1],
  box.max[2] - box.min[2],
];
const atVoxel = ({ box, hu }: PlacedNodule, size: Vec3, i: number, j: number, k: number): number =>
  hu[i - box.min[0] + size[0] * (j - box.min[1] + size[1] * (k - box.min[2]))]!;

describe('a nodule of any size', () => {
  const grids: readonly [string, CtVolume][] = [
    ['thin slices', lungHost([96, 96, 64], [0.7, 0.7, 1])],
    ['thick slices', lungHost([96, 96, 28], [0.7, 0.7, 2.5])],
  ];
  const cases = grids.flatMap(([grid, host]) => [4, 6, 10, 20, 30].map((mm) => [mm, grid, host] as const));

  test.each(cases)('of %s mm has its diameter to 10 %% on %s, counted in voxels too', (mm, _, host) => {
    const placed = placeNodule(host, patch(), { centre: middleOf(host), diameterMm: mm }, { seed: 1 });
    expect(abs(placed.measured.diameterMm / mm - 1)).toBeLessThan(0.03);
    const voxels = placed.footprint.reduce((sum, bit) => sum + bit, 0);
    const voxelMm3 = host.spacing[0] * host.spacing[1] * host.spacing[2];
    expect(abs(cbrt((6 * voxels * voxelMm3) / Math.PI) / mm - 1)).toBeLessThan(mm < 6 ? 0.2 : 0.1);
  });

  test('leaves every voxel of alpha 0 as it is, and only those', () => {
    const [, host] = grids[0]!;
    const placed = placeNodule(host, patch(), { centre: middleOf(host), diameterMm: 14 }, { seed: 2 });
    const size = sizeOf(placed);
    let same = 0;
    let changed = 0;
    placed.alpha.forEach((alpha, at) => {
      const i = placed.box.min[0] + (at % size[0]);
      const j = placed.box.min[1] + (floor(at / size[0]) % size[1]);
      const k = placed.box.min[2] + floor(at / (size[0] * size[1]));
      const before = host.data[i + host.size[0] * (j + host.size[1] * k)];
      if (alpha === 0) {
        if (placed.hu[at] !== before) throw new Error(`voxel ${at} changed without alpha`);
        same++;
      } else if (placed.hu[at] !== before) changed++;
    });
    expect(same).toBeGreaterThan(1000);
    expect(changed).toBeGreaterThan(3000);
  });
});

describe('a wanted mean HU', () => {
  const host = lungHost([80, 80, 40], [0.7, 0.7, 1.25]);

  test.each([
    [-650, 12],
    [-300, 12],
    [0, 12],
    [40, 20],
    [-200, 6],
    [100, 6],
  ])(
    'of %s is met in a nodule of %s mm, and changes neither its border nor its size',
    (meanHu, diameterMm) => {
      const place = { centre: middleOf(host), diameterMm };
      const free = placeNodule(host, patch(), place, { seed: 4 });
      const placed = placeNodule(host, patch(), { ...place, meanHu }, { seed: 4 });
      let sum = 0;
      let voxels = 0;
      placed.hu.forEach((hu, at) => {
        if (placed.footprint[at] === 0) return;
        sum += hu;
        voxels++;
      });
      expect(abs(sum / voxels - meanHu)).toBeLessThan(2.5);
      expect(placed.measured.meanHu).toBeCloseTo(sum / voxels, 6);
      expect(placed.footprint).toEqual(free.footprint);
      expect(placed.measured.diameterMm).toBe(free.measured.diameterMm);
    },
  );

  test('that no nodule has is refused', () => {
    const place = { centre: middleOf(host), diameterMm: 10 };
    for (const meanHu of [-900, 300, NaN])
      expect(() => placeNodule(host, patch(), { ...place, meanHu }, { seed: 1 })).toThrow(/mean of/);
  });
});

describe('a turned nodule', () => {
  const host = lungHost([81, 81, 81], [0.7, 0.7, 0.7], 0);
  const place = { centre: middleOf(host), diameterMm: 16 };
  const straight = placeNodule(host, patch(), place, { seed: 1 });

  test.each<[string, Vec3, (i: number, j: number, k: number) => Vec3]>([
    ['a quarter about the body axis', [0, 0, 90], (i, j, k) => [80 - j, i, k]],
    ['half about the left-right axis', [180, 0, 0], (i, j, k) => [i, 80 - j, 80 - k]],
    ['a quarter about the front-back axis', [0, 90, 0], (i, j, k) => [k, j, 80 - i]],
  ])('by %s is the straight one with its voxels moved', (_, rotationDeg, moved) => {
    const turned = placeNodule(host, patch(), { ...place, rotationDeg }, { seed: 1 });
    const from = sizeOf(straight);
    const to = sizeOf(turned);
    let largest = 0;
    let compared = 0;
    for (let k = 28; k < 53; k++)
      for (let j = 28; j < 53; j++)
        for (let i = 28; i < 53; i++) {
          const [x, y, z] = moved(i, j, k);
          largest = max(largest, abs(atVoxel(turned, to, x, y, z) - atVoxel(straight, from, i, j, k)));
          compared++;
        }
    expect(compared).toBe(25 ** 3);
    expect(largest).toBeLessThan(25);
    expect([...turned.hu]).not.toEqual([...straight.hu]);
  });

  test('keeps its axes at right angles, and turns about L, then P, then S', () => {
    const [x, y, z] = patchAxes({ rotationDeg: [30, 40, 50] });
    for (const [a, b] of [
      [x, y],
      [y, z],
      [x, z],
    ] as const)
      expect(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]).toBeCloseTo(0, 12);
    const [turned] = patchAxes({ rotationDeg: [0, 90, 90] });
    expect(turned.map((value) => round(value) + 0)).toEqual([0, 0, -1]);
  });
});

describe('a nodule beside tissue', () => {
  const middle = 40;
  /** A vessel of 40 HU along k through the middle, and a wall of fat and muscle beyond i = 60. */
  const host = lungHost([81, 81, 50], [0.7, 0.7, 1]);
  for (let k = 0, at = 0; k < 50; k++)
    for (let j = 0; j < 81; j++)
      for (let i = 0; i < 81; i++, at++) {
        if (hypot(i - middle, j - middle) < 3) host.data[at] = 40;
        if (i > 60) host.data[at] = i > 66 ? 50 : -100;
      }
  const mask = Uint8Array.from(host.data, (_, at) => (at % 81 <= 60 ? 1 : 0));
  const lung = { mask };
  const before = (i: number, j: number, k: number): number => host.data[i + 81 * (j + 81 * k)]!;

  test('keeps the vessel that runs through it as bright as it was', () => {
    const placed = placeNodule(
      host,
      patch({ hu: 20 }),
      { centre: indexToWorld(host, [middle, middle, 25]), diameterMm: 14 },
      { seed: 1, lung },
    );
    const size = sizeOf(placed);
    for (let k = placed.box.min[2]; k < placed.box.max[2]; k++)
      expect(abs(atVoxel(placed, size, middle, middle, k) - 40)).toBeLessThan(30);
  });

  test('ends at the wall and leaves no dark line before it', () => {
    const placed = placeNodule(
      host,
      patch(),
      { centre: indexToWorld(host, [57, middle, 25]), diameterMm: 14 },
      { seed: 1, lung },
    );
    const size = sizeOf(placed);
    for (let i = 62; i < placed.box.max[0]; i++)
      expect(atVoxel(placed, size, i, middle, 25)).toBe(before(i, middle, 25));
    for (let i = 54; i <= 60; i++) expect(atVoxel(placed, size, i, middle, 25)).toBeGreaterThan(-200);
  });
});

describe("a nodule's texture", () => {
  const host = lungHost([90, 90, 50], [0.7, 0.7, 1], 16);
  const core = (placed: PlacedNodule) => {
    const size = sizeOf(placed);
    const inner = coreOf(size, host.spacing, placed.footprint, 3);
    return noisePower(
      { size, spacing: host.spacing, data: placed.hu },
      { min: [0, 0, 0], max: size },
      inner,
    )!;
  };

  test("is the host's noise, as strong and of the same spectrum", () => {
    const inside = core(placeNodule(host, patch(), { centre: middleOf(host), diameterMm: 26 }, { seed: 3 }));
    const own = noisePower(host, { min: [10, 10, 10], max: [80, 80, 40] })!;
    for (const [low, high] of [
      [0.3, 0.5],
      [0.5, 0.7],
    ] as const) {
      const ratio = bandPower(inside, low, high) / bandPower(own, low, high);
      expect(ratio).toBeGreaterThan(0.6);
      expect(ratio).toBeLessThan(1.7);
    }
  });

  test('does not keep the fine grain that the generator drew', () => {
    const place = { centre: middleOf(host), diameterMm: 26 };
    const smooth = core(placeNodule(host, patch(), place, { seed: 3 }));
    const grainy = core(placeNodule(host, patch({ grain: 60 }), place, { seed: 3 }));
    expect(bandPower(grainy, 0.3, 0.7) / bandPower(smooth, 0.3, 0.7)).toBeLessThan(1.5);
  });

  test('is the same for the same seed, another for another', () => {
    const place = { centre: middleOf(host), diameterMm: 12 };
    const one = placeNodule(host, patch(), place, { seed: 3 });
    expect(placeNodule(host, patch(), place, { seed: 3 })).toEqual(one);
    expect([...placeNodule(host, patch(), place, { seed: 4 }).hu]).not.toEqual([...one.hu]);
  });
});

describe('overlapping slices', () => {
  test('blur a nodule along the body as their thickness does', () => {
    const thin = lungHost([60, 60, 60], [0.7, 0.7, 0.7], 0);
    const thick = { ...thin, sliceThicknessMm: 2.8 };
    const steepest = (host: CtVolume): number => {
      const placed = placeNodule(host, patch(), { centre: middleOf(host), diameterMm: 12 }, { seed: 1 });
      const size = sizeOf(placed);
      let step = 0;
      for (let k = placed.box.min[2]; k + 1 < placed.box.max[2]; k++)
        step = max(step, abs(atVoxel(placed, size, 29, 29, k + 1) - atVoxel(placed, size, 29, 29, k)));
      return step;
    };
    expect(steepest(thick)).toBeLessThan(0.7 * steepest(thin));
  });
});
