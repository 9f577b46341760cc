import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../server/src/engine/reference.ts';
import { binaryCrossEntropy, meanSquaredError } from '../../../server/src/nn/losses.ts';
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

describe('the mean squared error', () => {
  test('is the mean of squares, with the derivative 2 (x − y) / n', () => {
    const { value, slope } = lossAndSlope(meanSquaredError, LOGITS);
    const errors = LOGITS.map((z, i) => z - TARGETS[i]!);
    expect(value[0]).toBeCloseTo(errors.reduce((sum, e) => sum + e * e, 0) / 4, 12);
    errors.forEach((error, i) => expect(slope[i]).toBeCloseTo((2 * error) / 4, 12));
  });
});
