/** What an engine is compared by: every operation, its derivative and the derivative of that. */
import { evaluate } from '../../../server/src/engine/reference.ts';
import type { Engine } from '../../../server/src/engine/engine.ts';
import {
  gradient,
  inputShapes,
  mul,
  sizeOf,
  square,
  sumAll,
  topologicalOrder,
  type Program,
  type Tensor,
} from '../../../server/src/tensor/index.ts';
import type { Case } from '../tensor/cases.ts';
import { relativeError, smoothValues } from '../tensor/numeric.ts';

/** float32 against float64 on sums of a few hundred products. */
export const TOLERANCE = 2e-5;

/** `value`, a curved `loss` of it, `first…` by each input, and `second…` of the first of these by each input. */
export function derivatives({ build }: Case): { program: Program; feeds: Record<string, Float32Array> } {
  const value = build();
  const loss = sumAll(mul(square(value), value));
  const inputs = topologicalOrder([value]).filter((tensor) => 'name' in tensor);
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
  return { program, feeds };
}

/** How far an engine is from the float64 reference, for each output of a case. */
export async function distances(engine: Engine, given: Case): Promise<Record<string, number>> {
  const { program, feeds } = derivatives(given);
  const executable = await engine.compile(program);
  const actual = await executable.run(feeds);
  await executable.release();
  const expected = evaluate(program, feeds);
  return Object.fromEntries(
    Object.keys(program).map((name) => [
      name,
      actual[name]!.length === sizeOf(program[name]!.shape)
        ? relativeError(actual[name]!, expected[name]!)
        : Infinity,
    ]),
  );
}
