import { beforeAll, describe, expect, test } from '@jest/globals';
import { GUARD_LABELS, PlacementSetting } from '@nodulelab/contract';
import type { LungAnatomy } from '../../server/src/anatomy/lungMask.ts';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import { pleuralDistanceMm } from '../../server/src/anatomy/pleura.ts';
import { guardMap } from '../../server/src/insertion/guardMap.ts';
import {
  checkPlacement,
  proposePlace,
  rankPlaces,
  requirePlacement,
} from '../../server/src/insertion/placement.ts';
import type { EarlierNodule } from '../../server/src/insertion/placement.ts';
import { Random } from '../../server/src/nn/random.ts';
import { SMALL_PHANTOM, makePhantom } from '../../server/src/phantom/phantom.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
import { ball, thoraxScene, tube } from '../support/thoraxScene.ts';

const SETTINGS = PlacementSetting.options;
const WANTED = [undefined, ...SETTINGS];

/** A branching tree of thin vessels on both sides, one thick vessel and a nodule. */
const scene = (): CtVolume =>
  thoraxScene({
    solids: [
      tube([25, 25, -5], [60, 25, -10], 4.5),
      ...[-1, 1].flatMap((side) =>
        [-30, 0, 30].map((y) => tube([side * 32, 10, 0], [side * 105, y, y / 2 + 10], 1.8)),
      ),
      ball([70, -40, 20], 6),
    ],
  });

