import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import type { TrainingEvent } from '../../../server/src/gan/events.ts';
import { COLLAPSED_CHECKPOINTS } from '../../../server/src/gan/health.ts';
import type { Preset } from '../../../server/src/gan/presets.ts';
import { train, type TrainOptions } from '../../../server/src/gan/train.ts';
import { enterStage, loadState, valueShapes } from '../../../server/src/gan/trainingState.ts';
import { listCheckpoints, stemOf } from '../../../server/src/nn/checkpoint.ts';
import { NO_UPDATES, saveTraining } from '../../../server/src/nn/trainingState.ts';
import { ballPatches, TINY_GROWN } from './tinyPresets.ts';

const engine = onnxCpuEngine({ threads: 1 });
const EVERY_UPDATE = 1e-9;
let outDir: string;
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'nodulelab-health-'));
});
afterEach(() => rm(outDir, { recursive: true, force: true }));

/** 8³ only, with as many channels as it takes to learn balls. */
const SMALL: Preset = {
  ...TINY_GROWN,
  name: 'small',
  architecture: { ...TINY_GROWN.architecture, latentSize: 8, channels: [16, 8] },
  stages: [{ resolution: 8, learningRate: 1e-3, batchSize: 16 }],
};

const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  preset: SMALL,
  dataset: ballPatches(48, 8),
  outDir,
  seed: 1,
  engine,
  clock: () => performance.now(),
  resume: true,
  // Batches this small are made faster than a thread is started.
  dataThreads: 0,
  ...more,
});

describe('a training with a learning rate of 1000', () => {
  test('is stopped with a clear word, and the checkpoint before it went wrong is whole', async () => {
    const preset = { ...SMALL, stages: [{ ...SMALL.stages[0]!, learningRate: 1e3 }] };
    // The first checkpoint is of the start itself: the state before the first step.
    const config = { preset, seed: 1, patches: 48, patchesSha256: null, ancestors: [] };
    const start = enterStage(config, { values: {}, counters: NO_UPDATES }, 0);
    const content = { config, state: start, watch: null, lastGood: null };
    const first = await saveTraining(outDir, content, valueShapes(config, 0), false);

    const events: TrainingEvent[] = [];
    await expect(
      train(
        options({
          preset,
          checkpointMinutes: EVERY_UPDATE,
          limits: { maxUpdates: 200 },
          onProgress: (event) => void events.push(event),
        }),
      ),
    ).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringMatching(
        /^The training diverged: .*smaller learning rate.* The last good checkpoint is .*checkpoint-00000000\.safetensors\.$/,
      ),
      details: { checkpoint: first.file },
    });
    expect(events.filter((event) => event.type === 'progress').length).toBeLessThan(200);
    const [kept] = await listCheckpoints(outDir);
    expect(kept).toEqual(first);
    expect((await loadState(kept!)).state).toEqual(start);
  });
});

describe('a generator that makes the same image of every latent', () => {
  /** A checkpoint late in a training whose generator no longer looks at its latent. */
  const collapsedAt = async (update: number): Promise<Preset> => {
    // So small a rate that it cannot find its way back.
    const preset = { ...SMALL, stages: [{ ...SMALL.stages[0]!, learningRate: 1e-12 }] };
    const config = { preset, seed: 1, patches: 48, patchesSha256: null, ancestors: [] };
    const counters = { ...NO_UPDATES, update, stageUpdate: update };
    const state = enterStage(config, { values: {}, counters }, 0);
    const weights = 'generator.latent.weight';
    const dead = new Float32Array(state.values[weights]!.length);
    const values = { ...state.values, [weights]: dead, [`average.${weights}`]: dead };
    const content = { config, state: { values, counters }, watch: null, lastGood: null };
    await saveTraining(outDir, content, valueShapes(config, 0), false);
    return preset;
  };

  test('is noticed: a warning first, then the training stops and names the checkpoint before', async () => {
    const preset = await collapsedAt(2000);
    const events: TrainingEvent[] = [];
    const collapsing = options({
      preset,
      checkpointMinutes: EVERY_UPDATE,
      onProgress: (event) => void events.push(event),
    });
    await expect(train(collapsing)).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringMatching(/^The generator collapsed: .*checkpoint-00002000\.safetensors\.$/),
    });
    const told = events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
    expect(told.filter((code) => code === 'low-diversity').length).toBe(1);
    // Two checkpoints in doubt were kept besides the good one; the third look ended it.
    expect((await listCheckpoints(outDir)).map((c) => c.update)).toEqual([2000, 2001, 2002]);
    expect(COLLAPSED_CHECKPOINTS).toBe(3);
  });

  test('is counted on by a training that goes on from a checkpoint in doubt', async () => {
    const preset = await collapsedAt(2000);
    const short = options({ preset, checkpointMinutes: EVERY_UPDATE, limits: { maxUpdates: 2002 } });
    await train(short);
    await expect(train({ ...short, limits: { maxUpdates: 2010 } })).rejects.toMatchObject({
      message: expect.stringContaining('checkpoint-00002000.safetensors'),
    });
  });

  test('is given time at the begin of a training', async () => {
    const preset = await collapsedAt(10);
    const { reason } = await train(
      options({ preset, checkpointMinutes: EVERY_UPDATE, limits: { maxUpdates: 16 } }),
    );
    expect(reason).toBe('limit');
  });
});

describe('a healthy small training', () => {
  test('raises no alarm, and each checkpoint has its picture', async () => {
    const events: TrainingEvent[] = [];
    // Two batches an update, three an epoch: a milestone every 15 updates.
    await train(
      options({
        preset: { ...SMALL, checkpointEpochs: 10 },
        limits: { maxUpdates: 150 },
        onProgress: (event) => void events.push(event),
      }),
    );
    expect(events.filter((event) => event.type === 'warning')).toEqual([]);
    const stems = (await listCheckpoints(outDir)).map(stemOf);
    expect(stems.length).toBeGreaterThan(3);
    const pictures = (await readdir(outDir)).filter((name) => name.startsWith('samples-'));
    expect(pictures.sort()).toEqual(stems.map((stem) => `samples-${stem.slice('checkpoint-'.length)}.png`));
  });
});
