/**
 * The reference engine: plain float64 loops, one operation after the other. It is the oracle for the others and is
 * thousands of times slower; use it for tests and tiny shapes.
 */
import { inputShapes, topologicalOrder, type Program, type Tensor } from '../tensor/index.ts';
import type { Engine, Executable } from './engine.ts';
import { checkFeeds } from './feeds.ts';
import { openHostSession } from './hostSession.ts';

type Feeds = Readonly<Record<string, ArrayLike<number>>>;

/** Evaluates a program in float64. */
export function evaluate<P extends Program>(
  program: P,
  feeds: Feeds = {},
): { [name in keyof P]: Float64Array } {
  checkFeeds(inputShapes(program), feeds);
  const values = new Map<Tensor, Float64Array>();
  for (const tensor of topologicalOrder(Object.values(program))) {
    const fed = 'name' in tensor && typeof tensor.name === 'string' ? feeds[tensor.name] : undefined;
    values.set(
      tensor,
      fed ? Float64Array.from(fed) : tensor.rule.evaluate(tensor.inputs.map((source) => values.get(source)!)),
    );
  }
  return Object.fromEntries(Object.entries(program).map(([name, tensor]) => [name, values.get(tensor)!])) as {
    [name in keyof P]: Float64Array;
  };
}

const compile = (program: Program): Promise<Executable> =>
  Promise.resolve({
    run: (feeds) =>
      Promise.resolve(
        Object.fromEntries(
          Object.entries(evaluate(program, feeds)).map(([name, values]) => [name, Float32Array.from(values)]),
        ),
      ),
    release: () => Promise.resolve(),
  });

export const referenceEngine: Engine = {
  name: 'reference',
  stateCrossesHost: false,
  compile,
  open: (programs, state) => openHostSession(compile, programs, state),
};
