import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../../server/src/cli/runtime.ts';
import type { PatchManifest } from '../../../server/src/dataset/manifest.ts';
import { ALWAYS_TEST } from '../../../server/src/dataset/split.ts';
import { conditionsOf } from '../../../server/src/gan/conditions.ts';
import { modelCardSchema, trainedOn } from '../../../server/src/gan/modelCard.ts';
import { makeSet, RULE } from '../../support/nodulePatches.ts';

const shipped = JSON.parse(
  readFileSync(join(REPOSITORY, 'models/malignant-64/model.json'), 'utf8'),
) as object;

describe('what a card says of the training set', () => {
  const root = mkdtempSync(join(tmpdir(), 'nodulelab-card-'));
  afterAll(() => rmSync(root, { recursive: true }));
  let manifest: PatchManifest;
  beforeAll(async () => {
    manifest = await makeSet(join(root, 'set'), { malignant: 1, benign: 1 });
  });

  test('is its hashes, how its split was drawn, the fold, the field of view and what its nodules were like', () => {
    expect(trainedOn(manifest)).toEqual({
      trainingConditions: manifest.patches.map((patch) => conditionsOf(patch)),
      datasetSha256: manifest.patchesSha256,
      splitSha256: manifest.split.sha256,
      split: { ...RULE, fold: 'train' },
      fieldOfView: { diameters: 2 },
    });
  });

  test('says that series stood in for patients, whose folds then mean little elsewhere', () => {
    const split = { ...manifest.split, seriesForPatients: true as const };
    expect(trainedOn({ ...manifest, split }).split).toEqual({
      ...RULE,
      fold: 'train',
      seriesForPatients: true,
    });
  });

  test('is nothing where the set is not known', () => {
    expect(trainedOn(undefined)).toEqual({ datasetSha256: null, splitSha256: null });
  });
});

test('the shipped model was trained on the training fold, away from the patients that are always for tests', () => {
  const { split } = modelCardSchema.parse(shipped);
  expect(split).toMatchObject({ fold: 'train', testPatients: [...ALWAYS_TEST] });
});

test('a card of an earlier version, which does not say these, is read', () => {
  const { split: _split, fieldOfView: _field, ...earlier } = shipped as Record<string, unknown>;
  expect(modelCardSchema.parse(earlier).split).toBeUndefined();
});
