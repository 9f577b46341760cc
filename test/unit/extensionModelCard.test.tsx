import { describe, expect, test } from '@jest/globals';
import type { Model, ModelClassification, ModelEvaluation } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { ModelCard, ModelFold } from '../../extension/src/panel/ModelCard.tsx';
import { findingLine, gainText } from '../../extension/src/state/classifierWords.ts';
import { gatesLine, gateWord, measuredText } from '../../extension/src/state/modelWords.ts';
import { classificationInShort } from '../../server/src/services/modelClassification.ts';
import { inShort } from '../../server/src/services/modelEvaluation.ts';
import { experimentOf } from '../support/classifierExperiment.ts';
import { evaluationOf } from '../support/evaluationResult.ts';

const model: Model = {
  name: 'malignant 64',
  sha256: '9'.repeat(64),
  preset: 'progressive-64',
  resolution: 64,
  updates: 224,
  summary: 'Trained on 165 malignant nodules.',
  conditions: [],
  evaluation: null,
  classification: null,
  pictures: [],
};
const evaluation: ModelEvaluation = inShort(evaluationOf(model));
const classification = classificationInShort(experimentOf(model));
const sound: ModelEvaluation = { ...evaluation, errors: [] };
const textOf = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('the card of a model', () => {
  test('says that it was not evaluated, and how to do it', () => {
    const text = textOf(renderToStaticMarkup(<ModelCard model={model} />));
    expect(text).toContain('Not evaluated.');
    expect(text).toContain('nodulelab evaluate --model malignant 64');
    expect(text).toContain('Trained on 165 malignant nodules.');
    expect(text).not.toContain('Open the report');
  });

  test('says that no experiment with classifiers is attached, and no longer once one is', () => {
    const words = 'No experiment with classifiers is attached';
    expect(textOf(renderToStaticMarkup(<ModelCard model={model} />))).toContain(words);
    expect(textOf(renderToStaticMarkup(<ModelCard model={{ ...model, classification }} />))).not.toContain(
      words,
    );
  });

  test('shows gates with their verdicts, figures with interval and floor, and leads to the report', () => {
    const html = renderToStaticMarkup(<ModelCard model={{ ...model, evaluation: sound }} />);
    const text = textOf(html);
    expect(text).toMatch(/Near real nodules in attributes failed/);
    expect(text).toMatch(/No training nodule copied not judged/);
    expect(text).toMatch(/Position, attributes, whole patch 0\.40 \[0\.34, 0\.47\]/);
    expect(text).toContain('500 synthetic against 119 held-out real nodules, 2026-03-01');
    expect(html).toMatch(/href="\/api\/models\/malignant%2064\/report" target="_blank" rel="noreferrer"/);
    expect(html).not.toContain('model-errors');
  });

  test('tells first that an evaluation is not to be relied on', () => {
    const text = textOf(renderToStaticMarkup(<ModelCard model={{ ...model, evaluation }} />));
    const error = text.indexOf('Not to be relied on: The control memorised passed every gate.');
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(text.indexOf('Near real nodules'));
  });

  test('tells in one sentence, and in a row for each arm, what classifiers learned, and leads to their report', () => {
    const html = renderToStaticMarkup(<ModelCard model={{ ...model, classification }} />);
    const text = textOf(html);
    expect(text).toContain('With its nodules classifiers were better in 1 and worse in 1 of 4 comparisons.');
    expect(text).toContain(
      'Labels by the readers’ median; 28 malignant, 57 benign of 72 unseen patients; 5 folds × 5 seeds Arm real 0.92 [0.86, 0.95] \u2013',
    );
    expect(text).toContain('Arm synthetic-100 0.88 [0.82, 0.91] \u22120.040, p 0.004');
    expect(html).toContain(`title="${classification.designs[0]!.text}"`);
    expect(html).toMatch(
      /href="\/api\/models\/malignant%2064\/classification" target="_blank" rel="noreferrer"/,
    );
    expect(renderToStaticMarkup(<ModelCard model={model} />)).not.toContain('/classification"');
    // The answer stands where it is seen without scrolling, its figures with the other ones.
    const both = textOf(
      renderToStaticMarkup(<ModelCard model={{ ...model, evaluation: sound, classification }} />),
    );
    const places = ['500 synthetic', 'With its nodules', 'Near real nodules', 'Over real only'].map((words) =>
      both.indexOf(words),
    );
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThanOrEqual(0);
  });

  test('claims nothing of classifiers that cannot be relied on, and says why', () => {
    const errors = ['The planted signal was not found.'];
    const text = textOf(
      renderToStaticMarkup(<ModelCard model={{ ...model, classification: { ...classification, errors } }} />),
    );
    expect(text).toContain('The classifiers are not to be relied on: The planted signal was not found.');
    expect(text).not.toMatch(/better|worse/);
  });

  test('shows the pictures of the model, each leading to the whole of it', () => {
    const pictures = [{ file: 'samples-and-real.jpg', caption: '64 samples beside 64 real nodules.' }];
    const html = renderToStaticMarkup(<ModelCard model={{ ...model, pictures }} />);
    const address = '/api/models/malignant%2064/pictures/samples-and-real.jpg';
    expect(html).toContain(`href="${address}"`);
    expect(html).toContain(`<img src="${address}" alt="64 samples beside 64 real nodules."`);
    expect(renderToStaticMarkup(<ModelCard model={model} />)).not.toContain('<img');
  });

  test('can be reached and scrolled by the keyboard, and says whether it is open', () => {
    expect(renderToStaticMarkup(<ModelCard model={model} />)).toContain('tabindex="0"');
    const fold = (open: boolean): string =>
      renderToStaticMarkup(
        <ModelFold model={{ ...model, evaluation: sound }} open={open} onToggle={() => undefined} nameless />,
      );
    expect(fold(true)).toContain('aria-expanded="true"');
    expect(fold(false)).toContain('aria-expanded="false"');
    expect(fold(false)).toContain('aria-label="malignant 64: 0 of 2 gates"');
  });
});

