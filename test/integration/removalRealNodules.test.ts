import { expect } from '@jest/globals';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import type { LungAnatomy } from '../../server/src/anatomy/lungMask.ts';
import { removeNodule } from '../../server/src/insertion/removeNodule.ts';
import { volumeEquivalentDiameter } from '../../server/src/lidc/diameter.ts';
import { Random } from '../../server/src/nn/random.ts';
import { wireNodule } from '../../server/src/services/importing/nodules.ts';
import { noduleRegion } from '../../server/src/services/removal/noduleRegion.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { worldToIndex } from '../../server/src/volume/ctVolume.ts';
import type { LidcDataName } from '../support/lidcData.ts';
import { testWithLidc } from '../support/lidcData.ts';
import { readPatient } from '../support/lidcPatient.ts';

// Bound once: in Jest's VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, max, min, sqrt } = Math;

/** What a blob detector sees: mean HU in a ball less that in the shell around it, in the lung only. */
function blob(
  host: CtVolume,
  data: Int16Array,
  { mask }: LungAnatomy,
  centre: Vec3,
  radiusMm: number,
): number {
  const [nx, ny] = host.size;
  const reach = host.spacing.map((mm) => ceil((1.8 * radiusMm) / mm));
  const sums = [0, 0];
  const counts = [0, 0];
  const low = (a: 0 | 1 | 2): number => max(0, centre[a] - reach[a]!);
  const high = (a: 0 | 1 | 2): number => min(host.size[a] - 1, centre[a] + reach[a]!);
  for (let k = low(2); k <= high(2); k++)
    for (let j = low(1); j <= high(1); j++)
      for (let i = low(0); i <= high(0); i++) {
        const at = i + nx * (j + ny * k);
        if (mask[at] === 0) continue;
        const x = (i - centre[0]) * host.spacing[0];
        const y = (j - centre[1]) * host.spacing[1];
        const z = (k - centre[2]) * host.spacing[2];
        const mm = sqrt(x * x + y * y + z * z);
        if (mm >= 1.8 * radiusMm) continue;
        const zone = mm < radiusMm ? 0 : 1;
        sums[zone]! += data[at]!;
        counts[zone]!++;
      }
  return sums[0]! / counts[0]! - sums[1]! / counts[1]!;
}

/** The same at places of the lung drawn at random, ascending. */
function atRandomPlaces(host: CtVolume, lung: LungAnatomy, radiusMm: number): number[] {
  const random = Random.of('blob', radiusMm);
  const found: number[] = [];
  while (found.length < 100) {
    const at = [0, 1, 2].map((a) => {
      const [low, high] = [lung.box.min[a as 0], lung.box.max[a as 0]];
      return floor(low + random.uniform() * (high - low));
    }) as unknown as Vec3;
    if (lung.mask[at[0] + host.size[0] * (at[1] + host.size[1] * at[2])] !== 1) continue;
    const value = blob(host, host.data, lung, at, radiusMm);
    if (Number.isFinite(value)) found.push(value);
  }
  return found.sort((a, b) => a - b);
}

// Spiculated and on the pleura, 32 mm; small and calcified; ground glass and hanging on a vessel.
const PATIENTS: readonly (readonly [LidcDataName, number])[] = [
  ['LIDC-IDRI-0001', 1],
  ['LIDC-IDRI-0004', 1],
  ['LIDC-IDRI-0006', 4],
];

for (const [name, count] of PATIENTS)
  testWithLidc(
    [name],
    `${name}: where its ${count === 1 ? 'nodule was' : `${count} nodules were`} removed, a blob detector sees what it sees at any place of the lung`,
    (dir) => {
      const { ct, nodules } = readPatient(dir);
      const host = ct.volume;
      const lung = lungMask(host);
      expect(nodules).toHaveLength(count);
      // A derived series has other slices: marks are read in the series that they were made in.
      expect(() => noduleRegion({ ...ct, seriesInstanceUID: '1.2.3' }, wireNodule(nodules[0]!, 1))).toThrow(
        /remove it in its own series/,
      );
      for (const [n, nodule] of nodules.entries()) {
        const region = noduleRegion(ct, wireNodule(nodule, n + 1));
        // All that any reader marked, not only what half of them did.
        const marked = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);
        expect(marked(region.mask)).toBeGreaterThanOrEqual(marked(nodule.mask.bits));
        const { box, hu, alpha, checks, measured } = removeNodule(host, region, { seed: 1, lung });
        const after = host.data.slice();
        const slice = host.size[0] * host.size[1];
        let at = 0;
        let touchedOutside = 0;
        for (let k = box.min[2]; k < box.max[2]; k++)
          for (let j = box.min[1]; j < box.max[1]; j++)
            for (let i = box.min[0]; i < box.max[0]; i++, at++) {
              const voxel = i + host.size[0] * j + slice * k;
              if (alpha[at] === 0 && hu[at] !== host.data[voxel]) touchedOutside++;
              after[voxel] = hu[at]!;
            }
        expect(touchedOutside).toBe(0);

        const radius = max(2.5, nodule.equivalentDiameterMm / 2);
        const centre = worldToIndex(host, nodule.centre).map(Math.round) as unknown as Vec3;
        const elsewhere = atRandomPlaces(host, lung, radius);
        const [low, high] = [elsewhere[2]!, elsewhere[97]!];
        const before = blob(host, host.data, lung, centre, radius);
        const now = blob(host, after, lung, centre, radius);
        expect(before).toBeGreaterThan(high);
        expect(now).toBeGreaterThan(low);
        expect(now).toBeLessThan(high);

        expect(checks.filter(({ verdict }) => verdict !== 'good')).toEqual([]);
        expect(measured.diameterMm).toBeGreaterThan(volumeEquivalentDiameter(host, nodule.mask.bits));
      }
    },
    120_000,
  );
