/** A small set of patches as `nodulelab dataset build` leaves it: soft balls of different sizes. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE, manifestSchema } from '../../server/src/dataset/manifest.ts';
import { assignmentHash } from '../../server/src/dataset/split.ts';

const SIZE = 64;

/** size³ values in [0, 1]: bright within a radius that differs from ball to ball. */
function ball(index: number, count: number): Float32Array {
  const radius = SIZE * (0.12 + (0.2 * index) / count);
  const centre = (SIZE - 1) / 2;
  const values = new Float32Array(SIZE ** 3);
  let i = 0;
  for (let z = 0; z < SIZE; z++)
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++)
        values[i++] =
          0.1 + 0.7 / (1 + Math.exp((Math.hypot(x - centre, y - centre, z - centre) - radius) / 2));
  return values;
}

/**
 * Writes `count` patches and their manifest to the folder `dir`.
 *
 * @param patchOf values of a patch, 64³ in [0, 1], x fastest
 */
export async function writePatchSet(
  dir: string,
  count: number,
  patchOf: (index: number, count: number) => Float32Array = ball,
): Promise<void> {
  const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
  const patches = Buffer.concat(
    Array.from({ length: count }, (_, index) => Buffer.from(patchOf(index, count).buffer as ArrayBuffer)),
  );
  const characteristics = {
    ...{ subtlety: 3, internalStructure: 1, calcification: 6, sphericity: 5, margin: 4 },
    ...{ lobulation: 1, spiculation: 1, texture: 5, malignancy: 3 },
  };
  const counts = { malignant: 0, benign: 0, indeterminate: count };
  const manifest = manifestSchema.parse({
    ...{ kind: 'nodulelab-patches', version: 1, count, size: SIZE, dtype: 'f32', form: 'isolated' },
    ...{ class: 'all', fold: 'train', fieldOfView: { diameters: 2 }, windowHu: [-1000, 400] },
    ...{ minDiameterMm: 3, maxDiameterMm: null, leftOut: [] },
    cancerRule: { text: 'none', ratedBy: { readers: count, majority: 0 }, counts, countsInSet: counts },
    split: { seed: 1, folds: 5, testPatients: [], assignment: { p: 1 }, sha256: assignmentHash({ p: 1 }) },
    patches: Array.from({ length: count }, (_, i) => ({
      ...{ id: `p/${i}`, patientId: 'p', seriesUID: '1.2', noduleId: String(i), characteristics },
      ...{ diameterMm: 10, equivalentDiameterMm: 10, spacingMm: 0.3, centre: [0, 0, 0] },
      ...{ malignancyRatings: [3], ratingSource: 'readers', class: 'indeterminate' },
      sourceSha256: sha256(Buffer.of(i)),
    })),
    patchesFile: 'patches.f32',
    patchesSha256: sha256(patches),
  });
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'patches.f32'), patches);
  await writeFile(join(dir, MANIFEST_FILE), JSON.stringify(manifest));
}
