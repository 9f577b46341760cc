import { describe, expect, test } from '@jest/globals';
import { parseCsv, parseCsvTable } from '../../../server/src/formats/csv.ts';
import { analyseAnswers, type ReadingAnalysis } from '../../../server/src/reading/analysis.ts';
import { type Answer, answersFrom } from '../../../server/src/reading/answers.ts';
import { readersTable } from '../../../server/src/reading/report/readersTable.ts';
import { renderReading } from '../../../server/src/reading/report/renderReading.ts';
import { firstStudy } from '../../../server/src/reading/simulation/coverage.ts';
import { drawnTable } from '../../../server/src/reading/simulation/drawnTable.ts';
import { USUAL_MODEL } from '../../../server/src/reading/simulation/readerModel.ts';
import { diseased, ratings } from './vanDyke.ts';

const answersOf = (csv: string): Answer[] => answersFrom(parseCsvTable(csv, 'answers.csv'));

/** The published example as a reading: diseased stands for synthetic, ratings of 3 and more for the choice. */
const published = ['reader,case,truth,choice,confidence']
  .concat(
    ratings.flatMap((own, r) =>
      own.map((rating, i) =>
        [
          `R${r}`,
          `C${i}`,
          diseased[i] ? 'synthetic' : 'real',
          rating >= 3 ? 'synthetic' : 'real',
          rating,
        ].join(','),
      ),
    ),
  )
  .join('\n');

describe('the analysis of a reading', () => {
  const analysis = analyseAnswers(answersOf(published));

  test('has the published AUC over readers, and each share by hand', () => {
    expect(analysis.overReaders.auc!.mean).toBeCloseTo(0.89703704, 8);
    expect(analysis.overReaders.auc!.interval!.low).toBeCloseTo(0.8252236, 7);
    const right = ratings.flatMap((own) => own.map((rating, i) => rating >= 3 === diseased[i]));
    expect(analysis.overReaders.accuracy.mean).toBeCloseTo(right.filter(Boolean).length / 570, 12);
    const called = ratings.flatMap((own) => own.filter((rating, i) => !diseased[i] && rating < 3));
    expect(analysis.overReaders.realCalledReal!.mean).toBeCloseTo(called.length / (5 * 69), 12);
    expect(analysis.counts).toEqual({ readers: 5, real: 69, synthetic: 45, repeats: 0 });
  });

  test('shows no equivalence to guessing, for these readers do not guess', () => {
    expect(analysis.equivalence.auc!.equivalent).toBe(false);
    expect(analysis.equivalence.accuracy!.p).toBeGreaterThan(0.99);
  });

  test('says what it could not compute', () => {
    expect(analysis.repeats).toBeNull();
    expect(analysis.notes.join(' ')).toContain('No case was read twice');
  });

  test('gives every pair of readers once', () => {
    expect(analysis.agreement.pairs).toHaveLength(10);
    expect(analysis.agreement.choice!.value).toBeGreaterThan(0.4);
  });
});

