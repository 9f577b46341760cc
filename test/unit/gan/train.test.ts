import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import type { Engine } from '../../../server/src/engine/engine.ts';
import type { TrainingEvent, ProgressEvent } from '../../../server/src/gan/events.ts';
import type { Limits } from '../../../server/src/gan/limits.ts';
import { train, type TrainingResult, type TrainOptions } from '../../../server/src/gan/train.ts';
import { listCheckpoints } from '../../../server/src/nn/checkpoint.ts';
import { ballPatches, TINY_GROWN, TINY_PLAIN } from './tinyPresets.ts';

const engine = onnxCpuEngine({ threads: 1 });
let outDir: string;
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'nodulelab-train-'));
});
afterEach(() => rm(outDir, { recursive: true, force: true }));

const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  preset: TINY_GROWN,
  dataset: ballPatches(7, 16),
  outDir,
  seed: 1,
  engine,
  clock: () => performance.now(),
  resume: true,
  // Batches this small are made faster than a thread is started.
  dataThreads: 0,
  ...more,
});

/** The engine, telling before every run which program runs. */
function watched(tell: (program: string) => void): Engine {
  return {
    ...engine,
    async open(programs, state) {
      const session = await engine.open(programs, state);
      return {
        ...session,
        run(program, feeds) {
          tell(program);
          return session.run(program, feeds);
        },
      };
    },
  };
}

const isProgress = (event: TrainingEvent): event is ProgressEvent => event.type === 'progress';

describe('a training that was interrupted', () => {
  let whole: TrainingResult;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nodulelab-whole-'));
    whole = await train(options({ outDir: folder }));
    await rm(folder, { recursive: true });
  });

  // Before the first checkpoint, within a stage, at its last update, and within the next.
  test.each([1, 3, 4, 6])(
    'by a kill at update %i goes on from its last checkpoint to bit-identical weights',
    async (killedAt) => {
      const kill = (event: TrainingEvent): void => {
        if (isProgress(event) && event.update === killedAt) throw new Error('killed');
      };
      const broken = options({ outDir: join(outDir, 'broken'), checkpointMinutes: 1e-9 });
      await expect(train({ ...broken, onProgress: kill })).rejects.toThrow('killed');
      const saved = (await listCheckpoints(broken.outDir)).at(-1)?.update ?? 0;
      expect(saved).toBeLessThan(killedAt);

      const updates: number[] = [];
      const resumed = await train({
        ...broken,
        onProgress: (event) => void (isProgress(event) && updates.push(event.update)),
      });
      expect(updates[0]).toBe(saved + 1);
      expect(whole.state.counters.update).toBe(8);
      expect(resumed.state.values).toEqual(whole.state.values);
      expect(resumed.state.counters).toMatchObject({ stage: 1, stageUpdate: 4, update: 8 });
    },
  );

  // Two critic steps and one generator step an update.
  test.each([
    ['the first critic step', 7, 7, 1],
    // Nothing is left to wait for but the generator step, which ends the update.
    ['the last critic step', 8, 9, 0],
    ['the generator step', 9, 9, 0],
  ])(
    'by its user during %s of the third update stops there, and goes on exactly',
    async (_, stopAt, lastRun, step) => {
      const stop = new AbortController();
      let runs = 0;
      // Every step begins by generating images.
      const aborting = watched((program) => {
        if (program === 'generate' && ++runs === stopAt) stop.abort();
      });
      const broken = options({ outDir: join(outDir, 'broken') });
      const stopped = await train({ ...broken, engine: aborting, signal: stop.signal });
      expect(runs).toBe(lastRun);
      expect(stopped.reason).toBe('aborted');
      expect(stopped.state.counters).toMatchObject({ update: step === 0 ? 3 : 2, step });
      const resumed = await train(broken);
      expect(resumed.state.values).toEqual(whole.state.values);
    },
  );

  test('is not resumed from a checkpoint whose bytes have changed', async () => {
    const { checkpoint } = await train(options({ limits: { maxUpdates: 1 } }));
    const path = join(outDir, checkpoint.file);
    const bytes = await readFile(path);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(path, bytes);
    await expect(train(options())).rejects.toMatchObject({ name: 'NoduleLabError', kind: 'refused' });
  });

  test('is not resumed with other patches, however many there are, and goes on with its own', async () => {
    const own = { ...ballPatches(7, 16), sha256: 'a'.repeat(64) };
    const other = { ...own, sha256: 'b'.repeat(64) };
    await train(options({ dataset: own, limits: { maxUpdates: 1 } }));
    await expect(train(options({ dataset: other }))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('it has patches with the SHA-256 aaaaaaaaaaaa…'),
    });
    const resumed = await train(options({ dataset: own, limits: { maxUpdates: 2 } }));
    expect(resumed.state.counters.update).toBe(2);
  });

  test('is the same with one thread that makes batches and with three', async () => {
    const [one, three] = [1, 3].map((dataThreads) =>
      train(options({ dataThreads, outDir: join(outDir, String(dataThreads)), limits: { maxUpdates: 5 } })),
    );
    expect((await one!).state.values).toEqual((await three!).state.values);
  });

  test('is not resumed with another configuration, nor overwritten by a new training', async () => {
    await train(options({ limits: { maxUpdates: 1 } }));
    await expect(train(options({ seed: 2 }))).rejects.toMatchObject({ kind: 'conflict' });
    await expect(train(options({ preset: TINY_PLAIN }))).rejects.toMatchObject({ kind: 'conflict' });
    await expect(train(options({ resume: false }))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(/already holds a training .*: resume it, or choose an empty folder\.$/),
    });
  });
});

