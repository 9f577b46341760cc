import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../server/src/cli/runtime.ts';
import { readModelCard } from '../../server/src/gan/modelCard.ts';
import { experimentOf } from '../support/classifierExperiment.ts';
import { evaluationOf } from '../support/evaluationResult.ts';
import { nodulelab } from '../support/product.ts';

const SHIPPED = join(REPOSITORY, 'models/malignant-64');
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodulelab-model-'));
});
afterAll(() => rm(dir, { recursive: true }));

const model = (...args: string[]) => nodulelab('--json', '--data', join(dir, 'data'), 'model', ...args);

test.each(['onnx', 'safetensors'])(
  'the shipped model goes out as %s and comes back as it was',
  async (format) => {
    const file = join(dir, `shipped.${format}`);
    expect(await model('export', 'malignant-64', '--out', file)).toMatchObject({ status: 0, stderr: '' });
    const imported = await model('import', file, '--name', `from-${format}`);
    expect(imported).toMatchObject({ status: 0, stderr: '' });
    const folder = join(dir, 'data/models', `from-${format}`);
    const card = await readModelCard(SHIPPED);
    expect(JSON.parse(imported.stdout)).toEqual({ folder, card: { ...card, name: `from-${format}` } });
    expect(await readFile(join(folder, 'generator.safetensors'))).toEqual(
      await readFile(join(SHIPPED, 'generator.safetensors')),
    );
    const listed = JSON.parse((await model('list')).stdout) as { models: { name: string }[] };
    expect(listed.models.map(({ name }) => name)).toContain(`from-${format}`);
  },
);

test('a name that is taken, a file that is no model and a model that is not there are each told in one line', async () => {
  const file = join(dir, 'taken.onnx');
  await model('export', 'malignant-64', '--out', file);
  for (const [args, words] of [
    [['import', file], 'There is a model named malignant-64 already'],
    [['import', join(SHIPPED, 'model.json'), '--name', 'x'], 'model.json is not a valid ONNX file'],
    [['import', join(dir, 'absent.onnx')], 'cannot be read'],
    [
      ['export', 'absent', '--out', join(dir, 'absent.onnx')],
      'There is no model named absent; there are: conditional-64, malignant-64',
    ],
    [['export', 'malignant-64', '--out', file], 'replace it with --force'],
    [['export', 'malignant-64', '--out', join(dir, 'm.pt')], '.onnx or .safetensors'],
  ] as const) {
    const { status, stdout, stderr } = await model(...args);
    expect([status, stdout, stderr.trim().split('\n').length]).toEqual([1, '', 1]);
    expect(stderr).toContain(words);
  }
  expect(existsSync(join(dir, 'data/models/x'))).toBe(false);
  expect((await model('import', file, '--name', '../x')).status).toBe(2);
});

test('an evaluation is kept with the model that it is of, and with no other', async () => {
  const out = join(dir, 'evaluated');
  await mkdir(out);
  const { weights } = await readModelCard(SHIPPED);
  const result = evaluationOf({ name: 'malignant-64', sha256: weights.sha256 });
  await writeFile(join(out, 'evaluation.json'), JSON.stringify(result));
  await writeFile(join(out, 'report.html'), '<h1>Report</h1>');
  expect(await model('attach-evaluation', 'from-safetensors', out)).toMatchObject({ status: 0, stderr: '' });
  const shown = await nodulelab('--data', join(dir, 'data'), 'model', 'show', 'from-safetensors');
  expect(shown.stdout).toMatch(/evaluation +0 of 2 gates passed, not to be relied on/);
  const { models } = JSON.parse((await model('list')).stdout) as {
    models: { name: string; evaluation: { gates: unknown[] } | null }[];
  };
  const evaluated = models.filter(({ evaluation }) => evaluation?.gates.length === result.gates.length);
  expect(evaluated.map(({ name }) => name)).toContain('from-safetensors');
  expect(models.find(({ name }) => name === 'from-onnx')!.evaluation).toBeNull();
  const refused = await model('attach-evaluation', 'from-safetensors', join(dir, 'absent'));
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringContaining('evaluation.json is missing'),
  ]);
});

