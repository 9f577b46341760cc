import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ModelEvaluation } from '@nodulelab/contract';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attachEvaluation,
  readModelEvaluation,
  readModelReport,
} from '../../server/src/services/modelEvaluation.ts';
import { evaluationOf } from '../support/evaluationResult.ts';

const sha256 = '9'.repeat(64);
let dir: string;
let folder: string;
let models = 0;
const model = () => ({ name: 'malignant-64', folder, sha256 });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodulelab-attach-'));
  await writeFile(
    join(dir, 'evaluation.json'),
    JSON.stringify(evaluationOf({ name: 'malignant-64', sha256 })),
  );
  await writeFile(join(dir, 'report.html'), '<h1>Report</h1>');
});
beforeEach(async () => {
  folder = join(dir, 'models', String(models++));
  await mkdir(folder, { recursive: true });
});
afterAll(() => rm(dir, { recursive: true }));

test('what was attached is what the card shows and the report opens', async () => {
  const attached = await attachEvaluation(model(), dir);
  expect(await readModelEvaluation(model())).toEqual(attached);
  expect(ModelEvaluation.parse(attached)).toEqual(attached);
  expect(attached).toMatchObject({
    real: 119,
    synthetic: 500,
    errors: ['The control memorised passed every gate.'],
  });
  expect(attached.gates.map(({ passed }) => passed)).toEqual([false, null]);
  expect(attached.figures[0]).toMatchObject({
    measured: { value: 0.4, interval: [0.34, expect.closeTo(0.47)] },
    floor: null,
  });
  expect(Buffer.from(await readModelReport(model())).toString()).toBe('<h1>Report</h1>');
});

test('a copy of the report without patients keeps the rest', async () => {
  const marked = join(dir, 'marked');
  await mkdir(marked);
  await cp(join(dir, 'evaluation.json'), join(marked, 'evaluation.json'));
  await writeFile(
    join(marked, 'report.html'),
    '<h1>Report</h1><img data-shows="patient" src="a"><img src="b">',
  );
  await attachEvaluation(model(), marked, { patients: false });
  const report = Buffer.from(await readModelReport(model())).toString();
  expect(report).toMatch(/^<h1>Report<\/h1><span .*<img src="b">$/);
  const kept = await readFile(join(model().folder, 'evaluation', 'evaluation.json'), 'utf8');
  expect(kept).toContain('training nodule 12');
  expect(kept).not.toContain('LIDC-IDRI');
  await writeFile(join(marked, 'report.html'), '<img src="whose">');
  await expect(attachEvaluation(model(), marked, { patients: false })).rejects.toThrow(
    'does not say which of its pictures show real nodules',
  );
});

test('a model that was not evaluated says so and how to do it', async () => {
  expect(await readModelEvaluation(model())).toBeNull();
  await expect(readModelReport(model())).rejects.toThrow(
    /The model malignant-64 has no evaluation: .*nodulelab evaluate/,
  );
});

test('the evaluation of other weights is refused, and nothing of it is kept', async () => {
  const other = { ...model(), sha256: 'a'.repeat(64) };
  await expect(attachEvaluation(other, dir)).rejects.toThrow(
    /is the evaluation of malignant-64 \(weights 999999999999\)/,
  );
  expect(await readModelEvaluation(other)).toBeNull();
});

test('an evaluation goes out of sight when the weights beside it are replaced', async () => {
  await attachEvaluation(model(), dir);
  expect(await readModelEvaluation({ folder, sha256: 'a'.repeat(64) })).toBeNull();
  await expect(readModelReport({ ...model(), sha256: 'a'.repeat(64) })).rejects.toThrow('has no evaluation');
});

test('half an evaluation is refused by what is missing', async () => {
  const half = join(dir, 'half');
  await mkdir(half);
  await expect(attachEvaluation(model(), half)).rejects.toThrow('evaluation.json is missing');
  await writeFile(
    join(half, 'evaluation.json'),
    JSON.stringify(evaluationOf({ name: 'malignant-64', sha256 })),
  );
  await expect(attachEvaluation(model(), half)).rejects.toThrow('report.html is missing');
});
