import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyOriented, ORIENTATIONS } from '../../server/src/dataset/augmentation/orientation.ts';
import { readManifest } from '../../server/src/dataset/patchFile.ts';
import { modelCardSchema } from '../../server/src/gan/modelCard.ts';
import { Random } from '../../server/src/nn/random.ts';
import type { NearestTraining } from '../../server/src/services/nearestTraining/index.ts';
import { createNearestTraining } from '../../server/src/services/nearestTraining/index.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';
import { writePatchSet } from '../support/patchSet.ts';

// Bound once: in Jest's VM context every look-up of a global costs as much as the arithmetic around it.
const { exp, max, sqrt } = Math;

const SIZE = 64;
const COUNT = 12;
const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A lump of four balls: no two seeds give the same shape, and none is its own mirror image. */
function lump(seed: number): Float32Array {
  const random = Random.of('lump', seed);
  const balls = Array.from({ length: 4 }, () => ({
    at: [0, 1, 2].map(() => SIZE / 2 + 11 * (random.uniform() - 0.5) * 2),
    radius: 5 + 8 * random.uniform(),
  }));
  const values = new Float32Array(SIZE ** 3);
  for (let z = 0, i = 0; z < SIZE; z++)
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++, i++) {
        let inside = 0;
        for (const { at, radius } of balls) {
          const far = sqrt((x - at[0]!) ** 2 + (y - at[1]!) ** 2 + (z - at[2]!) ** 2) - radius;
          if (far < 12) inside = max(inside, 1 / (1 + exp(far / 1.5)));
        }
        values[i] = 0.1 + 0.65 * inside;
      }
  return values;
}

const turned = (values: Float32Array, orientation: number): Float32Array => {
  const copy = new Float32Array(values.length);
  copyOriented(values, SIZE, orientation, copy, 0);
  return copy;
};

/** Moved by whole voxels; background comes in. */
function moved(values: Float32Array, [dx, dy, dz]: readonly [number, number, number]): Float32Array {
  const out = new Float32Array(values.length).fill(0.1);
  for (let z = 4; z < SIZE - 4; z++)
    for (let y = 4; y < SIZE - 4; y++)
      for (let x = 4; x < SIZE - 4; x++)
        out[x + dx + SIZE * (y + dy + SIZE * (z + dz))] = values[x + SIZE * (y + SIZE * z)]!;
  return out;
}

/** The shipped model's card, as if its training set were another. */
async function writeCard(folder: string, changes: Record<string, unknown>): Promise<void> {
  const shipped: unknown = JSON.parse(
    await readFile(join(repository, 'models', 'malignant-64', 'model.json'), 'utf8'),
  );
  const card = modelCardSchema.parse({ ...modelCardSchema.parse(shipped), ...changes });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.json'), JSON.stringify(card));
}