test('an experiment with classifiers is kept with the model whose nodules were in it', async () => {
  const out = join(dir, 'classified');
  await mkdir(out);
  const { weights } = await readModelCard(SHIPPED);
  const half = experimentOf(
    { name: 'malignant-64', sha256: weights.sha256 },
    { trainings: { done: 1, total: 2 } },
  );
  await writeFile(join(out, 'classification.json'), JSON.stringify(half));
  await writeFile(join(out, 'classification.html'), '<h1>Classifiers</h1>');
  const refused = await model('attach-classification', 'from-safetensors', out);
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('--unfinished')]);
  const attached = await model('attach-classification', 'from-safetensors', out, '--unfinished');
  expect(attached).toMatchObject({ status: 0, stderr: '' });
  const shown = await nodulelab('--data', join(dir, 'data'), 'model', 'show', 'from-safetensors');
  expect(shown.stdout).toMatch(/classifiers +better than real only in 1 of 4, worse in 1 of 4, unfinished\n/);
  expect(shown.stdout).toMatch(/classifiers, median +Arm real AUC 0\.920 \[0\.860, 0\.950\]\n +Arm balanced/);
  const { models } = JSON.parse((await model('list')).stdout) as {
    models: { name: string; classification: unknown }[];
  };
  const { classification } = JSON.parse(attached.stdout) as { classification: unknown };
  expect(models.find(({ name }) => name === 'from-safetensors')!.classification).toEqual(classification);
  expect(models.find(({ name }) => name === 'from-onnx')!.classification).toBeNull();
});

test('a model that is preferred is used where none is named, and there is a way back', async () => {
  const asked = async (...args: string[]): Promise<unknown> => JSON.parse((await model(...args)).stdout);
  expect(await asked('current')).toMatchObject({ name: 'conditional-64', chosen: false, former: null });
  expect(await asked('use', 'from-onnx')).toMatchObject({
    ...{ name: 'from-onnx', chosen: true, former: 'conditional-64', missing: null },
  });
  const { models } = (await asked('list')) as { models: { name: string }[] };
  expect(models[0]!.name).toBe('from-onnx');
  expect(await asked('use', '--former')).toMatchObject({ name: 'conditional-64', former: 'from-onnx' });
  expect(await asked('use', '--finest')).toMatchObject({ name: 'conditional-64', chosen: false });
  const refused = await model('use', 'absent');
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('no model named absent')]);
  expect((await model('use')).status).toBe(2);
  expect((await model('use', 'from-onnx', '--former')).status).toBe(2);
});

test('models stand side by side with what is known of each, and what is not known is said', async () => {
  const { status, stdout } = await nodulelab(
    ...['--data', join(dir, 'data'), 'model', 'compare', 'conditional-64', 'from-safetensors'],
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/What it is +conditional-64 +from-safetensors/);
  expect(stdout).toMatch(/Preferred +current model +no/);
  expect(stdout).toMatch(/One sample +[\d.]+ m?s +[\d.]+ m?s/);
  expect(stdout).toContain('from-safetensors: A first model, trained for under two hours');
  expect((await model('compare', 'conditional-64')).status).toBe(2);
  expect((await model('compare', 'conditional-64', 'absent')).stderr).toContain('no model named absent');
});

test('what is left of an import that was stopped is no model', async () => {
  const left = join(dir, 'data/models/.left.1.partial');
  await mkdir(left, { recursive: true });
  await writeFile(join(left, 'model.json'), await readFile(join(SHIPPED, 'model.json')));
  const listed = JSON.parse((await model('list')).stdout) as { models: { name: string }[] };
  expect(listed.models.filter(({ name }) => name === 'malignant-64')).toHaveLength(1);
});