describe.each<[string, () => CtVolume]>([
  ['the phantom', () => makePhantom({ ...SMALL_PHANTOM, seed: 5 }).volume],
  ['a thorax of known solids', scene],
])('the guard in %s', (_, make) => {
  let volume: CtVolume;
  let lung: LungAnatomy;
  beforeAll(() => {
    volume = make();
    lung = lungMask(volume);
  });
  const propose = (
    diameterMm: number,
    setting: PlacementSetting | undefined,
    seed: number,
    earlier?: readonly EarlierNodule[],
  ) => {
    const random = Random.of('guard', seed);
    return proposePlace(volume, lung, diameterMm, () => random.uniform(), setting, earlier);
  };

  test.each(WANTED)('maps as allowed exactly where it allows a place (wanted setting: %s)', (setting) => {
    const random = Random.of('voxels', setting ?? 'any');
    for (const diameterMm of [6, 16]) {
      const map = guardMap(volume, lung, diameterMm, setting);
      const [nx, ny] = map.size;
      const ofLabel = new Map<number, number[]>();
      map.labels.forEach((label, at) => {
        // Most voxels lie outside: a few of those are enough.
        if (label === GUARD_LABELS.outside && at % 101 !== 0) return;
        const voxels = ofLabel.get(label) ?? [];
        if (voxels.length === 0) ofLabel.set(label, voxels);
        voxels.push(at);
      });
      expect(ofLabel.get(GUARD_LABELS.allowed)!.length).toBeGreaterThan(10);
      for (const [label, voxels] of ofLabel)
        for (let n = 0; n < 8; n++) {
          const at = voxels[random.integer(voxels.length)]!;
          // Any point of the voxel, not only its middle.
          const inside = (): number => 0.98 * (random.uniform() - 0.5);
          const point = indexToWorld(map, [
            (at % nx) + inside(),
            (Math.floor(at / nx) % ny) + inside(),
            Math.floor(at / (nx * ny)) + inside(),
          ]);
          const placement = checkPlacement(volume, lung, point, diameterMm, setting);
          expect([label, placement.allowed]).toEqual([label, label === GUARD_LABELS.allowed]);
          if (!placement.allowed && (label === 3 || label >= 4))
            expect(GUARD_LABELS[placement.reason as 'airway']).toBe(label);
        }
    }
  });

  test('offers the nearest of all places that its map allows', () => {
    for (const setting of ['parenchyma', undefined] as const) {
      const map = guardMap(volume, lung, 10, setting);
      for (const from of [
        [0, 10, 30],
        [-100, 20, 10],
      ] as const satisfies Vec3[]) {
        const placement = checkPlacement(volume, lung, from, 10, setting);
        if (placement.allowed) continue;
        const distance = (point: Vec3): number => Math.hypot(...point.map((mm, n) => mm - from[n]!));
        let nearest = Infinity;
        map.labels.forEach((label, at) => {
          if (label !== GUARD_LABELS.allowed) return;
          const [nx, ny] = map.size;
          const point = indexToWorld(map, [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))]);
          nearest = Math.min(nearest, distance(point));
        });
        expect(distance(placement.nearestAllowed!)).toBeCloseTo(nearest, 3);
        const found = requirePlacement(volume, lung, placement.nearestAllowed!, 10, setting);
        expect(setting === undefined ? SETTINGS : [setting]).toContain(found);
      }
    }
  });

  test.each(SETTINGS)('proposes %s places that have that setting, each seed its own', (setting) => {
    const places = [1, 2, 3, 4].flatMap((seed) =>
      [5, 14].map((diameterMm) => ({ diameterMm, place: propose(diameterMm, setting, seed) })),
    );
    for (const { diameterMm, place } of places) {
      expect(place.setting).toBe(setting);
      expect(requirePlacement(volume, lung, place.centre, diameterMm, setting)).toBe(setting);
    }
    expect(propose(9, setting, 2)).toEqual(propose(9, setting, 2));
    expect(new Set(places.map(({ place }) => place.centre.join())).size).toBeGreaterThan(6);
  });

  test.each(SETTINGS)('ranks %s places best first, all allowed together, the same each time', (setting) => {
    for (const diameterMm of [6, 12]) {
      const places = rankPlaces(volume, lung, diameterMm, 8, setting);
      expect(places.length).toBeGreaterThan(2);
      expect(rankPlaces(volume, lung, diameterMm, 8, setting)).toEqual(places);
      const scores = places.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      expect(scores[0]).toBeGreaterThan(0.5);
      for (const [n, { centre, clearanceMm }] of places.entries()) {
        expect(requirePlacement(volume, lung, centre, diameterMm, setting)).toBe(setting);
        for (const other of places.slice(0, n))
          expect(Math.hypot(...centre.map((mm, axis) => mm - other.centre[axis]!))).toBeGreaterThanOrEqual(
            diameterMm,
          );
        // What the setting means, measured apart from the guard: on the pleura, off it, on a vessel.
        const [pleura, vessel] = [clearanceMm.pleura!, clearanceMm.vessel!];
        if (setting === 'juxta-pleural') expect(pleura).toBeLessThan(1);
        else expect(pleura).toBeGreaterThan(-1);
        if (setting === 'vessel-attached') expect(vessel).toBeLessThan(0);
      }
    }
  });

  test('without a wish every kind of place is among the ranked ones, fewer where there is little room', () => {
    const places = rankPlaces(volume, lung, 8, 9);
    expect(places).toHaveLength(9);
    expect(new Set(places.map(({ setting }) => setting))).toEqual(new Set(SETTINGS));
    const [first] = places;
    const clear = rankPlaces(volume, lung, 8, 9, undefined, [{ centre: first!.centre, diameterMm: 20 }]);
    for (const { centre } of clear)
      expect(Math.hypot(...centre.map((mm, axis) => mm - first!.centre[axis]!))).toBeGreaterThan(14);
    const large = rankPlaces(volume, lung, 48, 12);
    expect(large.length).toBeGreaterThan(1);
    expect(large.length).toBeLessThan(12);
    expect(() => rankPlaces(volume, lung, 190, 1)).toThrow(/No place in this lung takes a nodule of 190 mm/);
  });

  test('further nodules keep clear of earlier ones, until no room is left and the refusal says so', () => {
    const apart = (a: Vec3, b: Vec3): number => Math.hypot(...a.map((mm, n) => mm - b[n]!));
    const earlier: EarlierNodule[] = [];
    const fill = (): void => {
      // The same seed: without the earlier ones it would be the same place each time.
      for (;;) earlier.push({ ...propose(48, undefined, 3, earlier), diameterMm: 48 });
    };
    expect(fill).toThrow(/No place in this lung takes a nodule of 48 mm clear of those inserted before/);
    expect(earlier.length).toBeGreaterThanOrEqual(2);
    for (const [n, { centre }] of earlier.entries())
      for (const other of earlier.slice(0, n)) expect(apart(centre, other.centre)).toBeGreaterThan(70);
  });

  test('a pleural place touches the pleura with most of the nodule in the lung, another one does not touch it', () => {
    const voxel = Math.max(...lung.depth.spacing);
    for (const seed of [1, 2, 3, 4]) {
      const pleural = propose(12, 'juxta-pleural', seed).centre;
      const placement = checkPlacement(volume, lung, pleural, 12);
      expect(pleuralDistanceMm(volume, lung, pleural)).toBeLessThan(6 + voxel);
      expect(placement.allowed && placement.lungShare).toBeGreaterThan(0.5);
      expect(pleuralDistanceMm(volume, lung, propose(12, undefined, seed).centre)).toBeGreaterThan(6);
    }
  });

  test('a place of another setting is refused by name, with one of the wanted setting', () => {
    const { centre } = propose(10, 'parenchyma', 1);
    const placement = checkPlacement(volume, lung, centre, 10, 'juxta-pleural');
    expect(placement).toMatchObject({ allowed: false, reason: 'other-setting' });
    if (placement.allowed) throw new Error('a refusal was expected');
    expect(placement.message).toMatch(/would be parenchyma, not juxta-pleural/);
    expect(requirePlacement(volume, lung, placement.nearestAllowed!, 10, 'juxta-pleural')).toBe(
      'juxta-pleural',
    );
  });

  test('a nodule that is larger than the lung has no place, and the refusal says so', () => {
    expect(() => propose(190, undefined, 1)).toThrow(/No place in this lung takes a nodule of 190 mm/);
    expect(guardMap(volume, lung, 190).allowedMl).toBe(0);
    expect(() => requirePlacement(volume, lung, lung.depth.origin, 190, 'parenchyma')).toThrow(
      /No parenchyma place in this lung fits; ask for a smaller nodule or another setting/,
    );
  });
});

describe('settings', () => {
  const volume = scene();
  let lung: LungAnatomy;
  beforeAll(() => {
    lung = lungMask(volume);
  });

  test.each<[string, Vec3, string]>([
    ['beside a thin vessel', [68.5, 22.5, 12.5], 'vessel-attached'],
    ['in clear lung', [-70, -45, -20], 'parenchyma'],
    ['at the chest wall', [-116, 0, 0], 'juxta-pleural'],
    ['at the mediastinum', [24, -5, 10], 'juxta-pleural'],
  ])('a nodule of 8 mm %s is seen as what it is', (_, point, setting) => {
    expect(checkPlacement(volume, lung, point, 8)).toMatchObject({ allowed: true, setting });
  });

  test('all reasons show in the map of this thorax', () => {
    const labels = new Set(guardMap(volume, lung, 8, 'parenchyma').labels);
    expect([...labels].sort()).toEqual(Object.values(GUARD_LABELS).sort());
  });
});