describe('degenerate readings', () => {
  const head = 'reader,case,truth,choice,confidence,repeat';
  const analyse = (lines: readonly string[]): ReadingAnalysis =>
    analyseAnswers(answersOf([head, ...lines].join('\n')));

  test('one reader: intervals over cases, no agreement among readers', () => {
    const lines = Array.from(
      { length: 12 },
      (_, i) => `A,${i},${i % 2 ? 'synthetic' : 'real'},${i % 3 ? 'synthetic' : 'real'},${1 + (i % 5)},no`,
    );
    const found = analyse(lines);
    expect(found.agreement.choice).toBeNull();
    expect(found.overReaders.accuracy.generalises).toBe('cases only');
    expect(found.notes.join(' ')).toContain('One reader');
  });

  test('all the same answer: no interval, no kappa, nothing to test for the AUC, and no effects', () => {
    const lines = ['A', 'B', 'C'].flatMap((reader) =>
      Array.from({ length: 10 }, (_, i) => `${reader},${i},${i % 2 ? 'synthetic' : 'real'},real,3,no`),
    );
    const found = analyse(lines);
    expect(found.overReaders.auc).toMatchObject({ mean: 0.5, interval: null });
    expect(found.equivalence.auc).toBeNull();
    expect(found.agreement.choice).toMatchObject({ value: null });
    expect(found.overReaders.realCalledReal).toMatchObject({ mean: 1, interval: null });
  });

  test('one class only: shares of that class, no AUC', () => {
    const found = analyse([
      'A,1,real,real,1,no',
      'A,2,real,synthetic,4,no',
      'B,1,real,real,2,no',
      'B,2,real,real,2,no',
    ]);
    expect(found.overReaders.auc).toBeNull();
    expect(found.overReaders.syntheticCalledReal).toBeNull();
    expect(found.notes.join(' ')).toContain('one class');
  });

  test('a case that one reader left out counts for the others alone', () => {
    const found = analyse([
      ...['A,1,real,real,1,no', 'A,2,synthetic,synthetic,4,no', 'A,3,real,synthetic,4,no'],
      ...['B,1,real,real,2,no', 'B,2,synthetic,real,2,no'],
    ]);
    expect(found.incomplete).toEqual(['3']);
    expect(found.overReaders.accuracy.mean).toBe(0.75);
    expect(found.readers[0]).toMatchObject({ answers: 3, accuracy: { value: 2 / 3 } });
  });

  test('a repeat is no second answer: it counts in no share', () => {
    const lines = [
      'A,1,real,real,1,no',
      'A,2,synthetic,synthetic,4,no',
      'A,3,real,real,2,no',
      'A,4,synthetic,real,2,no',
    ];
    const again = ['A,1,real,synthetic,5,yes', 'A,2,synthetic,synthetic,5,yes'];
    expect(analyse([...lines, ...again]).overReaders).toEqual(analyse(lines).overReaders);
    expect(analyse([...lines, ...again]).repeats).toMatchObject({ n: 2, observed: 0.5 });
  });
});

describe('a table of answers', () => {
  const head = 'reader,case,truth,choice,confidence,repeat,seconds\n';

  test.each([
    ['A,1,maybe,real,1,no,', 'truth', '"real" or "synthetic"'],
    ['A,1,real,real,6,no,', 'confidence', 'from 1 to 5'],
    ['A,1,real,real,,no,', 'confidence', 'is empty'],
    ['A,,real,real,1,no,', 'case', 'is empty'],
    ['A,1,real,real,1,perhaps,', 'repeat', 'yes or no'],
    ['A,1,real,real,1,no,soon', 'seconds', 'number from 0'],
  ])('refuses %s by line and column', (line, column, why) => {
    expect(() => answersOf(head + line)).toThrow(column);
    expect(() => answersOf(head + line)).toThrow(why);
    expect(() => answersOf(head + line)).toThrow('line 2');
  });

  test('refuses answers twice, repeats of nothing, missing columns and an empty table', () => {
    expect(() => analyseAnswers(answersOf(`${head}A,1,real,real,1,no,\nA,1,real,real,1,no,`))).toThrow(
      'two answers',
    );
    expect(() => answersOf(`${head}A,1,real,real,1,yes,`)).toThrow('no first answer');
    expect(() => answersOf('reader,case\nA,1')).toThrow('"truth"');
    expect(() => answersOf(head)).toThrow('holds no answers');
  });
});

describe('what is written', () => {
  const answers = answersOf(drawnTable(firstStudy({ ...USUAL_MODEL, readers: 3 }, 5)));
  const analysis = analyseAnswers(answers);

  test('a page with every section, nothing undefined, names escaped', () => {
    const named = answers.map((answer) => ({ ...answer, reader: answer.reader.replace('reader', '<b>') }));
    const page = renderReading({
      ...{ title: 'A & B', analysis: analyseAnswers(named), answers: named, study: null },
      ...{ finishedAt: '2026-11-23T10:00:00.000Z', codeVersion: '0.1.0' },
    });
    for (const id of ['answer', 'means', 'readers', 'agreement', 'effects', 'methods'])
      expect(page).toContain(`<section id="${id}"`);
    expect(page).not.toMatch(/undefined|NaN|\[object|<b> 1/);
    expect(page).toContain('A &amp; B');
  });

  test("a table with each reader's figures", () => {
    const rows = parseCsv(readersTable(analysis));
    expect(rows).toHaveLength(3);
    expect(Number(rows[1]!['accuracy'])).toBeCloseTo(analysis.readers[1]!.accuracy.value, 12);
    expect(Number(rows[1]!['kappa_repeats'])).toBeCloseTo(analysis.readers[1]!.repeats!.value!, 12);
  });
});
