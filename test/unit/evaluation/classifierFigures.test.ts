import { describe, expect, test } from '@jest/globals';
import { auc, aucEstimate } from '../../../server/src/evaluation/auc.ts';
import { calibrationOf, expectedError } from '../../../server/src/evaluation/classification/calibration.ts';
import { holm } from '../../../server/src/evaluation/classification/holm.ts';
import { pairedAuc } from '../../../server/src/evaluation/classification/pairedAuc.ts';
import {
  aucStatistic,
  meanOverSeeds,
  meanStatistic,
  redrawn,
} from '../../../server/src/evaluation/classification/redraws.ts';
import { meanRoc } from '../../../server/src/evaluation/classification/roc.ts';
import { Random } from '../../../server/src/nn/random.ts';

/*
 * Made-up scores of two readers of the same cases; R 4.2.2, pROC 1.18.0:
 * ra <- roc(y, a, direction = "<", levels = c(0, 1)); rb the same of b;
 * t <- roc.test(ra, rb, method = "delong", paired = TRUE); var(ra); var(rb); cov(ra, rb); t$statistic; t$p.value.
 */
const A = [12, 7, 15, 9, 14, 11, 6, 13, 10, 8, 16, 9, 5, 8, 3, 9, 6, 4, 11, 7, 2, 8, 6, 10, 5, 3, 7, 1];
const B = [9, 10, 12, 5, 13, 8, 7, 14, 6, 11, 12, 8, 6, 9, 2, 7, 8, 5, 10, 3, 4, 9, 5, 6, 7, 1, 8, 2];
const Y = A.map((_, i) => i < 12);
const PROC = {
  areas: [0.86979166666666663, 0.8203125],
  variances: [0.00427221433080808, 0.00630893899936869],
  covariance: 0.00205752183291246,
  z: 0.61531973400211992,
  interval: [-0.108125700027544, 0.207084033360877],
} as const;
const alone = A.map((_, i) => `patient ${i}`);

