import { beforeAll, describe, expect, test } from '@jest/globals';
import type { LungAnatomy } from '../../server/src/anatomy/lungMask.ts';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import type { Insertion } from '../../server/src/insertion/insertNodule.ts';
import { removeNodule } from '../../server/src/insertion/removeNodule.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';
import { deepPlace, healthyThorax, plant, voxelOf } from '../support/plantedNodules.ts';

/** Mean and spread of the aerated voxels, and of their second differences along the rows: level and noise. */
function lungOf(values: readonly number[][]): { meanHu: number; noiseHu: number; brightShare: number } {
  const all = values.flat();
  const aerated = all.filter((hu) => hu < -600);
  const differences = values
    .flatMap((row) => row.slice(2).map((hu, n) => Math.abs(hu - 2 * row[n + 1]! + row[n]!)))
    .sort((a, b) => a - b);
  return {
    meanHu: aerated.reduce((sum, hu) => sum + hu, 0) / aerated.length,
    noiseHu: differences[differences.length >> 1]! / 1.65,
    brightShare: 1 - aerated.length / all.length,
  };
}

/** Runs of refilled voxels along the rows, as `data` has them. */
function refilledRows({ box, footprint }: Insertion, host: CtVolume, data: Int16Array): number[][] {
  const rows: number[][] = [];
  let at = 0;
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let j = box.min[1]; j < box.max[1]; j++) {
      const row: number[] = [];
      for (let i = box.min[0]; i < box.max[0]; i++, at++)
        if (footprint[at] === 1) row.push(data[voxelOf(host, [i, j, k])]!);
      if (row.length > 4) rows.push(row);
    }
  return rows;
}

function written(host: CtVolume, { box, hu }: Insertion): Int16Array {
  const data = host.data.slice();
  let at = 0;
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let j = box.min[1]; j < box.max[1]; j++)
      for (let i = box.min[0]; i < box.max[0]; i++) data[voxelOf(host, [i, j, k])] = hu[at++]!;
  return data;
}