describe('a training', () => {
  test('depends on its seed', async () => {
    const short = { limits: { maxUpdates: 1 } };
    const one = await train(options({ ...short, outDir: join(outDir, 'a') }));
    const two = await train(options({ ...short, outDir: join(outDir, 'b'), seed: 2 }));
    expect(one.state.values).not.toEqual(two.state.values);
  });

  test('tells stage, epoch, measures and times of every update', async () => {
    const events: TrainingEvent[] = [];
    await train(options({ onProgress: (event) => void events.push(event) }));
    expect(events.filter((e) => e.type === 'stage').map((e) => [e.resolution, e.batchesPerEpoch])).toEqual([
      [8, 2],
      [16, 2],
    ]);
    const progress = events.filter(isProgress);
    // Two critic steps an update and two batches an epoch: one epoch an update.
    expect(progress.map((e) => [e.stage, e.epoch, e.update])).toEqual([
      [0, 1, 1],
      [0, 2, 2],
      [0, 3, 3],
      [0, 4, 4],
      [1, 1, 5],
      [1, 2, 6],
      [1, 3, 7],
      [1, 4, 8],
    ]);
    for (const event of progress) {
      expect(event.secondsPerUpdate).toBeGreaterThan(0);
      expect(event.dataWaitShare).toBeGreaterThanOrEqual(0);
      expect(event.dataWaitShare).toBeLessThanOrEqual(1);
      expect(event.gradientNorm).toBeGreaterThan(0);
    }
    expect(progress[3]!.secondsLeft).toBe(0);
    expect(progress[0]!.secondsLeft).toBeCloseTo(3 * progress[0]!.secondsPerUpdate, 9);
    expect(events.at(-1)).toMatchObject({ type: 'finished', update: 8, reason: 'complete' });
  });

  test.each([
    ['updates', { maxUpdates: 3 }, 3, 'limit'],
    ['epochs of the stage', { epochs: 2 }, 2, 'limit'],
    ['updates per stage', { stages: [{ maxUpdates: 2 }, { maxUpdates: 1 }] }, 3, 'complete'],
    ['minutes per stage', { stages: [{ maxMinutes: 2.5 }, { maxMinutes: 1 }] }, 4, 'complete'],
    ['minutes', { maxMinutes: 5 }, 5, 'limit'],
  ] satisfies [string, Limits, number, string][])(
    'ends after the given %s',
    async (_, limits, updates, reason) => {
      // A clock on which every update takes a minute: it moves only when a generator step runs.
      let minutes = 0;
      const timed = watched((program) => {
        if (program === 'generator') minutes++;
      });
      const result = await train(options({ limits, engine: timed, clock: () => minutes * 60_000 }));
      expect(result).toMatchObject({ reason, checkpoint: { update: updates } });
    },
  );

  test('keeps a milestone every so many epochs, and of the others the newest two', async () => {
    // One epoch an update; minutes of no length save every update.
    const preset = { ...TINY_GROWN, checkpointEpochs: 3 };
    await train(options({ preset, checkpointMinutes: 1e-9 }));
    const kept = await listCheckpoints(outDir);
    // Every third epoch of each stage (updates 3 and 7) and the end of the first stage (4) are milestones.
    expect(kept.filter((c) => c.milestone).map((c) => c.update)).toEqual([3, 4, 7]);
    expect(kept.filter((c) => !c.milestone).map((c) => c.update)).toEqual([6, 8]);
  });

  test('refuses patches of another size than its last stage', async () => {
    await expect(train(options({ dataset: ballPatches(7, 32) }))).rejects.toThrow('16³');
  });
});
