/**
 * Programs of a session one after the other as one program: for engines on which every run carries the state across a
 * bus (`Engine.stateCrossesHost`). The state then crosses once for all of them.
 */
import {
  input,
  inputShapes,
  sameShape,
  topologicalOrder,
  type Program,
  type Tensor,
} from '../tensor/index.ts';
import { next } from './engine.ts';

/** Feeds and results of the program at `place` (from 0) in a sequence, besides the state. */
export const placed = (place: number, name: string): string => `${place}.${name}`;

/**
 * Runs `programs` in order. A value `name` of the state is an input by its own name, and an output `next(name)` where
 * any program replaces it; programs later in the order read what earlier ones wrote. All other inputs and outputs are
 * called `placed(place, name)`.
 */
export function sequence(programs: readonly Program[], state: ReadonlySet<string>): Program {
  const outputs: Record<string, Tensor> = {};
  const latest = new Map<string, Tensor>();
  const inputs = new Map<string, Tensor>();
  const inputNamed = (name: string, shape: Tensor['shape']): Tensor => {
    const known = inputs.get(name);
    if (known !== undefined && sameShape(known.shape, shape)) return known;
    const made = input(name, shape);
    inputs.set(name, made);
    return made;
  };
  programs.forEach((program, place) => {
    const replacements = new Map<string, Tensor>();
    for (const [name, shape] of inputShapes(program))
      replacements.set(
        name,
        state.has(name)
          ? (latest.get(name) ?? inputNamed(name, shape))
          : inputNamed(placed(place, name), shape),
      );
    const results = withInputs(program, replacements);
    const written = new Map([...state].map((name) => [next(name), name]));
    for (const [output, tensor] of Object.entries(results)) {
      const value = written.get(output);
      if (value === undefined) outputs[placed(place, output)] = tensor;
      else {
        latest.set(value, tensor);
        outputs[output] = tensor;
      }
    }
  });
  return outputs;
}

/** The program with other tensors of the same shapes in place of its inputs. It can be run, no longer differentiated. */
function withInputs(program: Program, replacements: ReadonlyMap<string, Tensor>): Program {
  const rebuilt = new Map<Tensor, Tensor>();
  for (const tensor of topologicalOrder(Object.values(program))) {
    const replacement =
      'name' in tensor && typeof tensor.name === 'string' ? replacements.get(tensor.name) : undefined;
    rebuilt.set(tensor, replacement ?? onOther(tensor, rebuilt));
  }
  return Object.fromEntries(Object.entries(program).map(([name, tensor]) => [name, rebuilt.get(tensor)!]));
}

function onOther(tensor: Tensor, rebuilt: ReadonlyMap<Tensor, Tensor>): Tensor {
  if (tensor.inputs.length === 0) return tensor;
  const gradient = (): never => {
    // An operation's derivative speaks of the tensors that it was made with.
    throw new Error(
      `${tensor.operation} is part of a sequence: differentiate the programs that it is made of.`,
    );
  };
  return {
    ...tensor,
    inputs: tensor.inputs.map((source) => rebuilt.get(source)!),
    rule: { ...tensor.rule, gradient },
  };
}
