/** What a conditional model was asked for, from the wish to the record and back to the same nodule. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InsertEdit } from '@nodulelab/contract';
import { parseConditions } from '../../server/src/cli/conditionOption.ts';
import { editParameters } from '../../server/src/dicom/editParameters.ts';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { createModelRegistry, type ModelRegistry } from '../../server/src/services/models.ts';
import { nodulePatch } from '../../server/src/services/nodulePatch.ts';
import { sampleAnew } from '../../server/src/services/replay/sampleAnew.ts';
import { writeConditionalModel } from '../support/conditionalModel.ts';

let root: string;
let models: ModelRegistry;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'nodulelab-conditions-'));
  await writeConditionalModel(join(root, 'asked'), 'asked');
  models = createModelRegistry([root], onnxCpuEngine({ threads: 1 }));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const WANTED = { diameter: 20, spiculation: 5 };
const sampled = () => nodulePatch(models, { model: 'asked', seed: 4, wanted: WANTED });

/** A record of an insertion of the nodule. */
async function edit(): Promise<InsertEdit> {
  const { sha256, origin } = await sampled();
  return InsertEdit.parse({
    ...{ kind: 'insert', candidateSha256: sha256, candidateId: null, blendingSeed: 1, options: {} },
    ...{ model: origin.model, seed: origin.seed, index: origin.index, conditions: origin.conditions },
    ...{ centre: [0, 0, 0], diameterMm: 20, box: { min: [0, 0, 0], max: [1, 1, 1] }, huSha256: sha256 },
    measured: { diameterMm: 20, volumeMm3: 4189, meanHu: 0 },
  });
}

describe('a nodule of a conditional model', () => {
  test('is meant for the diameter that was asked for, and its record says all that it was asked to be', async () => {
    const { origin } = await sampled();
    expect(origin.diameterMm).toBe(20);
    // The four training nodules that are like that are malignant.
    expect(origin.conditions).toMatchObject({ ...WANTED, malignancy: 5, texture: 5 });
    expect(editParameters(await edit())).toEqual(
      expect.arrayContaining([
        'condition of the model: diameter, mm = 20',
        'condition of the model: spiculation, points = 5',
      ]),
    );
  });

  test('is sampled anew from its record, voxel for voxel, and is another one without the wish', async () => {
    const { voxels } = await sampled();
    expect(await sampleAnew(models, await edit())).toEqual({ voxels });
    const unasked = await nodulePatch(models, { model: 'asked', seed: 4 });
    expect(unasked.voxels).not.toEqual(voxels);
  });

  test('is not made up where the record does not say what it was asked to be', async () => {
    const { conditions: _, ...older } = await edit();
    expect(InsertEdit.safeParse(older).success).toBe(true);
    expect(await sampleAnew(models, older)).toMatchObject({ possible: false, reason: 'not-recorded' });
  });

  test('cannot be asked for what its model does not take', async () => {
    const refused = nodulePatch(models, { model: 'asked', seed: 4, wanted: { texture: 6 } });
    await expect(refused).rejects.toMatchObject({
      kind: 'invalid-input',
      message: 'texture can be asked for from 1 to 5, not as 6.',
    });
  });
});

describe('--condition', () => {
  test('takes several conditions, in one text or one after the other', () => {
    const earlier = parseConditions('diameter=12,texture=5');
    expect(parseConditions('spiculation=4.5', earlier)).toEqual({
      ...{ diameter: 12, texture: 5, spiculation: 4.5 },
    });
  });

  test.each([
    ['calcification=1', '"calcification" is no condition; there are: diameter, malignancy'],
    ['texture', '"texture" names no value: write texture=NUMBER.'],
    ['texture=soft', '"texture=soft" names no value'],
    ['texture=1,texture=2', 'texture is named twice.'],
    ['diameter=50', 'diameter can be asked for from 3 to 40 mm, not as 50.'],
  ])('refuses %s in words', (text, message) => {
    expect(() => parseConditions(text)).toThrow(message);
  });
});
