/** Made-up nodules for tests of the experiment with classifiers: patients of both folds, patches of 8³ voxels. */
import { tailOf } from '../../server/src/dataset/augmentation/warp.ts';
import type { Lesions, RealLesion } from '../../server/src/services/classification/lesions.ts';
import { Random } from '../../server/src/nn/random.ts';

export const LESION_SIZE = 8;

/** `patients` patients with two nodules each; every third is malignant, every fourth patient is of the test fold. */
export function madeNodules(patients: number): RealLesion[] {
  return Array.from({ length: 2 * patients }, (_, i): RealLesion => {
    const patient = i >> 1;
    return {
      id: `patient ${patient}/${i % 2}`,
      patient: `patient ${patient}`,
      malignant: i % 3 === 0,
      diameterMm: 5 + (i % 11),
      texture: 1 + (i % 5),
      fold: patient % 4 === 0 ? 'test' : 'train',
      index: i,
      at: i,
    };
  });
}

/** Two ellipsoids for each, and as many samples of each class; no two voxels are alike. */
export function madeLesions(real: readonly RealLesion[], samples: number): Lesions {
  const cube = LESION_SIZE ** 3;
  const count = 3 * real.length + 2 * samples;
  const voxels = new Float32Array(new SharedArrayBuffer(4 * (count * cube + tailOf(LESION_SIZE))));
  const random = Random.of('made lesions');
  for (let i = 0; i < count * cube; i++) voxels[i] = random.uniform();
  return {
    size: LESION_SIZE,
    voxels,
    real,
    ellipsoids: real.flatMap(({ id, malignant, diameterMm }, i) =>
      [0, 1].map((round) => ({ at: real.length + 2 * i + round, malignant, diameterMm, of: id })),
    ),
    synthetic: Array.from({ length: 2 * samples }, (_, i) => ({
      at: 3 * real.length + i,
      malignant: i < samples,
      diameterMm: 6 + (i % 7),
    })),
  };
}
