import { beforeAll, describe, expect, test } from '@jest/globals';
import type { LungAnatomy } from '../../server/src/anatomy/lungMask.ts';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import { pleuralDistanceMm } from '../../server/src/anatomy/pleura.ts';
import { checkPlacement } from '../../server/src/insertion/placement.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { worldToIndex } from '../../server/src/volume/ctVolume.ts';
import { LUNG, ball, thoraxScene, tube } from '../support/thoraxScene.ts';

const voxelAt = (volume: CtVolume, point: Vec3): number => {
  const [i, j, k] = worldToIndex(volume, point).map(Math.round) as [number, number, number];
  return i + volume.size[0] * (j + volume.size[1] * k);
};
const ELLIPSOID_ML = ((4 / 3) * Math.PI * LUNG.halfWidth * LUNG.halfDepth * LUNG.halfHeight) / 1000;

describe('in a thorax of known solids', () => {
  const notch: Vec3 = [-118, 0, 0];
  const mass: Vec3 = [118, 10, 20];
  const volume = thoraxScene({
    solids: [
      // A hilar vessel of 9 mm that goes on at 3 mm and ends in a nodule; another such vessel that starts in the lung.
      tube([25, 25, -5], [75, 25, -10], 4.5),
      tube([75, 25, -10], [100, 25, -10], 1.5),
      ball([104, 25, -10], 6),
      tube([-50, 20, -40], [-92, 5, 28], 3.5),
      tube([-60, -10, 40], [-100, -10, 20], 1.5),
      ball([70, -35, 20], 6),
      // A flat mass of 12 × 30 × 30 mm.
      ...[-9, -3, 3, 9].flatMap((y) => [tube([64, 40 + y, 30], [82, 40 + y, 30], 6)]),
      ball(notch, 5),
      ball(mass, 15),
    ],
  });
  let lung: LungAnatomy;
  beforeAll(() => {
    lung = lungMask(volume);
  });
  const is = (mask: Uint8Array, point: Vec3): boolean => mask[voxelAt(volume, point)] === 1;

  test('the lungs have the volume of their ellipsoids', () => {
    expect(lung.volumeMl / (2 * ELLIPSOID_ML)).toBeGreaterThan(0.97);
    expect(lung.volumeMl / (2 * ELLIPSOID_ML)).toBeLessThan(1.03);
  });

  test.each<[string, Vec3]>([
    ['trachea', [0, 10, 60]],
    ['right main bronchus', [-20, 10, -6]],
    ['left main bronchus', [20, 10, -6]],
    ['bronchus of 7 mm in the right lung', [-45, 10, -18]],
    ['end of that in the left lung', [58, 10, -23]],
  ])('the airway reaches the %s, which is no lung', (_, point) => {
    expect(is(lung.airway, point)).toBe(true);
    expect(is(lung.mask, point)).toBe(false);
    expect(checkPlacement(volume, lung, point, 6)).toMatchObject({ allowed: false, reason: 'airway' });
  });

  test('the airway does not leak into the lung', () => {
    const ml = (lung.airway.reduce((sum, value) => sum + value, 0) * 4.5) / 1000;
    expect(ml).toBeGreaterThan(21);
    expect(ml).toBeLessThan(30);
  });

  test.each<[string, Vec3]>([
    ['near the hilum', [50, 25, -7]],
    ['at its end', [70, 25, -9]],
    ['that is a long tube away from the hilum', [-81.5, 8.8, 11]],
  ])('a vessel of 7 to 9 mm is large %s', (_, point) => {
    expect(is(lung.vessel, point)).toBe(true);
    expect(checkPlacement(volume, lung, point, 6)).toMatchObject({ allowed: false, reason: 'vessel' });
  });

  test.each<[string, Vec3]>([
    ['vessel of 3 mm', [85, 25, -10]],
    ['nodule that hangs on it', [104, 25, -10]],
    ['nodule in free lung', [70, -35, 20]],
    ['flat mass', [73, 40, 30]],
    ['nodule on the pleura', [-114, 0, 0]],
  ])('a %s is no large vessel, and belongs to the lung', (_, point) => {
    expect(volume.data[voxelAt(volume, point)]).toBeGreaterThan(-100);
    expect(is(lung.vessel, point)).toBe(false);
    expect(is(lung.mask, point)).toBe(true);
  });

  test.each<[string, Vec3, number]>([
    ['a nodule on a vessel', [104, 25, -10], 12],
    ['a nodule in free lung', [70, -35, 20], 12],
    ['a flat mass', [73, 40, 30], 20],
  ])('%s leaves no room for another', (_, point, diameterMm) => {
    expect(checkPlacement(volume, lung, point, diameterMm)).toMatchObject({
      allowed: false,
      reason: 'no-room',
    });
  });

  test('a mass of 30 mm on the pleura, which closing misses, is outside the lung; a place beside it is offered', () => {
    const inMass: Vec3 = [mass[0] - 8, mass[1], mass[2]];
    const placement = checkPlacement(volume, lung, inMass, 8);
    expect(placement).toMatchObject({
      allowed: false,
      reason: expect.stringMatching(/outside-lung|no-room/),
    });
    if (placement.allowed || !placement.nearestAllowed) throw new Error('a nearest place was expected');
    expect(Math.hypot(...placement.nearestAllowed.map((mm, n) => mm - inMass[n]!))).toBeLessThan(25);
  });

  test.each<[string, Vec3, number]>([
    ['the costal pleura', [-100, 0, 10], 20 - 0.6],
    ['the mediastinal pleura', [30, -5, 0], 10],
    ['the diaphragm', [70, 0, -60], 10],
  ])('the distance to %s is right to a voxel', (_, point, mm) => {
    expect(Math.abs(pleuralDistanceMm(volume, lung, point) - mm)).toBeLessThan(2);
  });

  test('the distance to the pleura is 0 outside the lung', () => {
    expect(pleuralDistanceMm(volume, lung, [0, -60, 0])).toBe(0);
    expect(pleuralDistanceMm(volume, lung, [0, 0, 900])).toBe(0);
  });
});

