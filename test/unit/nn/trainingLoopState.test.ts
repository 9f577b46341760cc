import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeCheckpoint } from '../../../server/src/nn/checkpoint.ts';
import {
  loadTraining,
  newestGoodCheckpoint,
  NO_UPDATES,
  saveTraining,
} from '../../../server/src/nn/trainingState.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

const CONFIG = z.object({ name: z.string() });
const SHAPES = new Map([['w', [2, 1]]]);
const VALUES = { w: Float32Array.of(1, 2) };
const TENSORS = { w: { shape: [2, 1], values: VALUES.w } };
const COUNTERS = { stage: 1, stageUpdate: 4, update: 9, stageSeconds: 1.5, seconds: 7 };

describe('a training in a checkpoint', () => {
  test('comes back with all that it carried', async () => {
    const content = {
      config: { name: 'n' },
      state: { counters: { ...COUNTERS, step: 1 }, values: VALUES },
      watch: { seen: 3 },
      lastGood: 'checkpoint-00000007.safetensors',
    };
    const info = await saveTraining(folder, content, SHAPES, false);
    expect(info.file).toBe('checkpoint-00000009-1.safetensors');
    expect(await loadTraining(info, CONFIG, () => SHAPES)).toEqual(content);
  });

  test.each([
    ['counts its steps by their older name', { ...COUNTERS, criticStep: 2 }, 2],
    ['was written before steps were counted', COUNTERS, 0],
  ])('is read when it %s', async (_, counters, step) => {
    const content = { tensors: TENSORS, state: { config: { name: 'n' }, counters } };
    const info = await writeCheckpoint(folder, content, { update: 9, milestone: false });
    expect(await loadTraining(info, CONFIG, () => SHAPES)).toEqual({
      config: { name: 'n' },
      state: { counters: { ...COUNTERS, step }, values: VALUES },
      watch: null,
      lastGood: null,
    });
  });

  test('is refused when it is of another kind, or lacks a tensor', async () => {
    const content = { config: { other: 1 }, state: { counters: NO_UPDATES, values: VALUES } };
    const info = await saveTraining(folder, { ...content, watch: null, lastGood: null }, SHAPES, false);
    await expect(loadTraining(info, CONFIG, () => SHAPES)).rejects.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining('no training state of this kind'),
    });
    await expect(loadTraining(info, z.unknown(), () => new Map([['v', [2]]]))).rejects.toThrow(
      'has no tensor v of shape [2]',
    );
  });

  test('is taken for a model from the newest checkpoint that was not in doubt', async () => {
    expect(await newestGoodCheckpoint(folder)).toBeUndefined();
    const save = (update: number, lastGood: string | null): ReturnType<typeof saveTraining> => {
      const state = { counters: { ...NO_UPDATES, update }, values: VALUES };
      return saveTraining(folder, { config: { name: 'n' }, state, watch: null, lastGood }, SHAPES, false);
    };
    const first = await save(1, null);
    expect(await newestGoodCheckpoint(folder)).toEqual(first);
    const second = await save(2, null);
    expect(await newestGoodCheckpoint(folder)).toEqual(second);
    await save(3, second.file);
    const last = await save(4, second.file);
    expect(await newestGoodCheckpoint(folder)).toEqual(second);
    // The good one may have been moved away: better the newest than none.
    await rm(join(folder, second.file.replace('.safetensors', '.json')));
    expect(await newestGoodCheckpoint(folder)).toEqual(last);
  });
});
