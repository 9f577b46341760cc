import { describe, expect, test } from '@jest/globals';
import { equivalence } from '../../../server/src/reading/equivalence.ts';
import { aucOf, shareOf } from '../../../server/src/reading/figuresOfMerit.ts';
import { meanOverReaders } from '../../../server/src/reading/obuchowskiRockette.ts';
import { crossedReadings, type Reading } from '../../../server/src/reading/readings.ts';
import { auc } from '../../../server/src/evaluation/auc.ts';
import { diseased, ratings } from './vanDyke.ts';

describe('the mean over readers of the published example', () => {
  // RJafroc 2.1, dataset02, StSignificanceTesting(method = "OR"): RRRC$ciAvgRdrEachTrt and ANOVA$IndividualTrt of trt0.
  const found = meanOverReaders(ratings.map((scores) => aucOf(scores, diseased)));

  test('is its published AUC with the published mean square, variance and covariance', () => {
    expect(found.mean).toBeCloseTo(0.89703704, 8);
    expect(found.readerMeanSquare).toBeCloseTo(0.0030826287, 10);
    expect(found.caseVariance).toBeCloseTo(0.00101410277, 10);
    expect(found.caseCovariance).toBeCloseTo(0.0004839618, 10);
  });

  test('has the published standard error, degrees of freedom and interval', () => {
    expect(found.standardError).toBeCloseTo(0.033173597, 8);
    expect(found.freedom).toBeCloseTo(12.744648, 5);
    expect(found.interval?.low).toBeCloseTo(0.8252236, 7);
    expect(found.interval?.high).toBeCloseTo(0.96885048, 7);
    expect(found.generalises).toBe('readers and cases');
  });
});

describe('a figure of merit', () => {
  test('leaves each case out exactly as if it had not been read', () => {
    const scores = ratings[4]!;
    const { without } = aucOf(scores, diseased);
    for (const left of [0, 12, 68, 69, 100, 113]) {
      const keep = (_: unknown, i: number): boolean => i !== left;
      expect(without[left]).toBeCloseTo(auc(scores.filter(keep), diseased.filter(keep)), 12);
    }
    const share = shareOf([true, true, false, true]);
    expect(share.value).toBe(0.75);
    expect([...share.without]).toEqual([2 / 3, 2 / 3, 1, 2 / 3]);
  });
});

describe('degenerate studies', () => {
  test('one reader: the interval speaks of cases only', () => {
    const found = meanOverReaders([aucOf(ratings[0]!, diseased)]);
    expect(found.generalises).toBe('cases only');
    expect(found.interval!.low).toBeLessThan(found.mean);
    expect(found.caseCovariance).toBeNull();
  });

  test('all the same answer: an AUC of one half without an interval, and nothing to test', () => {
    const same = aucOf(
      ratings[0]!.map(() => 3),
      diseased,
    );
    const found = meanOverReaders([same, same, same]);
    expect(found.mean).toBe(0.5);
    expect(found.interval).toBeNull();
    expect(found.generalises).toBe('nobody');
    expect(equivalence(found, 0.5, 0.1)).toBeNull();
  });

  test('readers with the same answers differ by cases only', () => {
    const one = aucOf(ratings[0]!, diseased);
    const found = meanOverReaders([one, one]);
    expect(found.standardError).toBeCloseTo(meanOverReaders([one]).standardError!, 12);
    expect(found.freedom).toBe(113);
  });

  test('no answers, one case, different cases: refused by name', () => {
    expect(() => meanOverReaders([])).toThrow('there are no answers yet');
    expect(() => meanOverReaders([shareOf([true])])).toThrow('needs two cases');
    expect(() => meanOverReaders([shareOf([true, false]), shareOf([true, false, true])])).toThrow(
      'different cases',
    );
  });
});

describe('equivalence', () => {
  test('is shown where the 90 % interval lies between the margins, and only there', () => {
    // t(0.95; 10) = 1.812461: the interval is 0.52 ± 0.0362.
    const estimate = { mean: 0.52, standardError: 0.02, freedom: 10 };
    const wide = equivalence(estimate, 0.5, 0.06)!;
    expect(wide.interval.high).toBeCloseTo(0.52 + 1.8124611 * 0.02, 6);
    expect(wide.equivalent).toBe(true);
    expect(equivalence(estimate, 0.5, 0.056)!.equivalent).toBe(false);
    // R: pt((0.52 - 0.5 - 0.06) / 0.02, 10) = pt(-2, 10)
    expect(wide.pAbove).toBeCloseTo(0.03669402, 7);
    expect(wide.pBelow).toBeLessThan(wide.pAbove);
    expect(wide.p).toBe(wide.pAbove);
  });

  test('refuses a margin or an alpha that makes no sense', () => {
    const estimate = { mean: 0.5, standardError: 0.02, freedom: 10 };
    expect(() => equivalence(estimate, 0.5, 0)).toThrow('above 0');
    expect(() => equivalence(estimate, 0.5, 0.1, 0.7)).toThrow('between 0 and 0.5');
  });
});

describe('readings', () => {
  const reading = (reader: string, name: string, synthetic = false): Reading => ({
    ...{ reader, case: name, synthetic, calledSynthetic: false, confidence: 2 },
  });

  test('are crossed over the cases that everybody has read; the others are named', () => {
    const crossed = crossedReadings([
      ...[reading('A', '1'), reading('A', '2', true), reading('A', '3')],
      ...[reading('B', '2', true), reading('B', '1')],
    ]);
    expect(crossed.cases).toEqual(['1', '2']);
    expect(crossed.synthetic).toEqual([false, true]);
    expect(crossed.answers.map((own) => own.map((one) => one.case))).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(crossed.incomplete).toEqual(['3']);
  });

  test('are refused where a reader answered twice, or a case has two truths', () => {
    expect(() => crossedReadings([reading('A', '1'), reading('A', '1')])).toThrow('two answers to case 1');
    expect(() => crossedReadings([reading('A', '1'), reading('B', '1', true)])).toThrow('one truth');
  });
});
