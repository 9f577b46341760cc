/** Which values of a session's state a run may overwrite where they are. */
import { sameShape, topologicalOrder, type Program, type Tensor } from '../tensor/index.ts';
import { next } from './engine.ts';

/** Each element of the result depends on the same element of the operands, so a kernel may write over what it reads. */
const ELEMENTWISE = new Set(['add', 'sub', 'mul', 'div', 'neg']);

/**
 * The names whose replacement may be written over the old value. Whatever reads the old value does so element by
 * element and is needed for the replacement: so it has been read by the time that the replacement is written, in
 * whatever order an engine runs the rest. True of moments and averages; not of weights, which the gradients of other
 * layers still need.
 */
export function replacedInPlace(program: Program, state: Iterable<string>): ReadonlySet<string> {
  const readers = new Map<string, Tensor[]>();
  for (const tensor of topologicalOrder(Object.values(program)))
    for (const source of tensor.inputs)
      if ('name' in source && typeof source.name === 'string')
        readers.set(source.name, [...(readers.get(source.name) ?? []), tensor]);
  const names = new Set<string>();
  for (const name of state) {
    const replacement = program[next(name)];
    if (replacement === undefined) continue;
    const needed = new Set(topologicalOrder([replacement]));
    // An output that is a value of the state itself is copied from it, at whatever time.
    const shown = Object.values(program).some((output) => 'name' in output && output.name === name);
    const safe = (reader: Tensor): boolean =>
      needed.has(reader) && ELEMENTWISE.has(reader.operation) && sameShape(reader.shape, replacement.shape);
    if (!shown && (readers.get(name) ?? []).every(safe)) names.add(name);
  }
  return names;
}
