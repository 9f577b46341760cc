import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { listCheckpoints } from '../../../server/src/nn/checkpoint.ts';
import { convolution, dense, type Layer } from '../../../server/src/nn/layers.ts';
import { parameterInputs } from '../../../server/src/nn/learning.ts';
import { binaryCrossEntropy } from '../../../server/src/nn/losses.ts';
import { Random } from '../../../server/src/nn/random.ts';
import {
  supervisedConfigSchema,
  supervisedTrainee,
  type SupervisedMeasures,
} from '../../../server/src/nn/supervised.ts';
import {
  runTraining,
  type LoopOptions,
  type LoopEvent,
  type LoopResult,
} from '../../../server/src/nn/trainingLoop.ts';
import * as t from '../../../server/src/tensor/index.ts';

const { abs, floor, hypot, max } = Math;
const SIZE = 8;
const BATCH = 16;
const engine = onnxCpuEngine({ threads: 1 });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-loop-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A noisy ball (answer 0) or cube (1) of the same volume somewhere in 8³. */
function example(random: Random): { voxels: Float32Array; isCube: number } {
  const isCube = random.integer(2);
  const edge = 3.5 + 2 * random.uniform();
  const radius = edge * Math.cbrt(3 / (4 * Math.PI));
  const centre = [0, 1, 2].map(() => (SIZE - 1) / 2 + random.uniform() - 0.5);
  const voxels = Float32Array.from({ length: SIZE ** 3 }, (_, i) => {
    const offsets = [i / SIZE ** 2, (i / SIZE) % SIZE, i % SIZE].map((at, axis) => floor(at) - centre[axis]!);
    const inside =
      isCube === 1 ? max(...offsets.map((offset) => abs(offset))) <= edge / 2 : hypot(...offsets) <= radius;
    return (inside ? 1 : -1) + 0.1 * random.gaussian();
  });
  return { voxels, isCube };
}

/** Batch number `index` of the series `name`. */
function examples(name: string, index: number): { input: Float32Array; target: Float32Array } {
  const random = Random.of(name, index);
  const drawn = Array.from({ length: BATCH }, () => example(random));
  return {
    input: Float32Array.from(drawn.flatMap(({ voxels }) => [...voxels])),
    target: Float32Array.from(drawn, ({ isCube }) => isCube),
  };
}

/** [batch, 1, 8, 8, 8] → logit [batch, 1]. */
function classifier(): Layer {
  const first = convolution('first', 1, 8, 4, { stride: 2, padding: 1 });
  const second = convolution('second', 8, 16, 4, { stride: 2, padding: 1 });
  const score = dense('score', 16 * 2 ** 3, 1);
  return {
    parameters: [first, second, score].flatMap((layer) => layer.parameters),
    apply(parameters, x) {
      const coarse = t.leakyRelu(first.apply(parameters, x), 0.2);
      const coarser = t.leakyRelu(second.apply(parameters, coarse), 0.2);
      return score.apply(parameters, t.reshape(coarser, [x.shape[0]!, 16 * 2 ** 3]));
    },
  };
}

const config = (more: object = {}) =>
  supervisedConfigSchema.parse({
    ...{ name: 'balls or cubes', seed: 1, data: 'drawn', batchSize: BATCH },
    ...{ updates: 120, learningRate: 3e-3, checkpointUpdates: 50 },
    ...more,
  });

type Options = LoopOptions<SupervisedMeasures>;
const training = (more: Partial<Options> = {}, changes: object = {}): Promise<LoopResult> =>
  runTraining({
    trainee: supervisedTrainee({
      ...{ config: config(changes), network: classifier(), loss: binaryCrossEntropy, engine },
      ...{ inputShape: [BATCH, 1, SIZE, SIZE, SIZE], targetShape: [BATCH, 1] },
      batch: (index) => Promise.resolve(examples('training', index)),
      clock: () => performance.now(),
    }),
    folder,
    resume: true,
    clock: () => performance.now(),
    ...(more as object),
  });

/** Share of examples never trained on that the network gets right. */
async function accuracy({ state }: LoopResult): Promise<number> {
  const network = classifier();
  const logit = network.apply(
    parameterInputs(network.parameters),
    t.input('input', [BATCH, 1, SIZE, SIZE, SIZE]),
  );
  const executable = await engine.compile({ logit });
  let right = 0;
  for (let batch = 0; batch < 8; batch++) {
    const { input, target } = examples('test', batch);
    const parameters = Object.fromEntries(network.parameters.map(({ name }) => [name, state.values[name]!]));
    const { logit: logits } = await executable.run({ ...parameters, input });
    target.forEach((isCube, i) => (right += logits![i]! > 0 === (isCube === 1) ? 1 : 0));
  }
  await executable.release();
  return right / (8 * BATCH);
}

