import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import { readCtSeries } from '../../server/src/dicom/index.ts';
import { insertNodule } from '../../server/src/insertion/insertNodule.ts';
import { checkPlacement, proposePlace } from '../../server/src/insertion/placement.ts';
import { Random } from '../../server/src/nn/random.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { worldToIndex } from '../../server/src/volume/ctVolume.ts';
import type { LidcDataName } from '../support/lidcData.ts';
import { testWithLidc } from '../support/lidcData.ts';

/** The CT is the largest folder of images of a patient; SEG and SR lie in folders of one file. */
function readHost(dir: string): CtVolume {
  const paths = (readdirSync(dir, { recursive: true }) as string[]).filter((name) => name.endsWith('.dcm'));
  const folders = Map.groupBy(paths, (name) => dirname(name));
  const [images] = [...folders.values()].sort((a, b) => b.length - a.length);
  return readCtSeries(images!.map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(dir, name))) })))
    .volume;
}

/** A part-solid ball of 26 voxels in a 64³ patch. */
function partSolidPatch(): { data: Float32Array } {
  const data = new Float32Array(64 ** 3);
  for (let k = 0, at = 0; k < 64; k++)
    for (let j = 0; j < 64; j++)
      for (let i = 0; i < 64; i++, at++) {
        const distance = Math.hypot(i - 31.5, j - 31.5, k - 31.5);
        const halo = 1 / (1 + Math.exp((distance - 13) / 1.2));
        const core = 1 / (1 + Math.exp((distance - 8) / 1.2));
        data[at] = (130 + halo * 250 + core * 620) / 1400;
      }
  return { data };
}

// Centres of real nodules (LPS mm, from the readers' outlines) with lung around them.
const NODULES: readonly (readonly [LidcDataName, Vec3 | null, readonly [number, number]])[] = [
  ['LIDC-IDRI-0001', [56.2, 86.3, -115.9], [3300, 4200]],
  ['LIDC-IDRI-0003', [72.3, 76.9, -190.5], [5200, 6400]],
  ['LIDC-IDRI-0004', null, [3000, 3900]],
  ['LIDC-IDRI-0006', null, [4000, 5000]],
];

for (const [name, nodule, [lowMl, highMl]] of NODULES)
  testWithLidc(
    [name],
    `${name} has two lungs and an airway, and takes a nodule of 10 mm at a proposed place`,
    (dir) => {
      const host = readHost(dir);
      const lung = lungMask(host);
      expect(lung.volumeMl).toBeGreaterThan(lowMl);
      expect(lung.volumeMl).toBeLessThan(highMl);
      const voxelMl = (host.spacing[0] * host.spacing[1] * host.spacing[2]) / 1000;
      const airwayMl = lung.airway.reduce((sum, value) => sum + value, 0) * voxelMl;
      expect(airwayMl).toBeGreaterThan(8);
      expect(airwayMl).toBeLessThan(110);
      if (nodule !== null) {
        const [i, j, k] = worldToIndex(host, nodule).map(Math.round) as [number, number, number];
        expect(lung.mask[i + host.size[0] * (j + host.size[1] * k)]).toBe(1);
        // A place that is full already is refused.
        expect(checkPlacement(host, lung, nodule, 8)).toMatchObject({ allowed: false, reason: 'no-room' });
      }
      const random = Random.of(name);
      const { centre } = proposePlace(host, lung, 10, () => random.uniform());
      expect(checkPlacement(host, lung, centre, 10)).toMatchObject({ allowed: true });
      const { box, hu, alpha, checks } = insertNodule(
        host,
        partSolidPatch(),
        { centre, diameterMm: 10 },
        { seed: 1, lung },
      );
      expect(checks.map((check) => [check.name, check.verdict])).not.toContainEqual([
        expect.any(String),
        'bad',
      ]);
      expect(checks.find((check) => check.name === 'diameter')).toMatchObject({ verdict: 'good' });
      expect(alpha.some((value) => value > 200)).toBe(true);
      let at = 0;
      for (let k = box.min[2]; k < box.max[2]; k++)
        for (let j = box.min[1]; j < box.max[1]; j++)
          for (let i = box.min[0]; i < box.max[0]; i++, at++)
            if (alpha[at] === 0) expect(hu[at]).toBe(host.data[i + host.size[0] * (j + host.size[1] * k)]);
    },
    120_000,
  );
