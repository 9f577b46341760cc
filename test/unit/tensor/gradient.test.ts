import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../server/src/engine/reference.ts';
import * as t from '../../../server/src/tensor/index.ts';
import type { Tensor } from '../../../server/src/tensor/index.ts';
import { CASES } from './cases.ts';
import { numericGradient, probedElements, relativeError, smoothValues } from './numeric.ts';

/** Central differences of step 1e-5 in float64 are good to about 1e-9. */
const TOLERANCE = 1e-6;

describe('the derivative of an operation agrees with finite differences', () => {
  test.each(CASES.map((c) => [c.name, c] as const))('%s', (_, { build }) => {
    const value = build();
    // Fixed weights per element make every element of the derivative count differently.
    const weights = t.constant(smoothValues(t.sizeOf(value.shape), 99), value.shape);
    expectGradientsToMatch(t.sumAll(t.mul(value, weights)));
  });
});

describe('the derivative of a derivative agrees with finite differences', () => {
  test.each(CASES.map((c) => [c.name, c] as const))('%s', (_, { build }) => {
    const value = build();
    // The cube makes linear operations curved, so that their second derivative does not vanish.
    const loss = t.sumAll(t.mul(t.square(value), value));
    const first = t.gradient(loss, inputsOf(value));
    expectGradientsToMatch(first.map((g) => t.sumAll(t.square(g))).reduce((a, b) => t.add(a, b)));
  });
});

describe('gradient', () => {
  test('adds up what reaches a tensor along several paths', () => {
    const x = t.input('x', []);
    const [derivative] = t.gradient(t.add(t.mul(x, x), t.mul(x, 3)), [x]);
    expect(evaluate({ derivative: derivative! }, { x: [5] }).derivative).toEqual(Float64Array.of(13));
  });

  test('is zero for a tensor that the value does not depend on', () => {
    const y = t.input('y', [2]);
    const [derivative] = t.gradient(t.sumAll(t.input('x', [3])), [y]);
    expect(evaluate({ derivative: derivative! }).derivative).toEqual(Float64Array.of(0, 0));
  });

  test('stops at the tensors asked for: what they are computed from plays no part', () => {
    const x = t.input('x', []);
    const y = t.square(x);
    const [derivative] = t.gradient(t.square(y), [y]);
    expect(evaluate({ derivative: derivative! }, { x: [3] }).derivative).toEqual(Float64Array.of(18));
  });

  test('refuses to differentiate anything but a single number', () => {
    expect(() => t.gradient(t.input('x', [2, 3]), [])).toThrow('[2, 3]');
  });

  test('goes on to the third order: x⁴ → 24x', () => {
    const x = t.input('x', []);
    let value: Tensor = t.square(t.square(x));
    for (let order = 0; order < 3; order++) value = t.gradient(value, [x])[0]!;
    expect(evaluate({ value }, { x: [2] }).value[0]).toBeCloseTo(48, 10);
  });
});

function expectGradientsToMatch(loss: Tensor): void {
  const inputs = inputsOf(loss);
  expect(inputs.length).toBeGreaterThan(0);
  const feeds = Object.fromEntries(
    inputs.map((x, i) => [x.name, smoothValues(t.sizeOf(x.shape), i)] as const),
  );
  const gradients = t.gradient(loss, inputs);
  inputs.forEach((x, i) => {
    const elements = probedElements(t.sizeOf(x.shape));
    const exact = evaluate({ g: gradients[i]! }, feeds).g;
    const numeric = numericGradient(loss, x.name, feeds, elements);
    expect(Math.max(...numeric.map(Math.abs))).toBeGreaterThan(0);
    expect(
      relativeError(
        elements.map((element) => exact[element]!),
        numeric,
      ),
    ).toBeLessThan(TOLERANCE);
  });
}

function inputsOf(tensor: Tensor): (Tensor & { name: string })[] {
  return t
    .topologicalOrder([tensor])
    .filter((node): node is Tensor & { name: string } => 'name' in node && typeof node.name === 'string');
}