describe('the nearest training nodule', () => {
  let root: string;
  let dataDir: string;
  let nearest: NearestTraining;
  const models = {
    folderOf: async (name: string): Promise<string> => {
      if (name.startsWith('no-'))
        throw new NoduleLabError('not-found', `There is no model named ${name}; there are: others.`);
      return join(root, 'models', name);
    },
  };
  /** As the manifest of the test set has it. */
  const split = { seed: 1, folds: 5, testPatients: [], fold: 'train' };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'nearest-'));
    dataDir = join(root, 'data');
    const dir = join(dataDir, 'datasets', 'lumps');
    await writePatchSet(dir, COUNT, (index) => lump(index));
    const { patchesSha256 } = await readManifest(dir);
    await writeCard(join(root, 'models', 'trained'), { datasetSha256: patchesSha256 });
    await writeCard(join(root, 'models', 'alike'), { datasetSha256: 'a'.repeat(64), split });
    await writeCard(join(root, 'models', 'other'), { datasetSha256: 'b'.repeat(64) });
    await writeCard(join(root, 'models', 'unsaid'), { datasetSha256: null, split: undefined });
    nearest = createNearestTraining({ dataDir, models });
  });
  afterAll(async () => {
    await nearest.close();
    await rm(root, { recursive: true });
  });

  test('of a memorised nodule is that nodule, with its picture, and the check is bad', async () => {
    const check = await nearest.check('trained', lump(4));
    expect(check).toMatchObject({ name: 'nearest-training', verdict: 'bad' });
    expect(check.value).toBeLessThan(0.1);
    expect(check.explanation).toContain('p/4,');
    for (const picture of Object.values(check.thumbnails!))
      expect(picture).toMatch(/^data:image\/png;base64,iVBOR/);
  });

  test.each([1, 13, 27, ORIENTATIONS - 1])(
    'is found though it was mirrored and turned (orientation %i), moved and made noisy',
    async (orientation) => {
      const random = Random.of('noise', orientation);
      const copy = moved(turned(lump(7), orientation), [3, -2, 1]).map(
        (value) => value + 0.03 * random.gaussian(),
      );
      const check = await nearest.check('trained', copy);
      expect(check.verdict).toBe('bad');
      expect(check.explanation).toContain('p/7,');
    },
  );

  test('of new nodules is as far as training nodules are from each other, and the check is good', async () => {
    const values: number[] = [];
    for (const seed of [101, 102, 103, 104, 105]) {
      const check = await nearest.check('trained', lump(seed));
      expect(check.verdict).toBe('good');
      values.push(check.value!);
    }
    expect(Math.max(...values)).toBeLessThan(3);
  });

  test('is looked for in a set of the same fold, form and field of view where the own one is not here', async () => {
    const check = await nearest.check('alike', lump(2));
    expect(check.verdict).toBe('bad');
    expect(check.explanation).toMatch(/data set lumps.*which are not here/);
  });

  test('is unknown without a set that fits, with the command that builds one', async () => {
    const check = await nearest.check('other', lump(2));
    expect(check).toMatchObject({ value: null, verdict: 'unknown' });
    expect(check.thumbnails).toBeUndefined();
    expect(check.explanation).toContain('nodulelab dataset build');
    expect(check.explanation).toContain('--field 2d --margin 1,3 --fold train --split-seed 1');
    // The page that shows it may be anybody's: it does not tell where this server keeps its data.
    expect(check.explanation).toContain('--out <data>/datasets/');
    expect(check.explanation).not.toContain(dataDir);
  });

  test('is known as soon as the set has been built, without a restart', async () => {
    await writeCard(join(root, 'models', 'later'), { datasetSha256: 'c'.repeat(64) });
    expect((await nearest.check('later', lump(1))).verdict).toBe('unknown');
    const dir = join(dataDir, 'datasets', 'later');
    await writePatchSet(dir, 5, (index) => lump(index + 50));
    const { patchesSha256 } = await readManifest(dir);
    await writeCard(join(root, 'models', 'later'), { datasetSha256: patchesSha256 });
    expect((await nearest.check('later', lump(51))).verdict).toBe('bad');
  });

  test('is unknown where the model does not say what it was trained on, or is gone, and says so', async () => {
    const unsaid = await nearest.check('unsaid', lump(1));
    expect(unsaid.verdict).toBe('unknown');
    expect(unsaid.explanation).toMatch(/does not say what it was trained on/);
    const gone = await nearest.check('no-such', lump(1));
    expect(gone.verdict).toBe('unknown');
    expect(gone.explanation).toMatch(/There is no model named no-such/);
  });

  test('is unknown where the set was damaged after it was built, and says so', async () => {
    const dir = join(dataDir, 'datasets', 'damaged');
    await writePatchSet(dir, 3, (index) => lump(index + 80));
    const { patchesSha256 } = await readManifest(dir);
    await writeCard(join(root, 'models', 'damaged'), { datasetSha256: patchesSha256 });
    await writeFile(join(dir, 'patches.f32'), 'short');
    const check = await nearest.check('damaged', lump(80));
    expect(check.verdict).toBe('unknown');
    expect(check.explanation).toMatch(/cannot be used/);
  });
});
