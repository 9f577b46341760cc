import { expect } from '@jest/globals';
import { GUARD_LABELS, PlacementSetting } from '@nodulelab/contract';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import { pleuralDistanceMm } from '../../server/src/anatomy/pleura.ts';
import { guardMap } from '../../server/src/insertion/guardMap.ts';
import { checkPlacement, proposePlace } from '../../server/src/insertion/placement.ts';
import { Random } from '../../server/src/nn/random.ts';
import { indexToWorld, worldToIndex } from '../../server/src/volume/ctVolume.ts';
import type { LidcDataName } from '../support/lidcData.ts';
import { testWithLidc } from '../support/lidcData.ts';
import { readPatient } from '../support/lidcPatient.ts';

// Patient; how many nodules; how many of them are ground glass at their middle, where another nodule could go.
const PATIENTS: readonly (readonly [LidcDataName, number, number])[] = [
  ['LIDC-IDRI-0001', 1, 0],
  ['LIDC-IDRI-0003', 4, 1],
  ['LIDC-IDRI-0004', 1, 0],
  ['LIDC-IDRI-0006', 4, 0],
];

for (const [name, nodules, groundGlass] of PATIENTS)
  testWithLidc(
    [name],
    `${name}: real nodules lie in the lung and are no vessels, the map agrees with the guard, and each setting has a place`,
    (dir) => {
      const { ct, nodules: found } = readPatient(dir);
      const host = ct.volume;
      const lung = lungMask(host);

      expect(found).toHaveLength(nodules);
      const placements = found.map(({ centre, diameterMm }) => {
        const [i, j, k] = worldToIndex(host, centre).map(Math.round) as [number, number, number];
        const at = i + host.size[0] * (j + host.size[1] * k);
        expect([lung.mask[at], lung.vessel[at], lung.airway[at]]).toEqual([1, 0, 0]);
        return checkPlacement(host, lung, centre, Math.max(3, diameterMm));
      });
      const refused = placements.filter((placement) => !placement.allowed);
      expect(refused.map(({ reason }) => reason)).toEqual(refused.map(() => 'no-room'));
      expect(refused).toHaveLength(nodules - groundGlass);

      const voxelMl = (host.spacing[0] * host.spacing[1] * host.spacing[2]) / 1000;
      const vesselMl = lung.vessel.reduce((sum, value) => sum + value, 0) * voxelMl;
      expect(vesselMl).toBeGreaterThan(2);
      expect(vesselMl).toBeLessThan(40);

      const random = Random.of(name);
      for (const setting of PlacementSetting.options) {
        const map = guardMap(host, lung, 10, setting);
        const [nx, ny] = map.size;
        for (const label of [GUARD_LABELS.allowed, GUARD_LABELS['other-setting'], GUARD_LABELS.vessel]) {
          const voxels = [...map.labels.keys()].filter((at) => map.labels[at] === label);
          expect(voxels.length).toBeGreaterThan(100);
          for (let n = 0; n < 25; n++) {
            const at = voxels[random.integer(voxels.length)]!;
            const point = indexToWorld(map, [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))]);
            const placement = checkPlacement(host, lung, point, 10, setting);
            expect(placement.allowed).toBe(label === GUARD_LABELS.allowed);
          }
        }
        const place = proposePlace(host, lung, 10, () => random.uniform(), setting);
        expect(place.setting).toBe(setting);
        const toPleura = pleuralDistanceMm(host, lung, place.centre);
        if (setting === 'juxta-pleural') expect(toPleura).toBeLessThan(8);
        else expect(toPleura).toBeGreaterThan(4);
      }
    },
    120_000,
  );
