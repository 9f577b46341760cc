import { describe, expect, test } from '@jest/globals';
import { auc, aucEstimate } from '../../../server/src/evaluation/auc.ts';
import {
  midRanks,
  partialSpearman,
  partialSpearmanEstimate,
  spearman,
} from '../../../server/src/evaluation/correlation.ts';
import { inceptionScore } from '../../../server/src/evaluation/inceptionScore.ts';
import { rowsOf } from '../../../server/src/evaluation/sample.ts';
import { Random } from '../../../server/src/nn/random.ts';

describe('the Inception score', () => {
  test('is the number of classes for certain answers spread evenly, and 1 for answers that are all alike', () => {
    expect(
      inceptionScore(
        rowsOf([
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ]),
      ),
    ).toEqual({ score: expect.closeTo(3, 12), classes: 3 });
    expect(
      inceptionScore(
        rowsOf([
          [0.2, 0.8],
          [0.2, 0.8],
        ]),
      ).score,
    ).toBeCloseTo(1, 12);
    expect(
      inceptionScore(
        rowsOf([
          [1, 0, 0],
          [1, 0, 0],
        ]),
      ).score,
    ).toBeCloseTo(1, 12);
  });

  test('is exp of the mean divergence from the mean', () => {
    const [p, q, m] = [0.9, 0.3, 0.6];
    const divergence = (x: number): number => x * Math.log(x / m) + (1 - x) * Math.log((1 - x) / (1 - m));
    const known = Math.exp((divergence(p) + divergence(q)) / 2);
    expect(
      inceptionScore(
        rowsOf([
          [p, 1 - p],
          [q, 1 - q],
        ]),
      ).score,
    ).toBeCloseTo(known, 12);
  });

  test('refuses what are not probabilities', () => {
    expect(() =>
      inceptionScore(
        rowsOf([
          [0.5, 0.5],
          [0.7, 0.7],
        ]),
      ),
    ).toThrow('row 1 are not all positive with a sum of 1');
    expect(() => inceptionScore(rowsOf([[1.5, -0.5]]))).toThrow('row 0');
    expect(() => inceptionScore(rowsOf([[Number.NaN, 1]]))).toThrow('Feature 0 of row 0');
    expect(() => inceptionScore(rowsOf([]))).toThrow('there are none');
  });
});

describe('rank correlation', () => {
  test('gives equal values the mean of their ranks', () => {
    expect(Array.from(midRanks([3, 1, 3, -2, 3, 1]))).toEqual([5, 2.5, 5, 1, 5, 2.5]);
    expect(Array.from(midRanks([0, -0, 1]))).toEqual([1.5, 1.5, 3]);
  });

  test('is 1 and −1 for any rising and falling relation', () => {
    const x = [1, 5, 2, 9, 4];
    expect(spearman(x, x.map(Math.exp))).toBeCloseTo(1, 12);
    expect(
      spearman(
        x,
        x.map((v) => -v * v),
      ),
    ).toBeCloseTo(-1, 12);
    expect(spearman(x, [1, 1, 1, 1, 1])).toBeNaN();
  });

  test('at a fixed control forgets what the control brings about', () => {
    const random = Random.of('control');
    const control = Array.from({ length: 400 }, () => random.gaussian());
    const follow = (): number[] => control.map((c) => c + 0.5 * random.gaussian());
    const [x, y] = [follow(), follow()];
    expect(spearman(x, y)).toBeGreaterThan(0.7);
    expect(Math.abs(partialSpearman(x, y, control))).toBeLessThan(0.1);
    expect(partialSpearman(x, y, x)).toBeNaN();
  });

  test('has an interval by patient that holds it', () => {
    const random = Random.of('interval');
    const control = Array.from({ length: 90 }, () => random.gaussian());
    const x = control.map((c) => c + random.gaussian());
    const y = x.map((v, i) => v + control[i]! + random.gaussian());
    const clusters = x.map((_, i) => `patient ${i >> 1}`);
    const { value, interval } = partialSpearmanEstimate({ x, y, control, clusters, draws: 200, seed: 1 });
    expect(value).toBe(partialSpearman(x, y, control));
    expect(interval!.low).toBeLessThan(value);
    expect(interval!.high).toBeGreaterThan(value);
    expect(interval!.low).toBeGreaterThan(0.3);
  });

  test('refuses pairs that are none, gaps, and what does not vary', () => {
    expect(() => spearman([1, 2], [1])).toThrow('2 of x and 1 of y');
    expect(() => partialSpearman([1, 2], [1, 2], [1, Number.NaN])).toThrow('Value 1 of control is NaN');
    expect(() =>
      partialSpearmanEstimate({
        x: [1, 1],
        y: [1, 2],
        control: [2, 1],
        clusters: ['a', 'b'],
        draws: 9,
        seed: 1,
      }),
    ).toThrow('one of them does not vary');
  });
});