describe('the difference of two AUCs on the same cases', () => {
  test("is pROC's, with its paired variance, where every case is a patient", () => {
    const paired = pairedAuc({ a: [A], b: [B], labels: Y, clusters: alone });
    expect(auc(A, Y)).toBeCloseTo(PROC.areas[0], 12);
    expect(paired.value).toBeCloseTo(PROC.areas[0] - PROC.areas[1], 12);
    expect(paired.variance).toBeCloseTo(PROC.variances[0] + PROC.variances[1] - 2 * PROC.covariance, 12);
    expect(paired.value / Math.sqrt(paired.variance)).toBeCloseTo(PROC.z, 10);
    // Student's t is a little wider than pROC's normal distribution.
    expect(paired.interval!.low).toBeLessThan(PROC.interval[0]);
    expect(paired.interval!.low).toBeGreaterThan(PROC.interval[0] - 0.02);
    expect(paired.interval!.high).toBeGreaterThan(PROC.interval[1]);
    expect(paired.p).toBeGreaterThan(0.53834358764659251);
    expect(paired.p).toBeLessThan(0.56);
  });

  test('turns round with its sides', () => {
    const one = pairedAuc({ a: [A], b: [B], labels: Y, clusters: alone });
    const other = pairedAuc({ a: [B], b: [A], labels: Y, clusters: alone });
    expect(other.value).toBeCloseTo(-one.value, 12);
    expect(other.p).toBeCloseTo(one.p!, 12);
    expect(other.interval!.low).toBeCloseTo(-one.interval!.high, 12);
  });

  test('does not gain from cases that are there twice in one patient', () => {
    const twice = <T>(values: readonly T[]): T[] => [...values, ...values];
    const once = pairedAuc({ a: [A], b: [B], labels: Y, clusters: alone });
    const doubled = (clusters: readonly string[]): number =>
      pairedAuc({ a: [twice(A)], b: [twice(B)], labels: twice(Y), clusters }).variance;
    expect(doubled(twice(alone))).toBeCloseTo(once.variance, 12);
    expect(doubled([...alone, ...alone.map((name) => `${name} again`)])).toBeLessThan(0.6 * once.variance);
  });

  test('of several seeds is the difference of their means, and needs no more variance where they agree', () => {
    const one = pairedAuc({ a: [A], b: [B], labels: Y, clusters: alone });
    const three = pairedAuc({ a: [A, A, A], b: [B, B, B], labels: Y, clusters: alone });
    expect(three.value).toBeCloseTo(one.value, 12);
    expect(three.variance).toBeCloseTo(one.variance, 12);
    const mixed = pairedAuc({ a: [A, B], b: [B, B], labels: Y, clusters: alone });
    expect(mixed.value).toBeCloseTo(one.value / 2, 12);
  });

  test('is wider where seeds differ as wholes', () => {
    const random = Random.of('seeds');
    const labels = Array.from({ length: 200 }, (_, i) => i % 2 === 0);
    const clusters = labels.map((_, i) => `patient ${i}`);
    const noise = labels.map(() => random.gaussian());
    const scores = (shift: number): number[] => labels.map((yes, i) => noise[i]! + (yes ? shift : 0));
    const b = [1, 1, 1, 1].map(scores);
    const steady = pairedAuc({ a: [1.5, 1.5, 1.5, 1.5].map(scores), b, labels, clusters });
    const moody = pairedAuc({ a: [0.5, 2.7, 0.7, 2.5].map(scores), b, labels, clusters });
    expect(moody.variance).toBeGreaterThan(10 * steady.variance);
    expect(moody.freedom).toBeLessThan(5);
    expect(steady.freedom).toBeGreaterThan(100);
    expect(steady.p).toBeLessThan(0.001);
    expect(moody.p).toBeGreaterThan(0.05);
  });

  test('says nothing of arms that answer alike, and refuses what is not paired', () => {
    expect(pairedAuc({ a: [A], b: [A.map((s) => 2 * s)], labels: Y, clusters: alone })).toMatchObject({
      value: 0,
      p: null,
      interval: null,
    });
    expect(() => pairedAuc({ a: [A, A], b: [B], labels: Y, clusters: alone })).toThrow('there are 2 and 1');
    expect(() => pairedAuc({ a: [], b: [], labels: Y, clusters: alone })).toThrow('there are 0 and 0');
    const fewer = Y.map((yes, i) => (yes ? 'the only patient' : `patient ${i}`));
    expect(() => pairedAuc({ a: [A], b: [B], labels: Y, clusters: fewer })).toThrow('two clusters');
  });
});

describe("Holm's correction", () => {
  test("is R's p.adjust", () => {
    // p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.2), "holm")
    const corrected = holm([0.01, 0.04, 0.03, 0.005, 0.2]);
    [0.04, 0.09, 0.09, 0.025, 0.2].forEach((p, i) => expect(corrected[i]).toBeCloseTo(p, 12));
  });

  test('stays at most 1 and leaves out what was no test', () => {
    expect(holm([0.9, null, 0.8])).toEqual([1, null, 1]);
    expect(holm([0.03])).toEqual([0.03]);
    expect(holm([null, null])).toEqual([null, null]);
    expect(holm([])).toEqual([]);
  });
});