describe('removing a nodule', () => {
  let healthy: CtVolume;
  let lung: LungAnatomy;
  beforeAll(() => {
    healthy = healthyThorax();
    lung = lungMask(healthy);
  });

  test.each([
    [6, 20],
    [12, 20],
    [20, 20],
    [12, -620],
  ])('of %s mm and %s HU leaves lung of the level and noise that the healthy twin has there', (mm, hu) => {
    const place = deepPlace(healthy, lung, mm / 2 + 9, mm);
    const { volume, region } = plant(healthy, place, mm, hu);
    const removal = removeNodule(volume, region, { seed: 1, lung });
    const truth = lungOf(refilledRows(removal, healthy, healthy.data));
    const nodule = lungOf(refilledRows(removal, healthy, volume.data));
    const after = lungOf(refilledRows(removal, healthy, written(volume, removal)));
    // The test would see a nodule that is still there.
    expect(nodule.brightShare > 0.15 || Math.abs(nodule.meanHu - truth.meanHu) > 60).toBe(true);
    // Within half a standard deviation of the lung's own voxels.
    expect(Math.abs(after.meanHu - truth.meanHu)).toBeLessThan(30);
    expect(after.noiseHu / truth.noiseHu).toBeGreaterThan(0.75);
    expect(after.noiseHu / truth.noiseHu).toBeLessThan(1.33);
    expect(after.brightShare).toBeLessThan(0.08);
    expect(removal.checks.filter(({ verdict }) => verdict === 'bad')).toEqual([]);
    expect(removal.measured.diameterMm).toBeGreaterThan(mm);
    expect(removal.measured.meanHu).toBeLessThan(-700);
  });

  test('changes no voxel where alpha is 0, and every voxel that a reader called nodule', () => {
    const place = deepPlace(healthy, lung, 15, 3);
    const { volume, region } = plant(healthy, place, 10);
    const removal = removeNodule(volume, region, { seed: 1, lung });
    const data = written(volume, removal);
    const { box, alpha } = removal;
    const [width, height] = [box.max[0] - box.min[0], box.max[1] - box.min[1]];
    let changed = 0;
    data.forEach((hu, voxel) => {
      if (hu === volume.data[voxel]) return;
      changed++;
      const i = (voxel % volume.size[0]) - box.min[0];
      const j = (Math.floor(voxel / volume.size[0]) % volume.size[1]) - box.min[1];
      const k = Math.floor(voxel / (volume.size[0] * volume.size[1])) - box.min[2];
      expect(alpha[i + width * (j + height * k)]).toBeGreaterThan(0);
    });
    expect(changed).toBeGreaterThan(500);
    let marked = 0;
    let at = 0;
    for (let k = region.box.min[2]; k < region.box.max[2]; k++)
      for (let j = region.box.min[1]; j < region.box.max[1]; j++)
        for (let i = region.box.min[0]; i < region.box.max[0]; i++)
          if (region.mask[at++] === 1) {
            marked++;
            const inBox = i - box.min[0] + width * (j - box.min[1] + height * (k - box.min[2]));
            expect(alpha[inBox]).toBe(255);
          }
    expect(marked).toBeGreaterThan(200);
  });

  test('pieces lung together where no single place is large enough, and keeps level and noise', () => {
    const place = deepPlace(healthy, lung, 20, 6);
    const { volume, region } = plant(healthy, place, 18);
    // Beyond the nodule's surroundings the lung is cut into slabs of 18 mm; the hole is wider than 22 mm.
    const slabs = lung.mask.map((value, voxel) => {
      const at = [voxel % 224, Math.floor(voxel / 224) % 224, Math.floor(voxel / 224 ** 2)] as const;
      const far = at.some((n, axis) => Math.abs(n - place[axis]!) * volume.spacing[axis]! > 18);
      return far && at[2] % 10 === 0 ? 0 : value;
    });
    const removal = removeNodule(volume, region, { seed: 1, lung: { ...lung, mask: slabs } });
    expect((removal.box.max[2] - removal.box.min[2] - 2) * volume.spacing[2]).toBeGreaterThan(22);
    const truth = lungOf(refilledRows(removal, healthy, healthy.data));
    const after = lungOf(refilledRows(removal, healthy, written(volume, removal)));
    expect(Math.abs(after.meanHu - truth.meanHu)).toBeLessThan(30);
    expect(after.noiseHu / truth.noiseHu).toBeGreaterThan(0.75);
    expect(after.noiseHu / truth.noiseHu).toBeLessThan(1.33);
    expect(after.brightShare).toBeLessThan(0.08);
  });

  test('gives the same voxels for the same seed, and other texture for another', () => {
    const { volume, region } = plant(healthy, deepPlace(healthy, lung, 14, 4), 8);
    const first = removeNodule(volume, region, { seed: 7, lung });
    expect(removeNodule(volume, region, { seed: 7, lung })).toEqual(first);
    const others = [1, 2, 3, 4, 5, 6].map((seed) => removeNodule(volume, region, { seed, lung }).hu);
    expect(others.some((hu) => hu.some((value, at) => value !== first.hu[at]))).toBe(true);
  });

  test('on the pleura leaves the chest wall as it was, and a pleura without a dent', () => {
    const place = pleuralPlace(healthy, lung);
    const { volume, region } = plant(healthy, place, 14);
    const anatomy = lungMask(volume);
    const data = written(volume, removeNodule(volume, region, { seed: 1, lung: anatomy }));
    let wall = 0;
    let wallChanged = 0;
    let nodule = 0;
    let noduleLeft = 0;
    for (let k = place[2] - 6; k <= place[2] + 6; k++)
      for (let j = place[1] - 12; j <= place[1] + 12; j++)
        for (let i = place[0] - 12; i <= place[0] + 12; i++) {
          const voxel = voxelOf(healthy, [i, j, k]);
          if (healthy.data[voxel]! > -200 && lung.mask[voxel] === 0) {
            wall++;
            if (Math.abs(data[voxel]! - volume.data[voxel]!) > 150) wallChanged++;
          }
          if (volume.data[voxel]! > -300 && healthy.data[voxel]! < -700) {
            nodule++;
            if (data[voxel]! > -300) noduleLeft++;
          }
        }
    expect(wall).toBeGreaterThan(300);
    expect(nodule).toBeGreaterThan(200);
    expect(wallChanged / wall).toBeLessThan(0.03);
    expect(noduleLeft / nodule).toBeLessThan(0.1);
  });

  test('is refused with the reason where the marked region is chest wall', () => {
    const place = pleuralPlace(healthy, lung);
    const towardsWall: Vec3 = [place[0] + (place[0] > healthy.size[0] / 2 ? 14 : -14), place[1], place[2]];
    const { volume, region } = plant(healthy, towardsWall, 12);
    expect(() => removeNodule(volume, region, { seed: 1, lung })).toThrow(NoduleLabError);
    expect(() => removeNodule(volume, region, { seed: 1, lung })).toThrow(/cannot be removed/);
  });

  test('is refused with the reason where a mass is wider than any nodule', () => {
    const { volume, region } = plant(healthy, deepPlace(healthy, lung, 12, 2), 60);
    expect(() => removeNodule(volume, region, { seed: 1, lung })).toThrow(/60 mm wide.*cannot be removed/);
  });

  test('is refused with the reason where the lungs hold nothing to refill it with', () => {
    const place = deepPlace(healthy, lung, 14, 2);
    const { volume, region } = plant(healthy, place, 10);
    // Of this lung only a shell about the nodule is left.
    const mask = lung.mask.map((value, voxel) => {
      const at = [voxel % 224, Math.floor(voxel / 224) % 224, Math.floor(voxel / 224 ** 2)];
      const mm = Math.hypot(...at.map((n, axis) => (n - place[axis]!) * volume.spacing[axis]!));
      return mm < 11 ? value : 0;
    });
    expect(() => removeNodule(volume, region, { seed: 1, lung: { ...lung, mask } })).toThrow(
      /no place whose texture.*cannot be removed/,
    );
  });

  test('is refused where the region is empty', () => {
    const box = { min: [100, 100, 40] as Vec3, max: [104, 104, 42] as Vec3 };
    expect(() => removeNodule(healthy, { box, mask: new Uint8Array(32) }, { seed: 1, lung })).toThrow(
      /no voxels/,
    );
  });
});

/** The outermost voxel of the lung on a row half way up, moved two voxels inwards. */
function pleuralPlace({ size }: CtVolume, lung: LungAnatomy): Vec3 {
  const k = Math.round((lung.box.min[2] + lung.box.max[2]) / 2);
  const j = Math.round((lung.box.min[1] + lung.box.max[1]) / 2);
  for (let i = size[0] - 1; i > 0; i--)
    if (lung.mask[i + size[0] * (j + size[1] * k)] === 1) return [i - 2, j, k];
  throw new Error('no lung on this row');
}