describe('a small classifier on the training loop', () => {
  test('learns to tell balls from cubes that it has never seen', async () => {
    const untrained = await training({}, { updates: 1 });
    expect(await accuracy(untrained)).toBeLessThan(0.8);
    const trained = await training();
    expect(trained).toMatchObject({ reason: 'complete', state: { counters: { update: 120 } } });
    expect(await accuracy(trained)).toBeGreaterThan(0.97);
  });

  test('goes on after an abort to the same weights, bit for bit, as one that was not stopped', async () => {
    const whole = await training({ folder: join(folder, 'whole') }, { updates: 30 });
    const parts = join(folder, 'parts');
    const stop = new AbortController();
    const stopped = await training(
      {
        folder: parts,
        signal: stop.signal,
        onEvent: (event: LoopEvent<SupervisedMeasures>) => {
          if (event.type === 'progress' && event.counters.update === 11) stop.abort();
        },
      },
      { updates: 30 },
    );
    expect(stopped).toMatchObject({ reason: 'aborted', checkpoint: { update: 11 } });
    const resumed = await training({ folder: parts }, { updates: 30 });
    expect(resumed.state.values).toEqual(whole.state.values);
  });

  test('is refused with another seed or other data, and may be given more updates', async () => {
    await training({}, { updates: 2 });
    await expect(training({}, { updates: 2, seed: 2 })).rejects.toMatchObject({ kind: 'conflict' });
    await expect(training({}, { updates: 2, data: 'others' })).rejects.toMatchObject({ kind: 'conflict' });
    expect((await training({}, { updates: 3 })).state.counters.update).toBe(3);
  });

  test('on a falling rate takes ever smaller steps, and cannot be given more updates', async () => {
    const falling = { updates: 12, schedule: 'cosine' };
    // Length of the last step: what the weights at 12 updates are away from those at 11.
    const lastStep = async (changes: object): Promise<number> => {
      const at = async (name: string, stop?: AbortController) =>
        (
          await training(
            {
              folder: join(folder, name),
              ...(stop === undefined ? {} : { signal: stop.signal }),
              onEvent: (event: LoopEvent<SupervisedMeasures>) => {
                if (event.type === 'progress' && event.counters.update === 11) stop?.abort();
              },
            },
            changes,
          )
        ).state.values;
      const name = JSON.stringify(changes).length.toString();
      const before = await at(name, new AbortController());
      const after = await at(name);
      const weights = Object.keys(before).filter((key) => !key.startsWith('adam'));
      return hypot(...weights.flatMap((key) => [...after[key]!.map((value, i) => value - before[key]![i]!)]));
    };
    const constant = await lastStep({ updates: 12 });
    expect(await lastStep(falling)).toBeLessThan(constant / 20);
    await expect(
      training({ folder: join(folder, 'other') }, falling).then(() =>
        training({ folder: join(folder, 'other') }, { ...falling, updates: 13 }),
      ),
    ).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('stops on a loss that is no number and names the last good checkpoint', async () => {
    await training({}, { updates: 2 });
    const poisoned = supervisedTrainee({
      ...{ config: config({ updates: 9 }), network: classifier(), loss: binaryCrossEntropy, engine },
      ...{ inputShape: [BATCH, 1, SIZE, SIZE, SIZE], targetShape: [BATCH, 1] },
      batch: (index) =>
        Promise.resolve({ ...examples('training', index), target: new Float32Array(BATCH).fill(NaN) }),
      clock: () => performance.now(),
    });
    await expect(
      runTraining({ trainee: poisoned, folder, resume: true, clock: () => performance.now() }),
    ).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringMatching(/loss is NaN.*checkpoint-00000002\.safetensors\.$/),
    });
    expect((await listCheckpoints(folder)).at(-1)!.update).toBe(2);
  });
});

describe('the training loop', () => {
  test('clears away what a killed process left half written, and nothing else', async () => {
    await training({}, { updates: 2 });
    const before = (await readdir(folder)).sort();
    await writeFile(join(folder, 'checkpoint-00000003.safetensors'), 'weights without a description');
    await writeFile(join(folder, `checkpoint-00000004.safetensors.${2 ** 30}.partial`), 'half');
    await writeFile(
      join(folder, `checkpoint-00000005.safetensors.${process.ppid}.partial`),
      'of a living process',
    );
    await writeFile(join(folder, 'notes.txt'), 'the user’s own');
    await training({}, { updates: 2 });
    expect((await readdir(folder)).sort()).toEqual(
      [...before, `checkpoint-00000005.safetensors.${process.ppid}.partial`, 'notes.txt'].sort(),
    );
  });

  test('lets no second training into its folder, and leaves the folder free when it ends', async () => {
    let second: unknown;
    await training(
      {
        onEvent: async (event: LoopEvent<SupervisedMeasures>) => {
          if (event.type === 'progress') second ??= await training().catch((error: unknown) => error);
        },
      },
      { updates: 2 },
    );
    expect(second).toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });
    expect(await readdir(folder)).not.toContain('lock');
    expect((await training({}, { updates: 3 })).state.counters.update).toBe(3);
  });

  test('keeps milestones, the newest two, and the last good one for as long as a watch doubts', async () => {
    let doubtful = false;
    const watch = {
      observe: (counters: { update: number }) => {
        doubtful = counters.update > 3;
        return Promise.resolve();
      },
      inspect: () => Promise.resolve(),
      get doubtful() {
        return doubtful;
      },
      snapshot: () => null,
      restore: () => undefined,
    };
    await training({ watch, checkpointMinutes: 1e-9 }, { updates: 8, checkpointUpdates: 2 });
    const kept = await listCheckpoints(folder);
    expect(kept.filter((c) => c.milestone).map((c) => c.update)).toEqual([2, 4, 6, 8]);
    // Update 3 was the last without doubt; 5 and 7 are the newest.
    expect(kept.filter((c) => !c.milestone).map((c) => c.update)).toEqual([3, 5, 7]);
  });
});
