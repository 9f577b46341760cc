import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../server/src/engine/reference.ts';
import {
  binaryCrossEntropy,
  meanSquaredError,
  softmaxCrossEntropy,
  weightedBinaryCrossEntropy,
  weightedSquaredError,
} from '../../../server/src/nn/losses.ts';
import { gradient, input, type Tensor } from '../../../server/src/tensor/index.ts';

const LOGITS = Float64Array.of(-3, -0.5, 0.2, 4);
const TARGETS = Float64Array.of(0, 1, 0.25, 1);

function lossAndSlope(loss: (output: Tensor, target: Tensor) => Tensor, output: Float64Array) {
  const z = input('output', [output.length, 1]);
  const value = loss(z, input('target', [output.length, 1]));
  const [slope] = gradient(value, [z]);
  const feeds = { output, target: TARGETS };
  return evaluate({ value, slope: slope! }, feeds);
}

describe('binary cross-entropy', () => {
  test('is the mean of −y ln p − (1 − y) ln(1 − p) for p = 1 / (1 + e^−z)', () => {
    const expected = LOGITS.reduce((sum, z, i) => {
      const p = 1 / (1 + Math.exp(-z));
      return sum - TARGETS[i]! * Math.log(p) - (1 - TARGETS[i]!) * Math.log(1 - p);
    }, 0);
    expect(lossAndSlope(binaryCrossEntropy, LOGITS).value[0]).toBeCloseTo(expected / 4, 12);
  });

  test('has the derivative (p − y) / n', () => {
    const { slope } = lossAndSlope(binaryCrossEntropy, LOGITS);
    LOGITS.forEach((z, i) => expect(slope[i]).toBeCloseTo((1 / (1 + Math.exp(-z)) - TARGETS[i]!) / 4, 12));
  });

  test('stays finite for logits that no exponential could hold', () => {
    const { value, slope } = lossAndSlope(binaryCrossEntropy, Float64Array.of(-1e4, 1e4, -1e4, 1e4));
    expect(value[0]).toBeCloseTo((0 + 0 + 2500 + 0) / 4, 6);
    expect([...slope].every(Number.isFinite)).toBe(true);
  });
});

describe('weighted binary cross-entropy', () => {
  test('counts each element as often as its weight says, in value and derivative', () => {
    const WEIGHTS = Float64Array.of(0, 1, 2, 0.5);
    const z = input('output', [4, 1]);
    const value = weightedBinaryCrossEntropy(z, input('target', [4, 1]), input('weight', [4, 1]));
    const [slope] = gradient(value, [z]);
    const found = evaluate({ value, slope: slope! }, { output: LOGITS, target: TARGETS, weight: WEIGHTS });
    const p = LOGITS.map((logit) => 1 / (1 + Math.exp(-logit)));
    const expected = p.reduce(
      (sum, own, i) =>
        sum - WEIGHTS[i]! * (TARGETS[i]! * Math.log(own) + (1 - TARGETS[i]!) * Math.log(1 - own)),
      0,
    );
    expect(found.value[0]).toBeCloseTo(expected / 4, 12);
    p.forEach((own, i) => expect(found.slope[i]).toBeCloseTo((WEIGHTS[i]! * (own - TARGETS[i]!)) / 4, 12));
  });
});

describe('the mean squared error', () => {
  test('is the mean of squares, with the derivative 2 (x − y) / n', () => {
    const { value, slope } = lossAndSlope(meanSquaredError, LOGITS);
    const errors = LOGITS.map((z, i) => z - TARGETS[i]!);
    expect(value[0]).toBeCloseTo(errors.reduce((sum, e) => sum + e * e, 0) / 4, 12);
    errors.forEach((error, i) => expect(slope[i]).toBeCloseTo((2 * error) / 4, 12));
  });
});

describe('the weighted squared error', () => {
  const WEIGHTS = Float64Array.of(1, 0, 0.5, 2);
  const weighted = (outputs: Float64Array, targets: Float64Array) => {
    const z = input('output', [4]);
    const value = weightedSquaredError(z, input('target', [4]), input('weight', [4]));
    const [slope] = gradient(value, [z]);
    return evaluate({ value, slope: slope! }, { output: outputs, target: targets, weight: WEIGHTS });
  };

  test('counts each square by its weight, over all elements', () => {
    const { value, slope } = weighted(LOGITS, TARGETS);
    const errors = LOGITS.map((z, i) => z - TARGETS[i]!);
    expect(value[0]).toBeCloseTo(errors.reduce((sum, e, i) => sum + WEIGHTS[i]! * e * e, 0) / 4, 12);
    errors.forEach((error, i) => expect(slope[i]).toBeCloseTo((2 * WEIGHTS[i]! * error) / 4, 12));
  });

  test('neither grows with nor learns from an answer that is not known', () => {
    const known = weighted(LOGITS, TARGETS);
    const other = weighted(LOGITS, Float64Array.of(0, 77, 0.25, 1));
    expect(other.value[0]).toBe(known.value[0]);
    expect(Math.abs(other.slope[1]!)).toBe(0);
  });
});

describe('the cross-entropy of classes', () => {
  const CLASSES = Float64Array.of(0, 1, 0, 0.25, 0.25, 0.5, 0, 0, 0);
  const crossEntropy = (logits: Float64Array) => {
    const z = input('logits', [3, 3]);
    const value = softmaxCrossEntropy(z, input('classes', [3, 3]));
    const [slope] = gradient(value, [z]);
    return evaluate({ value, slope: slope! }, { logits, classes: CLASSES });
  };
  const ROWS = Float64Array.of(0.3, -1.2, 2, 0.5, 0.4, -0.3, 1, 2, 3);

  test('is the mean over rows of −Σ y ln softmax(z), rows without a class adding nothing', () => {
    let expected = 0;
    for (let row = 0; row < 3; row++) {
      const z = ROWS.subarray(3 * row, 3 * row + 3);
      const total = z.reduce((sum, v) => sum + Math.exp(v), 0);
      z.forEach((v, k) => (expected -= CLASSES[3 * row + k]! * Math.log(Math.exp(v) / total)));
    }
    expect(crossEntropy(ROWS).value[0]).toBeCloseTo(expected / 3, 12);
  });

  test('has the derivative that finite differences show', () => {
    const { slope } = crossEntropy(ROWS);
    const step = 1e-5;
    ROWS.forEach((_, i) => {
      const moved = (by: number): number => {
        const logits = ROWS.slice();
        logits[i]! += by;
        return crossEntropy(logits).value[0]!;
      };
      expect(slope[i]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 8);
    });
  });

  test('stays finite for logits that no exponential could hold', () => {
    const { value, slope } = crossEntropy(Float64Array.of(1e4, -1e4, 0, -1e4, -1e4, -1e4, 0, 0, 0));
    expect(value[0]).toBeCloseTo((2e4 + Math.log(3)) / 3, 6);
    expect([...slope].every(Number.isFinite)).toBe(true);
  });
});
