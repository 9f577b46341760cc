import { afterAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { classify } from '../../../server/src/services/classification/classify.ts';
import { holdFolder } from '../../../server/src/services/classification/experimentFolder.ts';
import { drawFolds } from '../../../server/src/services/classification/folds.ts';
import { trainingTasks } from '../../../server/src/services/classification/plan.ts';
import { readProtocol } from '../../../server/src/services/classification/protocol.ts';
import type { TrainingRecord } from '../../../server/src/services/classification/training.ts';
import {
  keptRecord,
  recordPath,
  requireOwnRecords,
} from '../../../server/src/services/classification/trainings.ts';
import { madeNodules } from '../../support/classificationLesions.ts';

const root = mkdtempSync(join(tmpdir(), 'nodulelab-experiment-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('the folder of an experiment', () => {
  it('is worked in by one process at a time', async () => {
    const dir = join(root, 'held');
    const held = await holdFolder(dir);
    await expect(holdFolder(dir)).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });
    await held.release();
    await (await holdFolder(dir)).release();
  });

  it('is rid of what a killed process left half written, and of nothing else', async () => {
    const dir = join(root, 'killed');
    const half = join(dir, 'sets', '.median-train.4711.partial');
    const record = join(dir, 'trainings', 'median', 'held-out', 'real', '1-0.json');
    mkdirSync(half, { recursive: true });
    writeFileSync(join(half, 'patches.f16'), 'half');
    mkdirSync(dirname(record), { recursive: true });
    writeFileSync(record, 'whole');
    writeFileSync(`${record}.4711.partial`, 'ha');
    await (await holdFolder(dir)).release();
    expect(existsSync(half)).toBe(false);
    expect(existsSync(`${record}.4711.partial`)).toBe(false);
    expect(readFileSync(record, 'utf8')).toBe('whole');
  });

  it('is not made where only a report is asked for', async () => {
    const dir = join(root, 'never');
    const protocol = await readProtocol('quick');
    const arms = protocol.designs['every-patient']!;
    await expect(
      classify({
        protocol: { ...protocol, designs: { 'every-patient': arms } },
        source: { kind: 'vois', dir: join(root, 'no-source') },
        model: null,
        outDir: dir,
        workers: 1,
        engine: 'auto',
        reportOnly: true,
        unlocked: false,
        codeVersion: '0',
        now: () => new Date(0),
      }),
    ).rejects.toMatchObject({ kind: 'not-found', message: expect.stringContaining('nothing to report on') });
    expect(existsSync(dir)).toBe(false);
  });
});

describe('trainings that are kept', () => {
  const dir = join(root, 'kept');
  const nodules = madeNodules(48);
  const tasksWith = async (updates: number) => {
    const quick = await readProtocol('quick');
    const protocol = { ...quick, training: { ...quick.training, updates } };
    const folds = drawFolds({
      rule: 'median',
      design: 'every-patient',
      generator: null,
      ...{ nodules, seeds: [1], folds: 2, validationShare: 0.25 },
    });
    return trainingTasks({ protocol, folds: [folds], realSets: [], samples: [] });
  };

  it('are gone on with by the same protocol, and not written over by another one', async () => {
    const [task, ...others] = await tasksWith(20);
    const record: TrainingRecord = {
      ...{ rule: 'median', design: 'every-patient', arm: task!.arm.name, seed: 1, fold: 0 },
      inputsSha256: task!.inputsSha256,
      trainedOn: { malignant: 1, benign: 1, syntheticMalignant: 0, syntheticBenign: 0 },
      threshold: 0.5,
      test: { probability: [0.5], called: [true], id: ['a'], malignant: [true] },
      probes: { probability: [], called: [] },
      ...{ lastLoss: 1, seconds: 1 },
    };
    const path = recordPath(dir, task!);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(record));

    await expect(requireOwnRecords(dir, [task!, ...others])).resolves.toBeUndefined();
    expect(await keptRecord(dir, task!)).toEqual(record);
    const changed = await tasksWith(21);
    expect(await keptRecord(dir, changed[0]!)).toBeUndefined();
    await expect(requireOwnRecords(dir, changed)).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(`holds 1 trainings that were made otherwise`),
    });
  });

  it('that were cut off are made again', async () => {
    const [, task] = await tasksWith(20);
    writeFileSync(recordPath(dir, task!), '{"rule": "med');
    await expect(requireOwnRecords(dir, [task!])).resolves.toBeUndefined();
    expect(await keptRecord(dir, task!)).toBeUndefined();
  });
});
