import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { exportModel, loadGenerator } from '../../../server/src/gan/model.ts';
import { exportState, stateIn, stateOf, takeUpState } from '../../../server/src/gan/shippedState.ts';
import { train, type TrainOptions } from '../../../server/src/gan/train.ts';
import { loadState, valueShapes } from '../../../server/src/gan/trainingState.ts';
import { listCheckpoints } from '../../../server/src/nn/checkpoint.ts';
import { saveTraining, type TrainingState } from '../../../server/src/nn/trainingState.ts';
import { ballPatches, TINY_GROWN } from './tinyPresets.ts';

const engine = onnxCpuEngine({ threads: 1 });
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nodulelab-state-'));
});
afterEach(() => rm(root, { recursive: true }));

const PRESET = {
  ...TINY_GROWN,
  stages: [TINY_GROWN.stages[0]!, { ...TINY_GROWN.stages[1]!, updates: 16 }],
};
const BREAK = 14;
const options = (folder: string, more: Partial<TrainOptions> = {}): TrainOptions => ({
  ...{ preset: PRESET, dataset: ballPatches(7, 16), outDir: join(root, folder), seed: 1, engine },
  ...{ clock: () => performance.now(), resume: true, dataThreads: 0, ...more },
});
const DESCRIPTION = {
  ...{ name: 'balls', data: 'balls', datasetSha256: null, splitSha256: null, codeVersion: '1' },
  ...{ license: 'none', faults: [] },
};

/** ‖a − b‖ over all parameters and averages. */
function distance(a: TrainingState, b: TrainingState): number {
  const names = Object.keys(a.values).filter((name) => !name.startsWith('adam.'));
  expect(names.length).toBeGreaterThan(20);
  const squares = names.map((name) =>
    a.values[name]!.reduce((sum, value, i) => sum + (value - b.values[name]![i]!) ** 2, 0),
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
}

describe('the state of a training beside its model', () => {
  test('takes little more than half of a checkpoint, and holds the training as it was but for rounding', async () => {
    const { checkpoint, state } = await train(options('run', { limits: { maxUpdates: 5 } }));
    const model = join(root, 'model');
    await exportModel(checkpoint, model, DESCRIPTION, 'F16', { state: true });
    expect((await readdir(model)).sort()).toEqual(['generator.safetensors', 'model.json', 'training']);
    const shipped = (await stateOf(model))!;
    const header = 8 * 1024;
    const [whole, half] = await Promise.all(
      [checkpoint, shipped].map(async ({ folder, file }) => (await stat(join(folder, file))).size - header),
    );
    expect(half! / whole!).toBeLessThan(0.75);
    const stored = await loadState(shipped);
    expect(stored.config).toEqual((await loadState(checkpoint)).config);
    expect(stored.state.counters).toEqual(state.counters);
    for (const [name, values] of Object.entries(state.values))
      stored.state.values[name]!.forEach((value, i) => {
        if (name.startsWith('adam.second.')) expect(value).toBe(values[i]);
        // Half of the last of float16's eleven digits, or of its smallest number.
        else expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(Math.abs(values[i]!) / 2048 + 2 ** -25);
      });
    // What the model draws with is the average that the state holds.
    const { parameters } = (await loadGenerator(model)) as { parameters: Record<string, Float32Array> };
    for (const [name, values] of Object.entries(parameters))
      expect(stored.state.values[`average.${name}`]).toEqual(values);
  });

  test('goes on in another folder like an unbroken training, but for a rounding that one step of Adam outweighs', async () => {
    const run = async (folder: string, maxUpdates?: number) => {
      const told: number[] = [];
      const result = await train(
        options(folder, {
          limits: maxUpdates === undefined ? {} : { maxUpdates },
          onProgress: (event) => void (event.type === 'progress' && told.push(event.wasserstein)),
        }),
      );
      return { ...result, told };
    };
    const broken = await run('broken', BREAK);
    const model = join(root, 'model');
    await exportState(broken.checkpoint, model);
    const rounded = (await loadState((await stateOf(model))!)).state;
    // As float16 would have them: what it cannot hold is zero.
    const withoutSecond = {
      ...rounded,
      values: Object.fromEntries(
        Object.entries(rounded.values).map(([name, values]) => [
          name,
          name.startsWith('adam.second.') ? new Float32Array(values.length) : values,
        ]),
      ),
    };
    await takeUpState(model, join(root, 'elsewhere'));
    const lossy = { ...(await loadState((await stateOf(model))!)), state: withoutSecond };
    await saveTraining(join(root, 'lossy'), lossy, valueShapes(lossy.config, 1), true);

    const next = await run('broken', BREAK + 1);
    const nextElsewhere = await run('elsewhere', BREAK + 1);
    const nextLossy = await run('lossy', BREAK + 1);
    const moved = distance(next.state, broken.state);
    expect(distance(nextElsewhere.state, next.state) / moved).toBeLessThan(0.25);
    expect(distance(nextLossy.state, next.state) / moved).toBeGreaterThan(0.5);

    // A GAN's path is chaotic: later weights differ after any change, however small. What it is worth does not.
    const [whole, elsewhere] = [await run('broken'), await run('elsewhere')];
    expect(elsewhere.state.counters).toMatchObject({ stage: 1, stageUpdate: 16, update: 20 });
    expect(elsewhere.told).toHaveLength(5);
    elsewhere.told.forEach((wasserstein, i) =>
      expect(Math.abs(wasserstein - whole.told[i]!)).toBeLessThan(0.15),
    );
  });

  test('is not put into a folder where a training is under way, and is the newest of a run where there is no model', async () => {
    const first = await train(options('first', { limits: { maxUpdates: 2 } }));
    await train(options('second', { limits: { maxUpdates: 1 } }));
    await takeUpState(join(root, 'first'), join(root, 'second'));
    expect((await listCheckpoints(join(root, 'second'))).map(({ update }) => update)).toEqual([1]);
    await takeUpState(join(root, 'first'), join(root, 'third'));
    const taken = (await stateIn(join(root, 'third')))!;
    expect(taken).toMatchObject({ update: 2, sha256: first.checkpoint.sha256 });
    // Not rounded: it goes on bit for bit.
    const there = await train(options('third', { limits: { maxUpdates: 5 } }));
    const here = await train(options('first', { limits: { maxUpdates: 5 } }));
    expect(there.state.values).toEqual(here.state.values);
  });

  test('that nobody shipped is missed with a word on what to do instead', async () => {
    const { checkpoint } = await train(options('run', { limits: { maxUpdates: 1 } }));
    const model = join(root, 'model');
    await exportModel(checkpoint, model, DESCRIPTION);
    await expect(takeUpState(model, join(root, 'out'))).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringMatching(/holds no state.*exported with --state.*--from/),
    });
  });
});
