import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { project } from '../../../server/src/evaluation/featureSpace.ts';
import { openAttributeNetwork } from '../../../server/src/networks/attributeNetwork.ts';
import { rowsOf } from '../../../server/src/evaluation/sample.ts';
import { createModelRegistry } from '../../../server/src/services/models.ts';
import { listNetworks } from '../../../server/src/services/networks/listNetworks.ts';
import { readSpaces, SPACES_FILE } from '../../../server/src/services/networks/spaces.ts';
import { trainAttributes } from '../../../server/src/services/networks/trainAttributes.ts';
import { ballPatch, makeSet, splitOf } from '../../support/nodulePatches.ts';

const engine = onnxCpuEngine({ threads: 1 });
let folder: string;
let options: Parameters<typeof trainAttributes>[0];
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-train-attributes-'));
  const split = splitOf(120);
  await makeSet(at('train'), { malignant: 8, benign: 7, size: 32, manifest: { split } });
  await makeSet(at('again'), { malignant: 8, benign: 7, size: 32, manifest: { split } });
  await makeSet(at('test'), { malignant: 5, benign: 4, size: 32, manifest: { split, fold: 'test' } });
  options = {
    ...{ sets: [at('train'), at('again')], heldOut: [at('test')], outDir: at('models/attributes-32') },
    ...{ checkpoints: at('checkpoints'), resume: true, name: 'tiny', license: 'none', faults: ['Tiny.'] },
    plan: { seed: 1, updates: 6, batchSize: 8, learningRate: 1e-3 },
    shape: { size: 16, channels: [4, 6, 8, 8], features: 6 },
    ...{ codeVersion: '0', engine, clock: () => performance.now() },
  };
});
afterAll(() => rm(folder, { recursive: true }));

describe('training the attribute network', () => {
  test('stops when asked, goes on, and writes card, weights and spaces that belong together', async () => {
    const stop = new AbortController();
    const stopped = await trainAttributes({
      ...options,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'progress' && event.counters.update === 2) stop.abort();
      },
    });
    expect(stopped).toEqual({ card: null, reason: 'aborted' });
    expect(await listNetworks([at('models')])).toEqual([]);

    let first = 0;
    const { card, reason } = await trainAttributes({
      ...options,
      onEvent: (event) => {
        if (event.type === 'progress' && first === 0) first = event.counters.update;
      },
    });
    expect({ first, reason }).toEqual({ first: 3, reason: 'complete' });
    expect(card).toMatchObject({
      ...{
        name: 'tiny',
        trainingPatients: 15,
        split: { fold: 'train', folds: 5 },
        fieldOfView: { diameters: 2 },
      },
      training: { examples: 15, updates: 6, seed: 1 },
    });
    expect(card!.datasetSha256).toHaveLength(2);
    expect(card!.faults).toContain('Tiny.');
    expect(card!.faults[0]).toMatch(/^Nearly all training nodules have the same .*internalStructure/);
    const auc = card!.figures.find(({ what }) => what === 'malignancy: AUC of the diameter alone');
    // Every malignant ball of the set is larger than every benign one, or nearly so.
    expect(auc!.value).toBeGreaterThan(0.9);
    expect(auc!.n).toBe(9);
    // All have the same internal structure: there is nothing to rank.
    expect(card!.figures.find(({ what }) => what === 'internalStructure: Spearman')!.value).toBeNull();

    const network = await openAttributeNetwork(at('models/attributes-32'), engine);
    const [reading] = await network.describe([{ values: ballPatch(32, 8, 'new'), size: 32, spacingMm: 0.5 }]);
    await network.release();
    const spaces = await readSpaces(at('models/attributes-32'));
    const projected = project(spaces.attributes.nodule, rowsOf([reading!.features]));
    expect(projected.dimension).toBeGreaterThan(0);
    expect(projected.values.every(Number.isFinite)).toBe(true);
    expect(spaces.radiomics.patch.fixedBy).toMatch(/15 real nodules/);
  });

  test('is a network in the list of networks, and no generator', async () => {
    expect((await listNetworks([at('models')])).map(({ card }) => card.kind)).toEqual(['attributes']);
    expect(await createModelRegistry([at('models')], engine).list()).toEqual([]);
  });

  test('ships spaces that are refused beside other weights or features', async () => {
    const path = at(`models/attributes-32/${SPACES_FILE}`);
    const text = await readFile(path, 'utf8');
    const file = JSON.parse(text) as object;
    await writeFile(path, JSON.stringify({ ...file, weightsSha256: '2'.repeat(64) }));
    await expect(readSpaces(at('models/attributes-32'))).rejects.toMatchObject({ kind: 'refused' });
    await writeFile(path, text.replaceAll('shape: flatness', 'shape: roundness'));
    await expect(readSpaces(at('models/attributes-32'))).rejects.toThrow(/other radiomic features/);
    await rm(path);
    await expect(readSpaces(at('models/attributes-32'))).rejects.toMatchObject({ kind: 'not-found' });
    await writeFile(path, text);
  });

  test('refuses to learn from the test fold, to be judged on the train fold, and sets of different splits', async () => {
    await expect(trainAttributes({ ...options, sets: [at('test')] })).rejects.toThrow(
      /test fold, and one of the train fold is needed/,
    );
    await expect(trainAttributes({ ...options, heldOut: [at('train')] })).rejects.toThrow(
      /train fold, and one of the test fold is needed/,
    );
    await makeSet(at('other'), { malignant: 2, benign: 2, size: 32, manifest: { split: splitOf(60) } });
    await expect(trainAttributes({ ...options, sets: [at('train'), at('other')] })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/split in different ways/),
    });
  });
});
