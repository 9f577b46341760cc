import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRun } from '../../../server/src/gan/report/runFile.ts';
import type { TrainWorkerConfig } from '../../../server/src/gan/trainWorker.ts';
import { listCheckpoints } from '../../../server/src/nn/checkpoint.ts';
import { writePatchSet } from '../../support/patchSet.ts';
import { trainProcess } from '../../support/trainProcess.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-worker-'));
  await writePatchSet(join(folder, 'dataset'), 3);
});
afterAll(() => rm(folder, { recursive: true }));

const config = (more: Partial<TrainWorkerConfig> = {}): TrainWorkerConfig => ({
  preset: 'progressive-64',
  widthDivisor: 16,
  batchSize: 3,
  dataset: join(folder, 'dataset'),
  outDir: join(folder, 'run'),
  threads: 1,
  ...more,
});

describe('the training worker', () => {
  test('writes events line by line, and on SIGTERM a checkpoint from which the next one goes on', async () => {
    const first = await trainProcess(folder, config(), (event, kill) => {
      if (event.type === 'progress' && event.update === 2) kill('SIGTERM');
    });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const finished = first.events.at(-1)!;
    if (finished.type !== 'finished') throw new Error(`the last event is ${finished.type}`);
    expect(finished.reason).toBe('aborted');
    const newest = (await listCheckpoints(join(folder, 'run'))).at(-1)!;
    expect(newest.update).toBe(finished.update);
    expect(await readRun(join(folder, 'run'))).toMatchObject({
      ...{ state: 'aborted', update: finished.update, lastGood: newest.file, seed: 1, warnings: [] },
      preset: { name: 'progressive-64/16' },
      dataset: { name: join(folder, 'dataset'), patches: 3, size: 64 },
      engine: { name: 'onnx-cpu', reason: expect.stringContaining('1 CPU thread') },
      codeVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });

    const second = await trainProcess(folder, config({ limits: { maxUpdates: finished.update + 1 } }));
    expect(second.code).toBe(0);
    expect(second.events[0]).toMatchObject({
      type: 'engine',
      name: 'onnx-cpu',
      reason: expect.stringContaining('1 CPU thread'),
    });
    expect(second.events[1]).toMatchObject({ type: 'stage', update: finished.update });
    expect(second.events.at(-1)).toMatchObject({
      type: 'finished',
      reason: 'limit',
      update: finished.update + 1,
    });
  });

  test('ends with one line about what is wrong, and exit code 1', async () => {
    const { code, stderr, events } = await trainProcess(folder, config({ preset: 'seed-65' }));
    expect(code).toBe(1);
    expect(events).toEqual([]);
    expect(JSON.parse(stderr)).toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('seed-64'),
    });
  });
});
