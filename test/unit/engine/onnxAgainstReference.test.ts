import { afterEach, describe, expect, test } from '@jest/globals';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { evaluate } from '../../../server/src/engine/reference.ts';
import type { Executable } from '../../../server/src/engine/engine.ts';
import {
  gradient,
  inputShapes,
  sizeOf,
  sumAll,
  mul,
  square,
  type Tensor,
} from '../../../server/src/tensor/index.ts';
import { CASES } from '../tensor/cases.ts';
import { relativeError, smoothValues } from '../tensor/numeric.ts';

/** float32 against float64 on sums of a few hundred products. */
const TOLERANCE = 2e-5;
const compiled: Executable[] = [];
afterEach(async () => {
  for (const executable of compiled.splice(0)) await executable.release();
});

describe('ONNX Runtime agrees with the float64 reference', () => {
  test.each(CASES.map((c) => [c.name, c] as const))(
    'on %s, its derivative and its second derivative',
    async (_, { build }) => {
      const value: Tensor = build();
      const loss = sumAll(mul(square(value), value));
      const inputs = inputTensors(value);
      const first = gradient(loss, inputs);
      const second = gradient(sumAll(square(first[0]!)), inputs);
      const program: Record<string, Tensor> = { value, loss };
      first.forEach((tensor, i) => (program[`first${i}`] = tensor));
      second.forEach((tensor, i) => (program[`second${i}`] = tensor));
      const feeds = Object.fromEntries(
        [...inputShapes(program)].map(([name, shape], i) => [
          name,
          Float32Array.from(smoothValues(sizeOf(shape), i)),
        ]),
      );
      const executable = await onnxCpuEngine({ threads: 1 }).compile(program);
      compiled.push(executable);
      const actual = await executable.run(feeds);
      const expected = evaluate(program, feeds);
      for (const name of Object.keys(program)) {
        expect(actual[name]!.length).toBe(sizeOf(program[name]!.shape));
        expect(relativeError(actual[name]!, expected[name]!)).toBeLessThan(TOLERANCE);
      }
    },
  );
});

function inputTensors(value: Tensor): Tensor[] {
  const found = new Map<string, Tensor>();
  const visit = (tensor: Tensor): void => {
    if ('name' in tensor && typeof tensor.name === 'string') found.set(tensor.name, tensor);
    tensor.inputs.forEach(visit);
  };
  visit(value);
  return [...found.values()];
}
