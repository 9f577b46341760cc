import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import type { ProgressEvent } from '../../../server/src/gan/events.ts';
import { exportModel } from '../../../server/src/gan/model.ts';
import type { Preset } from '../../../server/src/gan/presets.ts';
import { readRun } from '../../../server/src/gan/report/runFile.ts';
import { train, type TrainingResult, type TrainOptions } from '../../../server/src/gan/train.ts';
import { configOf } from '../../../server/src/gan/trainingData.ts';
import { loadState } from '../../../server/src/gan/trainingState.ts';
import { openWarmStart, warmState } from '../../../server/src/gan/warmStart.ts';
import { ballPatches, TINY_GROWN } from './tinyPresets.ts';

const engine = onnxCpuEngine({ threads: 1 });
const DESCRIPTION = {
  ...{ name: 'balls', data: 'balls', datasetSha256: null, splitSha256: null, codeVersion: '1' },
  ...{ license: 'none', faults: [] },
};
const OTHER_SET = { ...ballPatches(9, 16), sha256: 'b'.repeat(64) };
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nodulelab-warm-'));
});
afterEach(() => rm(root, { recursive: true }));

const options = (folder: string, more: Partial<TrainOptions> = {}): TrainOptions => ({
  ...{ preset: TINY_GROWN, dataset: { ...ballPatches(7, 16), sha256: 'a'.repeat(64) }, seed: 1, engine },
  ...{ outDir: join(root, folder), clock: () => performance.now(), resume: true, dataThreads: 0, ...more },
});

/** A finished training and the model of it. */
async function trained(state: boolean, updates = 8): Promise<{ result: TrainingResult; model: string }> {
  const result = await train(options('old', { limits: { maxUpdates: updates } }));
  const model = join(root, 'model');
  await exportModel(result.checkpoint, model, DESCRIPTION, 'F32', { state });
  return { result, model };
}
const isNetwork = (name: string): boolean => !name.startsWith('adam.');

