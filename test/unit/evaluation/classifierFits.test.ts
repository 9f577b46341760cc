import { describe, expect, test } from '@jest/globals';
import { fitLogistic } from '../../../server/src/evaluation/classification/logistic.ts';
import { youdenThreshold } from '../../../server/src/evaluation/classification/operatingPoint.ts';
import { fitPlatt } from '../../../server/src/evaluation/classification/platt.ts';
import { Random } from '../../../server/src/nn/random.ts';

// Made-up diameters, textures and answers; R 4.2.2: glm(y ~ x1 + x2, family = binomial, control = list(epsilon = 1e-14)).
const DIAMETERS = [4.1, 6.3, 8.8, 5.2, 12.4, 15.1, 9.7, 20.3, 7.4, 11.8, 18.2, 6.9, 14.6, 10.1, 25.0, 8.2];
const TEXTURES = [5, 4, 5, 3, 5, 4, 2, 5, 5, 1, 4, 5, 3, 5, 2, 4];
const MALIGNANT = [0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1];
const ROWS = DIAMETERS.map((diameter, i) => [diameter, TEXTURES[i]!]);

describe('a logistic fit', () => {
  test("has the coefficients of R's glm where the ridge is next to nothing", () => {
    const { intercept, coefficients } = fitLogistic(ROWS, MALIGNANT, { ridge: 1e-12 });
    expect(intercept).toBeCloseTo(-3.73940048782084, 9);
    expect(coefficients[0]).toBeCloseTo(0.46296833718931, 9);
    expect(coefficients[1]).toBeCloseTo(-0.305992579791133, 9);
  });

  test('answers a row with the probability of its logit', () => {
    const fit = fitLogistic(ROWS, MALIGNANT);
    const logit = fit.intercept + 10 * fit.coefficients[0]! + 3 * fit.coefficients[1]!;
    expect(fit.logit([10, 3])).toBeCloseTo(logit, 12);
    expect(fit.probability([10, 3])).toBeCloseTo(1 / (1 + Math.exp(-logit)), 12);
    expect(() => fit.probability([10])).toThrow('rows of 2 values and got one of 1');
  });

  test('leaves the mean of the probabilities at the share of positives, whatever the ridge', () => {
    for (const ridge of [1e-6, 1, 1000]) {
      const { probability } = fitLogistic(ROWS, MALIGNANT, { ridge });
      expect(ROWS.reduce((sum, row) => sum + probability(row), 0)).toBeCloseTo(8, 8);
    }
  });

  test('does not depend on the units of a column', () => {
    const metres = fitLogistic(
      ROWS.map(([diameter, texture]) => [diameter! / 1000 + 7, texture!]),
      MALIGNANT,
    );
    const millimetres = fitLogistic(ROWS, MALIGNANT);
    expect(metres.probability([0.0123 + 7, 4])).toBeCloseTo(millimetres.probability([12.3, 4]), 6);
  });

  test('is finite for separable classes, and steeper the smaller the ridge', () => {
    const rows = [[1], [2], [3], [4]];
    const slopes = [10, 0.1, 1e-6].map(
      (ridge) => fitLogistic(rows, [0, 0, 1, 1], { ridge }).coefficients[0]!,
    );
    expect(slopes[0]).toBeGreaterThan(0);
    expect(slopes[1]).toBeGreaterThan(slopes[0]!);
    expect(slopes[2]).toBeGreaterThan(slopes[1]!);
    expect(slopes[2]).toBeLessThan(1000);
  });

  test('gives a column that does not vary the coefficient 0, and two equal ones the same', () => {
    const { coefficients } = fitLogistic(
      DIAMETERS.map((diameter) => [diameter, 0.1, diameter]),
      MALIGNANT,
    );
    expect(coefficients[1]).toBe(0);
    expect(coefficients[0]).toBeGreaterThan(0.05);
    expect(coefficients[2]).toBeCloseTo(coefficients[0]!, 9);
  });

  test('adds to what is known already', () => {
    const known = DIAMETERS.map((diameter) => 0.4 * diameter);
    const rest = fitLogistic(
      DIAMETERS.map((diameter) => [diameter]),
      MALIGNANT,
      { ridge: 1e-12, offsets: known },
    );
    const whole = fitLogistic(
      DIAMETERS.map((diameter) => [diameter]),
      MALIGNANT,
      { ridge: 1e-12 },
    );
    expect(rest.coefficients[0]! + 0.4).toBeCloseTo(whole.coefficients[0]!, 8);
  });

  test('refuses one class only, gaps, rows without labels and rows of other lengths', () => {
    expect(() => fitLogistic([[1], [2]], [1, 1])).toThrow('all 2 cases are positive');
    expect(() => fitLogistic([[1], [2]], [false, false])).toThrow('all 2 cases are negative');
    expect(() => fitLogistic([[1], [Number.NaN]], [0, 1])).toThrow('Value 0 of row 1 is NaN');
    expect(() => fitLogistic([[1], [2]], [0])).toThrow('1 for 2 rows');
    expect(() => fitLogistic([[1], [2, 3]], [0, 1])).toThrow('Row 1 has 2 values and row 0 has 1');
    expect(() => fitLogistic([[1], [2]], [0, 2])).toThrow('Label 1 is 2');
    expect(() => fitLogistic([[1], [2]], [0, 1], { ridge: 0 })).toThrow('a ridge above 0');
    expect(() => fitLogistic([[1], [2]], [0, 1], { offsets: [1] })).toThrow('1 for 2 rows');
  });
});

