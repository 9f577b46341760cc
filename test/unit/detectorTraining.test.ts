import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { splitPatients } from '../../server/src/dataset/split.ts';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { openDetector } from '../../server/src/networks/detector.ts';
import { requireHeldOut } from '../../server/src/services/networks/measureOnCts.ts';
import {
  trainDetector,
  type TrainDetectorOptions,
} from '../../server/src/services/networks/trainDetector.ts';
import { writeVois } from '../support/voiFolder.ts';

const engine = onnxCpuEngine({ threads: 1 });
const PATIENTS = Array.from({ length: 24 }, (_, n) => `LIDC-IDRI-${String(1100 + n)}`);
const SPLIT = splitPatients(PATIENTS, { seed: 1, folds: 5, testPatients: [] });
const inTrain = PATIENTS.filter((patient) => SPLIT.assignment[patient] !== 0);
let work: string;
let options: TrainDetectorOptions;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'nodulelab-detector-training-'));
  const vois = join(work, 'vois');
  writeVois(
    vois,
    PATIENTS.map((patient, n) => ({
      ...{ patient, nodule: '1', radiusMm: 3 + 0.1 * n, malignancy: 3, series: `1.2.3.${n}` },
    })),
  );
  options = {
    ...{ vois, outDir: join(work, 'network'), checkpoints: join(work, 'checkpoints') },
    ...{ engine, updates: 8, codeVersion: '1.2.3', clock: () => performance.now() },
  };
});
afterAll(() => rm(work, { recursive: true, force: true }));

describe('training a detector on a folder of cut-outs', () => {
  test('leaves no card where it is stopped, goes on, and writes one that says what it learned from', async () => {
    const stop = new AbortController();
    const stopped = await trainDetector({
      ...options,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'progress' && event.counters.update === 2) stop.abort();
      },
    });
    expect(stopped).toEqual({ card: null, reason: 'aborted' });
    expect(existsSync(options.outDir)).toBe(false);
    await expect(trainDetector(options)).rejects.toThrow(/already holds a training/);

    let updates = 0;
    const { card, reason } = await trainDetector({
      ...options,
      resume: true,
      onEvent: (event) => {
        if (event.type === 'progress') updates++;
      },
      measure: async ({ card: measured }) => [
        { what: `more of ${measured.name}`, value: 1, interval: null, ceiling: null, n: 1 },
      ],
    });
    expect(reason).toBe('complete');
    expect(updates).toBe(6);
    expect(card).toMatchObject({
      ...{ kind: 'detector', codeVersion: '1.2.3' },
      split: { seed: 1, folds: 5, fold: 'train', sha256: SPLIT.sha256 },
      training: { seed: 1, updates: 8 },
    });
    // Some of the train fold are kept for calibration; none of the test fold is learned from.
    expect(card!.trainingPatients).toBeLessThan(inTrain.length);
    expect(card!.trainingPatients).toBeGreaterThan(inTrain.length / 2);
    expect(card!.figures.map(({ what }) => what)).toContain('more of detector-32');
    const all = card!.figures.find(({ what }) => /all other places/.test(what))!;
    expect(all.value).toBeGreaterThan(0.9);
    expect(JSON.parse(await readFile(join(options.outDir, 'network.json'), 'utf8'))).toEqual(card);
    const detector = await openDetector(options.outDir, engine);
    expect(detector.card.weights.sha256).toBe(card!.weights.sha256);
    await detector.release();

    expect(() => requireHeldOut({ card: card! }, [{ patientId: inTrain[0]! }])).toThrow(
      /belong to the train fold/,
    );
    expect(() => requireHeldOut({ card: card! }, [{ patientId: 'LIDC-IDRI-0001' }])).not.toThrow();
  }, 120_000);
});