describe('what classifiers learned, in one sentence', () => {
  const without = (arms: readonly string[]): ModelClassification => ({
    ...classification,
    designs: classification.designs.map((design) => ({
      ...design,
      arms: design.arms.filter(({ name }) => !arms.includes(name)),
    })),
  });
  test.each<[string, ModelClassification]>([
    [
      'With its nodules no classifier was shown to be better or worse than without.',
      without(['synthetic-100']),
    ],
    ['No classifier with its nodules was compared.', without(['synthetic-100', 'balanced'])],
    [
      'With its nodules classifiers were better in 1 and worse in 1 of 4 comparisons. Provisional: 3 of 40 trainings are left to do.',
      { ...classification, trainings: { done: 37, total: 40 } },
    ],
    [
      'Classifiers were trained with its nodules.',
      { ...classification, errors: ['The planted signal was not found.'] },
    ],
  ])('%s', (words, given) => expect(findingLine(given)).toBe(words));

  test('a gain keeps its sign, and its p where there is one', () => {
    const gain = { value: -0.0004, interval: null };
    expect(gainText({ gain, p: null, verdict: 'no difference shown' })).toBe('0.000');
    expect(gainText({ gain: { ...gain, value: 0.0512 }, p: 0.0002, verdict: 'better' })).toBe(
      '+0.051, p < 0.001',
    );
  });
});

describe('an evaluation in a few words', () => {
  test.each<[string, ModelEvaluation | null]>([
    ['not evaluated', null],
    ['not reliable', evaluation],
    ['0 of 2 gates', sound],
    ['1 of 1 gates', { ...sound, gates: [{ name: 'kid', rule: '', passed: true, found: '' }] }],
  ])('%s', (words, given) => expect(gatesLine(given)).toBe(words));

  test('numbers are short and keep their interval and sign', () => {
    expect(measuredText({ value: -0.00123, interval: [-1, 250.4] })).toBe('\u22120.0012 [\u22121.00, 250]');
    expect(measuredText({ value: 0, interval: null })).toBe('0.00');
  });

  test('a gate that is not known here keeps its name', () => {
    expect(gateWord({ name: 'newer', rule: '', passed: null, found: '' })).toBe('newer');
  });
});
