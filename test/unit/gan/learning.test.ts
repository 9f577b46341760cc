import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { referenceEngine } from '../../../server/src/engine/reference.ts';
import { exportModel, loadGenerator } from '../../../server/src/gan/model.ts';
import { WEIGHTS_FILE } from '../../../server/src/gan/modelCard.ts';
import type { Preset } from '../../../server/src/gan/presets.ts';
import { openSampler, type Sampler } from '../../../server/src/gan/sampler.ts';
import { train } from '../../../server/src/gan/train.ts';
import type { CheckpointInfo } from '../../../server/src/nn/checkpoint.ts';
import { ballPatches, TINY_GROWN } from './tinyPresets.ts';

const SIZE = 8;
const PRESET: Preset = {
  ...TINY_GROWN,
  architecture: { ...TINY_GROWN.architecture, latentSize: 8, channels: [16, 8] },
  stages: [{ resolution: SIZE, learningRate: 1e-3, batchSize: 16 }],
};
const DESCRIPTION = {
  name: 'balls',
  data: 'Soft balls made by a formula.',
  datasetSha256: null,
  splitSha256: null,
  codeVersion: 'test',
  license: 'CC0-1.0',
  faults: [],
};
const engine = onnxCpuEngine({ threads: 1 });
const dataset = ballPatches(48, SIZE);
let folder: string;
let checkpoints: { before: CheckpointInfo; after: CheckpointInfo };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-learning-'));
  const common = { preset: PRESET, dataset, seed: 1, engine, resume: true, clock: () => performance.now() };
  const run = async (name: string, maxUpdates: number): Promise<CheckpointInfo> =>
    (await train({ ...common, outDir: join(folder, name), limits: { maxUpdates } })).checkpoint;
  checkpoints = { before: await run('before', 1), after: await run('after', 80) };
});
afterAll(() => rm(folder, { recursive: true }));

async function withSampler<T>(
  checkpoint: CheckpointInfo,
  use: (sampler: Sampler, model: string) => Promise<T>,
): Promise<T> {
  const model = join(folder, `model-${checkpoint.update}`);
  await exportModel(checkpoint, model, DESCRIPTION);
  const sampler = await openSampler(await loadGenerator(model), engine);
  return use(sampler, model).finally(() => sampler.release());
}

describe('a generator that was trained on soft balls', () => {
  test('comes close to the mean image and to the spread of the data, which an untrained one does not', async () => {
    const real = statistics(
      Array.from({ length: dataset.count }, (_, i) => dataset.patch(i) as Float32Array),
    );
    const distances = async (checkpoint: CheckpointInfo) =>
      withSampler(checkpoint, async (sampler) => {
        const samples: Float32Array[] = [];
        for (let i = 0; i < 48; i++) samples.push(await sampler.sample(1, i));
        const fake = statistics(samples);
        return { mean: distance(fake.mean, real.mean), deviation: distance(fake.deviation, real.deviation) };
      });
    const before = await distances(checkpoints.before);
    const after = await distances(checkpoints.after);
    expect(before.mean).toBeGreaterThan(0.15);
    expect(after.mean).toBeLessThan(before.mean / 5);
    expect(after.deviation).toBeLessThan(before.deviation / 2);
  });
});

describe('the sampler', () => {
  test('gives the same voxels for the same model, seed and index, in any order, and others for others', async () => {
    const first = await withSampler(checkpoints.after, async (sampler) => [
      await sampler.sample(5, 0),
      await sampler.sample(5, 1),
      await sampler.sample(6, 0),
    ]);
    const again = await withSampler(checkpoints.after, async (sampler) => [
      await sampler.sample(6, 0),
      await sampler.sample(5, 1),
      await sampler.sample(5, 0),
    ]);
    expect(again.reverse()).toEqual(first);
    expect(new Set(first.map((image) => image.join())).size).toBe(3);
    for (const image of first) {
      expect(image.length).toBe(SIZE ** 3);
      expect(Math.min(...image)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...image)).toBeLessThanOrEqual(1);
    }
  });

  test('agrees between engines within 1e-5', async () => {
    await withSampler(checkpoints.after, async (sampler, folder) => {
      const reference = await openSampler(await loadGenerator(folder), referenceEngine);
      const expected = await reference.sample(5, 0);
      (await sampler.sample(5, 0)).forEach((value, i) =>
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5),
      );
    });
  });

  test('enlarges samples of a training that has not reached its last stage', async () => {
    const preset: Preset = {
      ...PRESET,
      architecture: { ...PRESET.architecture, channels: [16, 8, 4] },
      stages: [...PRESET.stages, { resolution: 16, learningRate: 1e-3, batchSize: 4 }],
    };
    const outDir = join(folder, 'early');
    const { checkpoint } = await train({
      ...{ preset, outDir, seed: 1, engine, clock: () => performance.now() },
      dataset: ballPatches(16, 16),
      limits: { maxUpdates: 1 },
    });
    await exportModel(checkpoint, join(folder, 'early-model'), DESCRIPTION);
    const model = await loadGenerator(join(folder, 'early-model'));
    expect(model.card.training).toMatchObject({ resolution: 8, updates: 1 });
    const sampler = await openSampler(model, engine);
    expect(sampler.size).toBe(16);
    expect((await sampler.sample(1, 0)).length).toBe(16 ** 3);
    await sampler.release();
  });
});

describe('a model folder', () => {
  test('says what it was trained with and how long', async () => {
    const card = await exportModel(checkpoints.after, join(folder, 'card'), DESCRIPTION, 'F32');
    expect(card).toMatchObject({
      ...DESCRIPTION,
      weights: { type: 'F32', file: WEIGHTS_FILE },
      preset: PRESET,
      training: { seed: 1, patches: 48, updates: 80, resolution: 8 },
    });
    expect((await loadGenerator(join(folder, 'card'))).card).toEqual(card);
  });

  test('is refused when its weights were exchanged or its card is missing', async () => {
    const model = join(folder, 'exchanged');
    await exportModel(checkpoints.after, model, DESCRIPTION);
    const path = join(model, WEIGHTS_FILE);
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(loadGenerator(model)).rejects.toMatchObject({ kind: 'refused' });
    await expect(loadGenerator(join(folder, 'nowhere'))).rejects.toMatchObject({ kind: 'not-found' });
  });
});

/** Mean image and deviation image of a set. */
function statistics(images: readonly Float32Array[]): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(images[0]!.length);
  const meanSquare = new Float64Array(mean.length);
  for (const image of images)
    image.forEach((value, i) => {
      mean[i]! += value / images.length;
      meanSquare[i]! += value ** 2 / images.length;
    });
  return { mean, deviation: meanSquare.map((square, i) => Math.sqrt(Math.max(0, square - mean[i]! ** 2))) };
}

const distance = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