describe("Platt's scaling", () => {
  test("is R's glm on his smoothed targets", () => {
    // t <- ifelse(w == 1, (5 + 1) / (5 + 2), 1 / (5 + 2)); glm(t ~ z, family = binomial).
    const logits = [-2.1, -0.4, 0.3, 1.8, -1.2, 2.2, 0.7, -0.9, 1.1, -1.6];
    const { slope, intercept, probability } = fitPlatt(logits, [0, 0, 1, 1, 0, 1, 0, 1, 1, 0]);
    expect(slope).toBeCloseTo(0.7840075477272415, 5);
    expect(intercept).toBeCloseTo(0.0177880382114777, 5);
    expect(probability(2)).toBeCloseTo(1 / (1 + Math.exp(-(2 * slope + intercept))), 12);
  });

  test('mends probabilities that are too sure', () => {
    const random = Random.of('overconfident');
    const truth = Array.from({ length: 4000 }, () => 1.5 * random.gaussian());
    const labels = truth.map((logit) => random.uniform() < 1 / (1 + Math.exp(-logit)));
    const { slope, intercept } = fitPlatt(
      truth.map((logit) => 5 * logit + 2),
      labels,
    );
    expect(slope).toBeCloseTo(0.2, 1);
    expect(intercept / slope).toBeCloseTo(-2, 0);
  });

  test('keeps the order of cases where validation speaks against it, near the share of malignant ones', () => {
    const { slope, probability } = fitPlatt([3, 2, 1, 0, -1, -2], [0, 0, 0, 1, 1, 0]);
    expect(slope).toBeGreaterThan(0);
    expect(probability(3)).toBeGreaterThan(probability(-2));
    // Targets (2 + 1) / (2 + 2) and 1 / (4 + 2): their mean is 13 / 36.
    for (const logit of [3, -2]) expect(probability(logit)).toBeCloseTo(13 / 36, 1);
  });

  test('stays away from 0 and 1 where few cases are separated, or of one class', () => {
    const { probability } = fitPlatt([-3, -2, 2, 3], [0, 0, 1, 1]);
    expect(probability(3)).toBeGreaterThan(0.6);
    expect(probability(3)).toBeLessThan(0.85);
    expect(probability(-3)).toBeCloseTo(1 - probability(3), 6);
    const one = fitPlatt([1, 2, 3], [1, 1, 1]);
    expect(one.slope).toBeGreaterThan(0);
    expect(one.probability(2)).toBeCloseTo(4 / 5, 2);
    const same = fitPlatt([5, 5, 5], [1, 0, 0]);
    expect(same.slope).toBeGreaterThan(0);
    expect(same.probability(5)).toBeCloseTo((2 / 3 + 1 / 4 + 1 / 4) / 3, 6);
  });

  test('refuses no cases and logits without labels', () => {
    expect(() => fitPlatt([], [])).toThrow('0 labels for 0 logits');
    expect(() => fitPlatt([1, 2], [1])).toThrow('1 labels for 2 logits');
  });
});

describe("Youden's threshold", () => {
  const j = (threshold: number, probabilities: readonly number[], labels: readonly number[]): number => {
    const share = (label: number): number => {
      const of = probabilities.filter((_, i) => labels[i] === label);
      return of.filter((p) => p >= threshold).length / of.length;
    };
    return share(1) - share(0);
  };

  test('has the largest J of all thresholds', () => {
    const random = Random.of('youden');
    for (let set = 0; set < 50; set++) {
      const labels = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? 1 : 0));
      const probabilities = labels.map(
        (label) => Math.round(10 * (0.3 * label + 0.7 * random.uniform())) / 10,
      );
      const found = youdenThreshold(probabilities, labels);
      const best = Math.max(
        ...Array.from({ length: 23 }, (_, k) => j(k / 20 - 0.025, probabilities, labels)),
      );
      expect(j(found, probabilities, labels)).toBeCloseTo(best, 12);
    }
  });

  test('lies between the classes where they are apart, in the middle of the gap', () => {
    expect(youdenThreshold([0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1])).toBe(0.5);
    expect(youdenThreshold([0.875, 0.25], [true, false])).toBe(0.5625);
  });

  test('is of several equally good ones the one nearest to the share of malignant cases', () => {
    // J is 1/2 both between 0.1 and 0.3 and between 0.8 and 0.9.
    expect(youdenThreshold([0.1, 0.3, 0.8, 0.9], [0, 1, 0, 1])).toBeCloseTo(0.2, 12);
    // Of four malignant and two benign ones it is again 1/2, between 0.1 and 0.3 and between 0.7 and 0.8.
    expect(youdenThreshold([0.1, 0.3, 0.6, 0.7, 0.8, 0.9], [0, 1, 1, 0, 1, 1])).toBeCloseTo(0.75, 12);
  });

  test('is the share of malignant cases where no threshold is better than chance', () => {
    expect(youdenThreshold([0.4, 0.4, 0.4, 0.4], [1, 0, 0, 0])).toBe(0.25);
    expect(youdenThreshold([0.1, 0.2, 0.3, 0.4], [1, 1, 0, 0])).toBe(0.5);
  });

  test('parts two neighbours of the number line', () => {
    const [low, high] = [0.5, 0.5 + 2 ** -53];
    expect(youdenThreshold([low, high], [0, 1])).toBe(high);
  });

  test('refuses one class only and probabilities that are none', () => {
    expect(() => youdenThreshold([0.1, 0.2], [1, 1])).toThrow('2 malignant and 0 benign');
    expect(() => youdenThreshold([0.1, Number.NaN], [1, 0])).toThrow('Probability 1 is NaN');
    expect(() => youdenThreshold([0.1], [1, 0])).toThrow('2 for 1');
  });
});