describe('lungs are found', () => {
  test('where there is one lung only', () => {
    const lung = lungMask(thoraxScene({ lungs: 'left' }));
    expect(lung.volumeMl / ELLIPSOID_ML).toBeGreaterThan(0.97);
    expect(lung.volumeMl / ELLIPSOID_ML).toBeLessThan(1.03);
  });

  test('where the scan ends in the middle of them, above or below, without a carina', () => {
    const lung = lungMask(thoraxScene({ topZ: 0 }));
    expect(lung.volumeMl / ELLIPSOID_ML).toBeGreaterThan(0.95);
    expect(lung.volumeMl / ELLIPSOID_ML).toBeLessThan(1.08);
  });

  test('where no airway is seen: then no vessel of the hilum is known either, and is refused for want of room', () => {
    const volume = thoraxScene({ airways: false, solids: [tube([25, 25, -5], [45, 25, -10], 4.5)] });
    const lung = lungMask(volume);
    expect(lung.airway.includes(1)).toBe(false);
    expect(lung.volumeMl / (2 * ELLIPSOID_ML)).toBeGreaterThan(0.97);
    expect(checkPlacement(volume, lung, [38, 25, -8], 6)).toMatchObject({ allowed: false });
  });

  test('where arms lie beside the chest and a consolidation fills a third of a lung', () => {
    const arms = [-1, 1].map((side) => tube([side * 128, 40, -87], [side * 128, 40, 87], 14));
    const consolidated = ball([70, 30, -40], 32, 20);
    const lung = lungMask(thoraxScene({ solids: [...arms, consolidated] }));
    expect(lung.volumeMl / (2 * ELLIPSOID_ML)).toBeGreaterThan(0.8);
    expect(lung.volumeMl / (2 * ELLIPSOID_ML)).toBeLessThan(1.01);
  });
});