describe('a mean over seeds', () => {
  const random = Random.of('mean over seeds');
  const malignant = Array.from({ length: 90 }, (_, i) => i % 3 === 0);
  const clusters = malignant.map((_, i) => `patient ${i >> 1}`);
  const rows = Uint32Array.from(malignant.keys());
  const base = malignant.map((yes) => random.gaussian() + (yes ? 1.2 : 0));
  const draws = redrawn(clusters, 400, 7, 'patients');

  test('draws all nodules of a patient together, as many patients as there are', () => {
    for (const times of draws) {
      for (let i = 0; i < times.length; i += 2) expect(times[i]).toBe(times[i + 1]);
      expect(times.reduce((sum, count) => sum + count, 0)).toBe(90);
    }
    expect(redrawn(clusters, 400, 7, 'patients')).toEqual(draws);
    expect(redrawn(clusters, 400, 8, 'patients')).not.toEqual(draws);
  });

  test('counts an AUC as if drawn nodules were there so often, ties one half', () => {
    const scores = base.map((score) => Math.round(2 * score));
    const statistic = aucStatistic(scores, malignant, rows);
    for (const times of draws.slice(0, 5)) {
      const often = [...times].flatMap((count, i) => Array.from({ length: count }, () => i));
      const known = auc(
        often.map((i) => scores[i]!),
        often.map((i) => malignant[i]!),
      );
      expect(statistic(times)).toBeCloseTo(known, 12);
    }
    expect(
      aucStatistic(
        scores,
        malignant,
        rows.filter((i) => malignant[i]),
      )(draws[0]!),
    ).toBeNaN();
  });

  test('has about the interval of Obuchowski where there is one seed', () => {
    const byDraws = meanOverSeeds([aucStatistic(base, malignant, rows)], draws, { clusterCount: 30 });
    const { value, interval } = aucEstimate({ scores: base, labels: malignant, clusters });
    expect(byDraws.value).toBeCloseTo(value, 12);
    const width = ({ low, high }: { low: number; high: number }): number => high - low;
    expect(width(byDraws.interval!) / width(interval!)).toBeGreaterThan(0.9);
    expect(width(byDraws.interval!) / width(interval!)).toBeLessThan(1.25);
    expect(byDraws.interval!.how).toContain('of one seed');
  });

  test('is wider where seeds differ as wholes', () => {
    const seed = (shift: number) =>
      aucStatistic(
        base.map((score, i) => score + (malignant[i] ? shift : 0)),
        malignant,
        rows,
      );
    const width = (shifts: readonly number[], method: 'share' | 'percentile'): number => {
      const { interval } = meanOverSeeds(shifts.map(seed), draws, { clusterCount: 30, method });
      return interval!.high - interval!.low;
    };
    for (const method of ['share', 'percentile'] as const)
      expect(width([-1, 1, -1, 1], method)).toBeGreaterThan(1.5 * width([0, 0, 0, 0], method));
  });

  test('is never sure of a share of 1, and says nothing of what cannot vary', () => {
    const ones = meanOverSeeds(
      [
        meanStatistic(
          malignant.map(() => 1),
          rows,
        ),
      ],
      draws,
      { clusterCount: 45 },
    );
    expect(ones).toMatchObject({ value: 1, interval: { high: 1 } });
    expect(ones.interval!.low).toBeLessThan(0.95);
    const same = aucStatistic(
      malignant.map(() => 0.3),
      malignant,
      rows,
    );
    expect(meanOverSeeds([same], draws, { clusterCount: 30 })).toEqual({ value: 0.5, interval: null });
  });

  test('has no interval where draws often miss a class', () => {
    const labels = malignant.map((_, i) => i === 0 || i === 40);
    const found = meanOverSeeds([aucStatistic(base, labels, rows)], draws, { clusterCount: 2 });
    expect(found.value).toBeGreaterThanOrEqual(0);
    expect(found.interval).toBeNull();
  });
});

describe('a mean ROC curve', () => {
  test('of one seed goes through the corners of its own', () => {
    // Falling: malignant, benign, malignant, benign.
    const curve = meanRoc([[0.9, 0.7, 0.5, 0.2]], [1, 0, 1, 0]);
    expect(curve[0]).toEqual([0, 0]);
    expect(curve[1]).toEqual([0, 0.5]);
    expect(curve.at(-1)).toEqual([1, 1]);
    expect(curve.length).toBeLessThanOrEqual(101);
    for (const [x, y] of curve.slice(1)) expect(y).toBe(x < 0.5 ? 0.5 : 1);
  });

  test('joins equal scores by a line, and holds the mean AUC', () => {
    for (const [x, y] of meanRoc([[0.5, 0.5, 0.5]], [1, 0, 0])) expect(y).toBeCloseTo(x, 12);
    const curve = meanRoc([A, B], Y);
    let area = 0;
    for (let i = 1; i < curve.length; i++)
      area += ((curve[i]![0] - curve[i - 1]![0]) * (curve[i]![1] + curve[i - 1]![1])) / 2;
    expect(area).toBeCloseTo((PROC.areas[0] + PROC.areas[1]) / 2, 2);
    for (let i = 1; i < curve.length; i++) expect(curve[i]![1]).toBeGreaterThanOrEqual(curve[i - 1]![1]);
  });
});