describe('a training that begins with the networks of another one', () => {
  test('starts at their stage with the weights that they had, its own seed and set, and Adam afresh', async () => {
    const { result } = await trained(false);
    const from = await openWarmStart(join(root, 'old'));
    const config = configOf(TINY_GROWN, 2, OTHER_SET, from.ancestors);
    const { values, counters } = warmState(config, from);
    expect(counters).toMatchObject({ stage: 1, stageUpdate: 0, update: 0 });
    expect(Object.keys(values).sort()).toEqual(Object.keys(result.state.values).sort());
    for (const [name, value] of Object.entries(values))
      expect(value).toEqual(isNetwork(name) ? result.state.values[name] : new Float32Array(value.length));

    const told: ProgressEvent[] = [];
    const more = { from, seed: 2, dataset: OTHER_SET };
    await train(
      options('new', {
        ...more,
        onProgress: (event) => void (event.type === 'progress' && told.push(event)),
      }),
    );
    expect(told.map(({ update, resolution }) => [update, resolution])).toEqual(
      [1, 2, 3, 4].map((at) => [at, 16]),
    );
  });

  test('says so in its checkpoints, in run.json, on the report and in the card of its model, down to the first', async () => {
    const { model } = await trained(true);
    const from = await openWarmStart(model);
    const second = await train(
      options('second', { from, seed: 2, dataset: OTHER_SET, limits: { maxUpdates: 2 } }),
    );
    const third = await train(
      options('third', { from: await openWarmStart(join(root, 'second')), limits: { maxUpdates: 1 } }),
    );
    const card = await exportModel(third.checkpoint, join(root, 'last'), DESCRIPTION);
    const expected = [
      {
        ...{ source: 'balls', taken: 'both networks', preset: 'tiny-grown', seed: 1, patches: 7 },
        ...{ patchesSha256: 'a'.repeat(64), updates: 8, resolution: 16 },
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      {
        ...{ source: 'second', taken: 'both networks', preset: 'tiny-grown', seed: 2, patches: 9 },
        ...{ patchesSha256: 'b'.repeat(64), updates: 2, resolution: 16, sha256: second.checkpoint.sha256 },
      },
    ];
    expect(card.training.ancestors).toEqual(expected);
    expect((await loadState(third.checkpoint)).config.ancestors).toEqual(expected);
    expect((await readRun(join(root, 'third')))!.ancestors).toEqual(expected);
    const page = await readFile(join(root, 'third', 'report.html'), 'utf8');
    expect(page).toContain('<dt>Began with</dt><dd>both networks of second after 2 updates</dd>');
  });

  test('goes on bit for bit after a stop, without being told again what it began with', async () => {
    await trained(false);
    const from = await openWarmStart(join(root, 'old'));
    const whole = await train(options('whole', { from, seed: 2 }));
    await train(options('broken', { from, seed: 2, limits: { maxUpdates: 2 } }));
    const resumed = await train(options('broken', { seed: 2 }));
    expect(resumed.state.values).toEqual(whole.state.values);
    expect((await loadState(resumed.checkpoint)).config.ancestors).toEqual(from.ancestors);
    // What began at random cannot be told afterwards that it began with something.
    await train(options('random', { limits: { maxUpdates: 1 } }));
    await expect(train(options('random', { from }))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('networks that began at random'),
    });
  });

  test('takes the generator alone from a model without a state, and learns the critic anew', async () => {
    const { model, result } = await trained(false);
    const from = await openWarmStart(model);
    expect(from.ancestors).toMatchObject([{ taken: 'generator', updates: 8 }]);
    const config = configOf(TINY_GROWN, 5, OTHER_SET, from.ancestors);
    const { values } = warmState(config, from);
    const critic = Object.keys(values).filter(
      (name) => name.startsWith('critic.') && name.endsWith('weight'),
    );
    expect(critic.length).toBeGreaterThan(3);
    for (const name of critic) expect(values[name]).not.toEqual(result.state.values[name]);
    for (const name of Object.keys(values).filter((key) => key.startsWith('generator.'))) {
      expect(values[name]).toEqual(result.state.values[`average.${name}`]);
      expect(values[`average.${name}`]).toEqual(values[name]);
    }
  });

  test('grows on from a stage that it knows to one that they never had', async () => {
    const { result } = await trained(false, 3);
    const from = await openWarmStart(join(root, 'old'));
    expect(from.ancestors).toMatchObject([{ resolution: 8 }]);
    const grown = await train(options('grown', { from, seed: 3 }));
    expect(grown.state.counters).toMatchObject({ stage: 1, update: 8 });
    expect(result.state.values['generator.up16.weight']).toBeUndefined();
    expect(grown.state.values['generator.up16.weight']!.some((value) => value !== 0)).toBe(true);
  });

  const wider: Preset = {
    ...TINY_GROWN,
    name: 'wider',
    architecture: { ...TINY_GROWN.architecture, channels: [4, 3, 2] },
  };
  const finer: Preset = { ...TINY_GROWN, name: 'finer', stages: TINY_GROWN.stages.slice(0, 1) };
  const adaptive: Preset = {
    ...TINY_GROWN,
    criticAugmentation: {
      ...{ probability: 0.4, shiftShare: 0.1, attenuation: 0.1, cutoutShare: 0.3 },
      adaptive: { target: 0.4, heldBack: 0.3, every: 2, patchesToFull: 100, most: 0.8 },
    },
  };
  test.each([
    ['patients held back whom they may have seen', adaptive, /patients that the critic has never seen/],
    ['other widths', wider, /wider has generator\.latent\.weight of shape .*, and it has none such/],
    ['no stage of their resolution', finer, /the stages of finer have 8³/],
  ])('is refused for a preset with %s', async (_, preset, message) => {
    await trained(false);
    const from = await openWarmStart(join(root, 'old'));
    expect(() => warmState(configOf(preset, 1, OTHER_SET, from.ancestors), from)).toThrow(message);
  });

  test('is refused where there is neither a model nor a training', async () => {
    await expect(openWarmStart(root)).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('holds neither a model nor a training'),
    });
  });
});
