import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../server/src/engine/reference.ts';
import { adamScalars, adamUpdate, movingAverage } from '../../../server/src/nn/adam.ts';
import { input } from '../../../server/src/tensor/index.ts';

const CONFIG = { learningRate: 0.1, beta1: 0.5, beta2: 0.75, epsilon: 1e-8 };

function program() {
  const [parameter, gradient, first, second] = ['p', 'g', 'm', 'v'].map((name) => input(name, [2]));
  const scalars = { stepSize: input('stepSize', []), secondCorrection: input('secondCorrection', []) };
  const updated = adamUpdate(CONFIG, parameter!, gradient!, { first: first!, second: second! }, scalars);
  return { p: updated.parameter, m: updated.moments.first, v: updated.moments.second };
}

describe('Adam', () => {
  test('moves by the learning rate against the sign of the gradient at the first step, whatever its size', () => {
    const { p } = run({ p: [1, 1], m: [0, 0], v: [0, 0] }, [1000, -0.001], 1);
    expect(p[0]).toBeCloseTo(0.9, 5);
    expect(p[1]).toBeCloseTo(1.1, 5);
  });

  test('follows two steps computed by hand', () => {
    const one = run({ p: [1, 0], m: [0, 0], v: [0, 0] }, [2, 4], 1);
    expect(Array.from(one.m)).toEqual([1, 2]);
    expect(Array.from(one.v)).toEqual([1, 4]);
    const two = run({ p: Array.from(one.p), m: Array.from(one.m), v: Array.from(one.v) }, [0, 2], 2);
    // m = 0.5·1 + 0.5·0 = 0.5, corrected by 1 − 0.25: 2/3. v = 0.75·1 = 0.75, corrected by 1 − 0.5625: 12/7.
    expect(two.p[0]).toBeCloseTo(0.9 - (0.1 * (2 / 3)) / Math.sqrt(12 / 7), 7);
    // m = 0.5·2 + 0.5·2 = 2 → 8/3. v = 0.75·4 + 0.25·4 = 4 → 64/7.
    expect(two.p[1]).toBeCloseTo(-0.1 - (0.1 * (8 / 3)) / Math.sqrt(64 / 7), 7);
  });

  test('does not lose the bias correction in float32: at step 1 it is exact for beta2 = 0.999', () => {
    const { secondCorrection } = adamScalars({ ...CONFIG, beta2: 0.999 }, 1);
    expect(secondCorrection * 0.001).toBeCloseTo(1, 12);
  });
});

test('the moving average goes the given part of the way to the new value', () => {
  const average = movingAverage(input('a', [2]), input('b', [2]), input('rate', []));
  const result = evaluate({ average }, { a: [0, 10], b: [4, 20], rate: [0.25] }).average;
  expect(Array.from(result)).toEqual([1, 12.5]);
});

function run(state: { p: number[]; m: number[]; v: number[] }, g: number[], step: number) {
  const { stepSize, secondCorrection } = adamScalars(CONFIG, step);
  return evaluate(program(), { ...state, g, stepSize: [stepSize], secondCorrection: [secondCorrection] });
}
