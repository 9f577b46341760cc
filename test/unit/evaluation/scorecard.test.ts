import { describe, expect, test } from '@jest/globals';
import { gatesOf } from '../../../server/src/evaluation/gates.ts';
import type {
  Adherence,
  Control,
  Criterion,
  Figure,
  SetSummary,
} from '../../../server/src/evaluation/result.ts';
import { scorecardOf, type CardWords, type Measured } from '../../../server/src/evaluation/scorecard.ts';
import { estimate, figure, goodExcept, goodFigures } from '../../support/evaluationFigures.ts';

const set = (more: Partial<SetSummary>): SetSummary => ({
  ...{ name: 'a set', sha256: 'ab'.repeat(32), count: 100, patients: null, form: 'isolated' },
  classes: { malignant: 60, benign: 40, indeterminate: 0 },
  ...{ fieldOfView: '2 diameters', softMargin: '1 to 3 mm', windowHu: [-1000, 400], fold: 'test' },
  ...{ splitSha256: null, model: null },
  ...more,
});

const control = (caughtBy: string[]): Control => ({
  ...{ name: 'blurred', made: 'blurred', figures: [], gates: [], caughtBy },
});

const row = (attribute: string, value: number, ceiling: number): Adherence => ({
  attribute,
  statistic: attribute === 'diameter' ? 'median relative error' : 'partial Spearman at fixed diameter',
  ...{ unit: '', measured: estimate(value), ceiling: estimate(ceiling), n: 100, notComputed: null },
  chance: null,
});

const CARD: CardWords = {
  ...{ name: 'a model', data: 'LIDC', license: 'CC BY 3.0', faults: ['It is blurred.'] },
  split: { seed: 1 },
};

const measured = (figures: readonly Figure[], more: Partial<Measured> = {}): Measured => ({
  figures: [...figures],
  gates: gatesOf(figures),
  adherence: [row('diameter', 0.1, 0.1), row('spiculation', 0.4, 0.6)],
  controls: [control(['kid'])],
  errors: [],
  real: set({}),
  synthetic: set({ model: { name: 'a model', sha256: 'cd'.repeat(32) } }),
  ...more,
});

const verdicts = (criteria: readonly Criterion[]): Record<string, string> =>
  Object.fromEntries(criteria.map(({ criterion, verdict }) => [criterion, verdict]));

describe('the scorecard', () => {
  test('is met on all seven criteria by a set that passes everything', () => {
    const criteria = scorecardOf(measured(goodFigures()), CARD);
    expect(new Set(Object.values(verdicts(criteria)))).toEqual(new Set(['met']));
    expect(criteria).toHaveLength(7);
  });

  test('judges nothing of what was not measured', () => {
    const bare = measured([], { adherence: [], controls: [] });
    expect(verdicts(scorecardOf(bare, null))).toMatchObject({
      congruence: 'not judged',
      coverage: 'not judged',
      constraint: 'not judged',
      compliance: 'not judged',
      consistency: 'not judged',
    });
  });

  test.each([
    ['congruence', figure('position/attributes/patch', { measured: estimate(0.9) })],
    ['coverage', figure('recall/radiomics/nodule', { measured: estimate(0.1), floor: estimate(0.8) })],
    ['constraint', figure('shown/nodule', { measured: estimate(0.5) })],
    ['compliance', figure('memorisation/pixels', { measured: estimate(0.2) })],
  ])('%s is met in part where one of its figures fails', (criterion, changed) => {
    expect(verdicts(scorecardOf(measured(goodExcept(changed)), CARD))[criterion]).toBe('partly');
  });

  test('a class of the real set that is missing, and no characteristic asked for, make it incomplete', () => {
    const { real, synthetic } = measured([]);
    const malignantOnly = { ...synthetic, classes: { malignant: 100, benign: 0, indeterminate: 0 } };
    const [completeness] = scorecardOf(
      measured(goodFigures(), { real, synthetic: malignantOnly, adherence: [row('diameter', 0.1, 0.1)] }),
      CARD,
    ).filter(({ criterion }) => criterion === 'completeness');
    expect(completeness).toMatchObject({ verdict: 'partly' });
    expect(completeness?.text).toContain('It holds no benign nodules');
    expect(completeness?.text).toContain('No characteristic was asked for');
  });

  test('a control that passed is told under comprehension: the figures are worth less', () => {
    const broken = measured(goodFigures(), { controls: [control([])], errors: ['The control passed.'] });
    const criteria = scorecardOf(broken, CARD);
    expect(verdicts(criteria)).toMatchObject({ comprehension: 'partly' });
    expect(verdicts(scorecardOf(broken, null))).toMatchObject({ comprehension: 'not met' });
  });

  test('sizes that are missed by far more than those of real nodules are not consistent', () => {
    const adherence = [row('diameter', 0.4, 0.1)];
    const criteria = scorecardOf(measured(goodFigures(), { adherence }), CARD);
    expect(verdicts(criteria)).toMatchObject({ consistency: 'partly' });
  });

  test('nothing is wholly met by what else holds where a gate or figure of it was left open', () => {
    const open = figure('memorisation/pixels', { notComputed: 'There is no training set.' });
    const figures = goodExcept(open).filter(({ key }) => !key.startsWith('recall/'));
    const criteria = scorecardOf(measured(figures), CARD);
    expect(verdicts(criteria)).toMatchObject({ compliance: 'partly', coverage: 'partly', constraint: 'met' });
    expect(criteria.map(({ text }) => text).join(' ')).not.toContain('..');
  });

  test('what was not asked for is told in one sentence, by names that are words', () => {
    const open = ['textureHu', 'internalStructure', 'margin'].map((name) => ({
      ...row(name, 0, 0),
      measured: null,
    }));
    const adherence = [row('diameter', 0.1, 0.1), ...open];
    const text = scorecardOf(measured(goodFigures(), { adherence }), CARD).at(-1)?.text;
    expect(text).toMatch(/ Not asked for or not computed: texture by mean HU, internal structure, margin\.$/);
  });

  test('sizes in a CT are held against the limit of the gate, not against real nodules', () => {
    const sized = (value: number): Adherence => ({
      ...row('insertedDiameter', value, 0.01),
      statistic: 'median relative error',
    });
    const verdictAt = (value: number): string | undefined =>
      scorecardOf(measured([], { adherence: [sized(value)] }), CARD).at(-1)?.verdict;
    expect(verdictAt(0.3)).toBe('not met');
    // What is open besides (the views) keeps it from being wholly met.
    expect(verdictAt(0.1)).toBe('partly');
  });

  test('nothing is followed where the network itself does no better than guessing on real nodules', () => {
    const guessing = { ...row('margin', 0.1, 0.05), ceiling: estimate(0.05, -0.3, 0.4) };
    const adherence = [row('diameter', 0.4, 0.1), guessing];
    const found = scorecardOf(measured([], { adherence }), CARD).at(-1);
    expect(found).toMatchObject({ verdict: 'not met' });
    expect(found?.text).toContain('cannot be told from guessing');
  });

  test('names the figures and gates that it rests on', () => {
    const criteria = scorecardOf(measured(goodFigures()), CARD);
    const known = new Set([
      ...goodFigures().map(({ key }) => key),
      ...gatesOf([]).map(({ name }) => name),
      'adherence/diameter',
      'adherence/spiculation',
    ]);
    const evidence = criteria.flatMap((one) => one.evidence);
    expect(evidence.length).toBeGreaterThan(10);
    for (const name of evidence) expect(known).toContain(name);
  });
});
