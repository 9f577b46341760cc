/**
 * A graph of tensor operations with static shapes.
 *
 * A `Tensor` is a node: it knows its shape, the tensors it is computed from, and the rule of its operation. Tensors
 * never change, and nothing is computed while a graph is built. To add an operation, write one function that checks
 * the shapes and returns `makeTensor(…)` with a rule of four parts: the derivative (in terms of operations, so that
 * it can be differentiated again), the ONNX lowering (what runs), the same over TensorFlow.js, and a plain float64
 * evaluation (the oracle that the others are tested against).
 */
import type { OnnxGraph } from './onnx/onnxGraph.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { formatShape, sizeOf, type Shape } from './shape.ts';
import type { TensorflowApi, TensorflowTensor } from './tensorflow.ts';

export interface Rule {
  /**
   * Derivative of a scalar with respect to each input, given its derivative with respect to this output;
   * undefined where the operation is constant in that input.
   */
  gradient(upstream: Tensor, output: Tensor): readonly (Tensor | undefined)[];
  /** Emits ONNX nodes for this operation and returns the name of the value they produce. */
  lower(onnx: OnnxGraph, inputs: readonly string[]): string;
  /** The same over TensorFlow.js. What it makes on the way is freed by the caller. */
  tensorflow(tf: TensorflowApi, inputs: readonly TensorflowTensor[]): TensorflowTensor;
  /** The same in plain float64 loops: slow, obvious, independent of ONNX. */
  evaluate(inputs: readonly Float64Array[]): Float64Array;
}

export interface Tensor {
  readonly operation: string;
  readonly shape: Shape;
  readonly inputs: readonly Tensor[];
  readonly rule: Rule;
}

/** A value fed at every run. */
export interface InputTensor extends Tensor {
  readonly name: string;
}

export function makeTensor(operation: string, shape: Shape, inputs: readonly Tensor[], rule: Rule): Tensor {
  if (!shape.every((length) => Number.isInteger(length) && length > 0))
    throw new NoduleLabError(
      'invalid-input',
      `${operation} would produce the shape ${formatShape(shape)}: every length must be a positive integer.`,
      { operation, shape },
    );
  return { operation, shape, inputs, rule };
}

/** A named value of the given shape, fed at every run. */
export function input(name: string, shape: Shape): InputTensor {
  const notFed = (): never => {
    throw new NoduleLabError('invalid-input', `The input ${name} ${formatShape(shape)} was not fed.`);
  };
  const rule: Rule = {
    gradient: () => [],
    lower: (onnx) => onnx.input(name, shape),
    tensorflow: notFed,
    evaluate: notFed,
  };
  return { ...makeTensor('input', shape, [], rule), name };
}

/** A value fixed when the graph is built. */
export function constant(values: ArrayLike<number>, shape: Shape): Tensor {
  if (values.length !== sizeOf(shape))
    throw new NoduleLabError(
      'invalid-input',
      `constant of ${formatShape(shape)} was given ${values.length} values instead of ${sizeOf(shape)}.`,
    );
  return makeTensor('constant', shape, [], {
    gradient: () => [],
    lower: (onnx) => onnx.floats(Float32Array.from(values), shape),
    tensorflow: (tf) => tf.tensor(Float32Array.from(values), [...shape]),
    evaluate: () => Float64Array.from(values),
  });
}

export const scalar = (value: number): Tensor => constant([value], []);

/** Every tensor that `outputs` depend on, inputs before users. */
export function topologicalOrder(outputs: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<Tensor>();
  // An explicit stack: double backward graphs are deeper than the call stack likes.
  const stack = outputs.map((tensor) => ({ tensor, next: 0 })).reverse();
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    if (top.next === 0 && seen.has(top.tensor)) {
      stack.pop();
      continue;
    }
    seen.add(top.tensor);
    const child = top.tensor.inputs[top.next++];
    if (child === undefined) {
      order.push(top.tensor);
      stack.pop();
    } else if (!seen.has(child)) stack.push({ tensor: child, next: 0 });
  }
  return order;
}