describe('calibration', () => {
  const draws = (count: number) =>
    redrawn(
      Array.from({ length: count }, (_, i) => `${i}`),
      200,
      1,
      'patients',
    );

  test("has Brier's score and the slope and intercept of R's glm(y ~ qlogis(p))", () => {
    const p = Float64Array.of(0.05, 0.1, 0.2, 0.3, 0.35, 0.5, 0.6, 0.7, 0.8, 0.95);
    const malignant = [0, 0, 1, 0, 0, 1, 0, 1, 1, 1].map(Boolean);
    const { brier, slope, intercept } = calibrationOf({
      probabilities: [p, p],
      malignant,
      draws: draws(10),
      patients: 10,
    });
    expect(brier.value).toBeCloseTo(0.16075, 12);
    expect(slope).toBeCloseTo(1.126174470143104, 5);
    expect(intercept).toBeCloseTo(0.309079467856079, 5);
  });

  const random = Random.of('calibration');
  const truths = Float64Array.from({ length: 600 }, () => random.uniform());
  const malignant = Array.from(truths, (p) => random.uniform() < p);
  const of = (probabilities: Float64Array) =>
    calibrationOf({ probabilities: [probabilities], malignant, draws: draws(600), patients: 600 });

  test('is good for true probabilities and bad for ones that are too sure', () => {
    const honest = of(truths);
    expect(honest.slope).toBeGreaterThan(0.85);
    expect(honest.slope).toBeLessThan(1.15);
    expect(honest.expectedError.value).toBeLessThan(0.06);
    const sure = of(truths.map((p) => p ** 3 / (p ** 3 + (1 - p) ** 3)));
    // Not to the last digits: logits of probabilities next to 0 and 1 are cut.
    expect(sure.slope).toBeCloseTo(honest.slope! / 3, 1);
    expect(sure.expectedError.interval!.low).toBeGreaterThan(honest.expectedError.interval!.high);
    expect(sure.brier.value).toBeGreaterThan(honest.brier.value);
    expect(sure.brier.interval!.low).toBeLessThan(sure.brier.value);
    expect(sure.brier.interval!.high).toBeGreaterThan(sure.brier.value);
  });

  test('has ten bins of equal numbers, whose distances are the expected error', () => {
    const { bins, expectedError: error } = of(truths);
    expect(bins.map(({ count }) => count)).toEqual(Array.from({ length: 10 }, () => 60));
    const distance = bins.reduce((sum, bin) => sum + Math.abs(bin.predicted - bin.observed) / 10, 0);
    expect(error.value).toBeCloseTo(distance, 12);
    expect(
      expectedError([
        { predicted: 0.2, observed: 0.5, count: 3 },
        { predicted: 0.9, observed: 0.8, count: 1 },
      ]),
    ).toBeCloseTo(0.25, 12);
    for (let i = 1; i < 10; i++) expect(bins[i]!.predicted).toBeGreaterThan(bins[i - 1]!.predicted);
  });

  test('keeps equal answers in one bin, and has no slope for them or for classes wholly apart', () => {
    const share = malignant.filter(Boolean).length / 600;
    const flat = of(truths.map(() => 0.25));
    expect(flat.bins).toEqual([{ predicted: 0.25, observed: expect.closeTo(share, 12), count: 600 }]);
    expect(flat).toMatchObject({ slope: null, intercept: null });
    expect(of(Float64Array.from(malignant, (yes) => (yes ? 0.9 : 0.2)))).toMatchObject({
      slope: null,
      intercept: null,
    });
  });
});
