import { describe, expect, test } from '@jest/globals';
import type { Model, ModelEvaluation } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { ModelCard, ModelFold } from '../../extension/src/panel/ModelCard.tsx';
import { gatesLine, gateWord, measuredText } from '../../extension/src/state/modelWords.ts';
import { inShort } from '../../server/src/services/modelEvaluation.ts';
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
  pictures: [],
};
const evaluation: ModelEvaluation = inShort(evaluationOf(model));
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