describe('the area under the ROC curve', () => {
  test('is the chance that a positive scores higher, a tie counting half', () => {
    expect(auc([1, 2, 3, 4], [false, false, true, true])).toBe(1);
    expect(auc([1, 2, 3, 4], [1, 1, 0, 0])).toBe(0);
    expect(auc([1, 1, 1], [1, 0, 0])).toBe(0.5);
    // Of 2 × 3 pairs: 3 > 2, 3 > 1, 3 = 3, 2 = 2, 2 > 1, 2 < 3.
    expect(auc([3, 2, 2, 1, 3], [1, 1, 0, 0, 0])).toBeCloseTo(4 / 6, 12);
  });

  test('has the variance of DeLong, worked out by hand', () => {
    // Placements of positives 5/6, 3/6 … see above: positives 2.5 / 3 and 1.5 / 3; negatives 1.5 / 2, 2 / 2, 0.5 / 2.
    const { value, variance } = aucEstimate({ scores: [3, 2, 2, 1, 3], labels: [1, 1, 0, 0, 0] });
    const squares = (values: readonly number[]): number =>
      values.reduce((sum, v) => sum + (v - value) ** 2, 0);
    const known = squares([2.5 / 3, 1.5 / 3]) / 1 / 2 + squares([0.75, 1, 0.25]) / 2 / 3;
    expect(variance).toBeCloseTo(known, 12);
  });

  const random = Random.of('auc');
  const labels = Array.from({ length: 120 }, (_, i) => i % 3 === 0);
  const scores = labels.map((positive) => random.gaussian() + (positive ? 1 : 0));

  test('has an interval that holds it and stays below 1', () => {
    const { value, interval } = aucEstimate({ scores, labels });
    expect(interval!.low).toBeLessThan(value);
    expect(interval!.high).toBeGreaterThan(value);
    expect(interval!.high).toBeLessThan(1);
    expect(interval!.low).toBeGreaterThan(0.5);
  });

  test('has the same variance where each case is its own cluster, and √2 the error where each case comes twice', () => {
    const alone = aucEstimate({ scores, labels });
    const single = aucEstimate({ scores, labels, clusters: labels.map((_, i) => `case ${i}`) });
    expect(single.variance).toBeCloseTo(alone.variance, 10);
    const twice = <T>(values: readonly T[]): T[] => [...values, ...values];
    const doubled = { scores: twice(scores), labels: twice(labels) };
    const byPatient = aucEstimate({ ...doubled, clusters: twice(labels.map((_, i) => `case ${i}`)) });
    expect(byPatient.variance).toBeCloseTo(alone.variance, 10);
    expect(aucEstimate(doubled).variance).toBeLessThan(0.52 * alone.variance);
  });

  test('of classes wholly apart does not claim to be certain', () => {
    const { value, interval } = aucEstimate({ scores: [1, 2, 3, 4, 5, 6], labels: [0, 0, 0, 1, 1, 1] });
    expect(value).toBe(1);
    expect(interval!.high).toBe(1);
    // Wilson's interval for 3 of 3.
    expect(interval!.low).toBeCloseTo(3 / (3 + 1.959964 ** 2), 5);
  });

  test('of classes wholly apart counts patients, not their nodules', () => {
    const { interval } = aucEstimate({
      scores: [1, 2, 3, 4, 5, 6, 7, 8],
      labels: [0, 0, 0, 0, 1, 1, 1, 1],
      clusters: ['a', 'b', 'c', 'd', 'e', 'e', 'f', 'f'],
    });
    expect(interval!.low).toBeCloseTo(2 / (2 + 1.959964 ** 2), 5);
    expect(interval!.how).toContain('2 trials');
  });

  test('is refused without both classes, and a score that is not finite is named', () => {
    expect(() => auc([1, 2], [1, 1])).toThrow('2 positives and 0 negatives');
    expect(() => aucEstimate({ scores: [1, 2], labels: [1, 0] })).toThrow('two cases in each class');
    expect(() => auc([1, Number.NaN], [1, 0])).toThrow('Score 1 is NaN');
  });
});
