import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ModelClassification } from '@nodulelab/contract';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classifierRows, classifiersText } from '../../server/src/cli/commands/attachClassification.ts';
import type { ClassificationResult } from '../../server/src/evaluation/classification/result.ts';
import {
  attachClassification,
  classificationInShort,
  readClassificationReport,
  readModelClassification,
} from '../../server/src/services/modelClassification.ts';
import { experimentOf } from '../support/classifierExperiment.ts';

const sha256 = '9'.repeat(64);
const GENERATOR = { name: 'conditional-64', sha256 };
let dir: string;
let folder: string;
let made = 0;
const model = (weights = sha256) => ({ name: 'conditional-64', folder, sha256: weights });

/** What a run leaves in its folder. */
async function written(result: ClassificationResult, report = '<h1>Classifiers</h1>'): Promise<string> {
  const out = join(dir, `run-${made++}`);
  await mkdir(out);
  await writeFile(join(out, 'classification.json'), JSON.stringify(result));
  await writeFile(join(out, 'classification.html'), report);
  return out;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodulelab-classified-'));
});
beforeEach(async () => {
  folder = join(dir, `model-${made++}`);
  await mkdir(folder);
});
afterAll(() => rm(dir, { recursive: true }));

describe('an experiment with classifiers that is kept with a model', () => {
  test('is what its card says and what its report opens', async () => {
    const attached = await attachClassification(model(), await written(experimentOf(GENERATOR)));
    expect(await readModelClassification(model())).toEqual(attached);
    expect(ModelClassification.parse(attached)).toEqual(attached);
    expect(Buffer.from(await readClassificationReport(model())).toString()).toBe('<h1>Classifiers</h1>');
    const kept = JSON.parse(await readFile(join(folder, 'classification/classification.json'), 'utf8'));
    expect(kept).toEqual(experimentOf(GENERATOR));
  });

  test('takes the place of the one before it as a whole', async () => {
    await attachClassification(model(), await written(experimentOf(GENERATOR)));
    await writeFile(join(folder, 'classification', 'left.txt'), 'of the former');
    const errors = ['Shuffled labels were told apart.'];
    await attachClassification(model(), await written(experimentOf(GENERATOR, { errors }), 'newer'));
    expect(await readdir(folder)).toEqual(['classification']);
    expect((await readdir(join(folder, 'classification'))).toSorted()).toEqual([
      'classification.html',
      'classification.json',
    ]);
    expect((await readModelClassification(model()))?.errors).toEqual(errors);
  });

  test('goes out of sight when the weights beside it are replaced', async () => {
    await attachClassification(model(), await written(experimentOf(GENERATOR)));
    expect(await readModelClassification(model('a'.repeat(64)))).toBeNull();
    await expect(readClassificationReport(model('a'.repeat(64)))).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  test('that was damaged does not take the model out of the list', async () => {
    await attachClassification(model(), await written(experimentOf(GENERATOR)));
    await writeFile(join(folder, 'classification', 'classification.json'), '{');
    expect(await readModelClassification(model())).toBeNull();
  });
});

test('a model without one says so and how to make one', async () => {
  expect(await readModelClassification(model())).toBeNull();
  await expect(readClassificationReport(model())).rejects.toThrow(
    /No experiment with classifiers was kept with the model conditional-64: .*nodulelab classify/,
  );
});

describe('refused, with nothing kept, is an experiment', () => {
  const refused = async (result: ClassificationResult, words: string | RegExp): Promise<void> => {
    await expect(attachClassification(model(), await written(result))).rejects.toThrow(words);
    expect(await readdir(folder)).toEqual([]);
  };

  test('with the nodules of other weights', () =>
    refused(
      experimentOf({ name: 'other', sha256: 'a'.repeat(64) }),
      /is an experiment with the nodules of other \(weights aaaaaaaaaaaa\), and the weights of conditional-64 are 999999999999/,
    ));

  test('with no generator', () => refused(experimentOf(null), 'is an experiment with no generator'));

  test('on no patients that the model has not seen', () => {
    const { designs } = experimentOf(GENERATOR);
    return refused(
      experimentOf(GENERATOR, { designs: designs.filter(({ name }) => name !== 'held-out') }),
      'has no figures on patients that conditional-64 has not seen',
    );
  });

  test('that is unfinished, unless that is wanted', async () => {
    const half = experimentOf(GENERATOR, { trainings: { done: 39, total: 40 } });
    await refused(half, 'is unfinished (39 of 40 trainings)');
    const kept = await attachClassification(model(), await written(half), { unfinished: true });
    expect(kept.trainings).toEqual({ done: 39, total: 40 });
  });

  test('of which a part is missing', async () => {
    const empty = join(dir, 'empty');
    await mkdir(empty);
    await expect(attachClassification(model(), empty)).rejects.toThrow('classification.json is missing');
    await writeFile(join(empty, 'classification.json'), JSON.stringify(experimentOf(GENERATOR)));
    await expect(attachClassification(model(), empty)).rejects.toThrow('classification.html is missing');
    expect(await readdir(folder)).toEqual([]);
  });

  test('whose time is none', () => refused(experimentOf(GENERATOR, { finishedAt: 'later' }), 'not one of'));
});

describe('in short', () => {
  const experiment = experimentOf(GENERATOR);
  const { rules } = experiment;
  const short = classificationInShort(experiment);

  test('stand the designs on patients that the model has not seen, with the rule in words', () => {
    expect(short.designs.map(({ rule, text, patients }) => [rule, text, patients])).toEqual([
      ['median', rules[0]!.text, 72],
      ['table', rules[1]!.text, 72],
    ]);
    expect(short.designs[0]).toMatchObject({ malignant: 28, benign: 57, folds: 5, seeds: 5 });
  });

  test('stand the arms that most would ask for first, in one order', () => {
    expect(short.designs.map(({ arms }) => arms.map(({ name }) => name))).toEqual([
      ['real', 'balanced', 'synthetic-100', 'diameter-texture'],
      ['real', 'balanced', 'synthetic-100', 'diameter-texture'],
    ]);
    expect(short.designs[0]!.arms[0]).toEqual({
      ...{ name: 'real', kind: 'arm', title: 'Arm real', overReal: null },
      auc: { value: 0.92, interval: [expect.closeTo(0.86), expect.closeTo(0.95)] },
    });
    expect(short.designs[0]!.arms[3]!.kind).toBe('baseline');
  });

  test('an arm is better or worse only after correction for the number of arms', () => {
    const verdicts = short.designs.map(({ arms }) =>
      arms.flatMap(({ overReal }) => (overReal === null ? [] : [[overReal.p, overReal.verdict]])),
    );
    expect(verdicts).toEqual([
      [
        [0.61, 'no difference shown'],
        [0.004, 'worse'],
      ],
      [
        [0.12, 'no difference shown'],
        [0.0004, 'better'],
      ],
    ]);
  });

  test('the command line says it in a few words, and in a row for each arm', () => {
    expect(classifiersText(null)).toBe('none');
    expect(classifiersText(short)).toBe('better than real only in 1 of 4, worse in 1 of 4');
    expect(classifiersText({ ...short, trainings: { done: 1, total: 2 }, errors: ['Broken.'] })).toBe(
      'better than real only in 1 of 4, worse in 1 of 4, unfinished, not to be relied on',
    );
    const none = {
      ...short,
      designs: short.designs.map((each) => ({ ...each, arms: each.arms.slice(0, 2) })),
    };
    expect(classifiersText(none)).toBe('no difference to real only shown');
    expect(classifierRows(short).slice(4)).toEqual([
      ['classifiers, table', 'Arm real AUC 0.910 [0.850, 0.940]'],
      ['', 'Arm balanced AUC 0.940 [0.880, 0.970] (+0.030, no difference shown, p 0.12)'],
      ['', 'Arm synthetic-100 AUC 0.960 [0.900, 0.990] (+0.050, better, p < 0.001)'],
      ['', 'Arm diameter-texture AUC 0.890 [0.830, 0.920]'],
    ]);
  });
});
