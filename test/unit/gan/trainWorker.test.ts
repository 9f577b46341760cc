import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MANIFEST_FILE, manifestSchema } from '../../../server/src/dataset/manifest.ts';
import { assignmentHash } from '../../../server/src/dataset/split.ts';
import { trainingEventSchema, type TrainingEvent } from '../../../server/src/gan/events.ts';
import type { TrainWorkerConfig } from '../../../server/src/gan/trainWorker.ts';
import { listCheckpoints } from '../../../server/src/nn/checkpoint.ts';
import { ballPatches } from './tinyPresets.ts';

const WORKER = join(import.meta.dirname, '../../../server/src/gan/trainWorker.ts');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-worker-'));
  await writeDataset(join(folder, 'dataset'));
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
    const first = await runWorker(config(), (event, stop) => {
      if (event.type === 'progress' && event.update === 2) stop();
    });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const finished = first.events.at(-1)!;
    if (finished.type !== 'finished') throw new Error(`the last event is ${finished.type}`);
    expect(finished.reason).toBe('aborted');
    expect((await listCheckpoints(join(folder, 'run'))).at(-1)).toMatchObject({ update: finished.update });

    const second = await runWorker(config({ limits: { maxUpdates: finished.update + 1 } }));
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
    const { code, stderr, events } = await runWorker(config({ preset: 'seed-65' }));
    expect(code).toBe(1);
    expect(events).toEqual([]);
    expect(JSON.parse(stderr)).toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('seed-64'),
    });
  });
});

async function runWorker(
  settings: TrainWorkerConfig,
  onEvent?: (event: TrainingEvent, stop: () => void) => void,
): Promise<{ code: number | null; events: TrainingEvent[]; stderr: string }> {
  const path = join(folder, 'config.json');
  await writeFile(path, JSON.stringify(settings));
  const child = spawn(process.execPath, [WORKER, path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const events: TrainingEvent[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  createInterface(child.stdout).on('line', (line) => {
    const event = trainingEventSchema.parse(JSON.parse(line));
    events.push(event);
    onEvent?.(event, () => child.kill('SIGTERM'));
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, events, stderr };
}

/** A set of three balls of 64³ as the dataset room writes it. */
async function writeDataset(dir: string): Promise<void> {
  const balls = ballPatches(3, 64);
  const patches = Buffer.concat(
    await Promise.all([0, 1, 2].map(async (i) => Buffer.from((await balls.patch(i)).buffer as ArrayBuffer))),
  );
  const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
  const characteristics = {
    ...{ subtlety: 3, internalStructure: 1, calcification: 6, sphericity: 5, margin: 4 },
    ...{ lobulation: 1, spiculation: 1, texture: 5, malignancy: 3 },
  };
  const counts = { malignant: 0, benign: 0, indeterminate: 3 };
  const manifest = manifestSchema.parse({
    kind: 'nodulelab-patches',
    version: 1,
    count: 3,
    size: 64,
    dtype: 'f32',
    form: 'isolated',
    class: 'all',
    fold: 'train',
    fieldOfView: { diameters: 2 },
    windowHu: [-1000, 400],
    minDiameterMm: 3,
    maxDiameterMm: null,
    cancerRule: { text: 'none', ratedBy: { readers: 3, majority: 0 }, counts, countsInSet: counts },
    leftOut: [],
    split: { seed: 1, folds: 5, testPatients: [], assignment: {}, sha256: assignmentHash({}) },
    patches: [0, 1, 2].map((i) => ({
      ...{ id: `p/${i}`, patientId: 'p', seriesUID: '1.2', noduleId: String(i), characteristics },
      ...{ diameterMm: 10, equivalentDiameterMm: 10, spacingMm: 0.3, centre: [0, 0, 0] },
      ...{ malignancyRatings: [3], ratingSource: 'readers', class: 'indeterminate' },
      sourceSha256: sha256(Buffer.of(i)),
    })),
    patchesFile: 'patches.f32',
    patchesSha256: sha256(patches),
  });
  await mkdir(dir);
  await writeFile(join(dir, 'patches.f32'), patches);
  await writeFile(join(dir, MANIFEST_FILE), JSON.stringify(manifest));
}
