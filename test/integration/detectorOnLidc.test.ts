import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { auc } from '../../server/src/evaluation/auc.ts';
import { boxSize } from '../../server/src/lidc/boxMask.ts';
import { largestInPlaneDiameter } from '../../server/src/lidc/diameter.ts';
import { openDetector, type Detector } from '../../server/src/networks/detector.ts';
import { Random } from '../../server/src/nn/random.ts';
import { indexToWorld, type Vec3 } from '../../server/src/volume/ctVolume.ts';
import { testWithLidc } from '../support/lidcData.ts';
import { readPatient } from '../support/lidcPatient.ts';

let detector: Detector | undefined;
afterAll(() => detector?.release());

testWithLidc(
  ['LIDC-IDRI-0001', 'LIDC-IDRI-0003', 'LIDC-IDRI-0004', 'LIDC-IDRI-0006'],
  'the shipped detector tells the readers’ nodules from other places of four CTs that it was not trained on',
  async (...dirs) => {
    detector = await openDetector(join(import.meta.dirname, '../../models/detector-32'), onnxCpuEngine());
    const scores: number[] = [];
    const labels: boolean[] = [];
    for (const dir of dirs) {
      const { ct, nodules } = readPatient(dir);
      const { volume } = ct;
      const { mask, box } = lungMask(volume);
      const rated = nodules.filter(({ characteristics }) => characteristics !== null);
      for (const [number, nodule] of rated.entries()) {
        const shape = { size: boxSize(nodule.mask.box), spacing: volume.spacing };
        const diameterMm = largestInPlaneDiameter(shape, nodule.mask.bits);
        scores.push(await detector.score(volume, nodule.centre, diameterMm));
        labels.push(true);
        const random = Random.of('lung', dir.slice(-4), number);
        for (let places = 0; places < 10;) {
          const index = ([0, 1, 2] as const).map(
            (axis) => box.min[axis] + random.integer(box.max[axis] - box.min[axis]),
          ) as unknown as Vec3;
          const [i, j, k] = index;
          if (mask[i + volume.size[0] * (j + volume.size[1] * k)] === 0) continue;
          const place = indexToWorld(volume, index);
          const clear = rated.every(
            ({ centre }) => Math.hypot(place[0] - centre[0], place[1] - centre[1], place[2] - centre[2]) > 30,
          );
          if (!clear) continue;
          scores.push(await detector.score(volume, place, diameterMm));
          labels.push(false);
          places++;
        }
      }
    }
    expect(labels.filter(Boolean)).toHaveLength(10);
    expect(auc(scores, labels)).toBeGreaterThan(0.9);
  },
  240_000,
);
