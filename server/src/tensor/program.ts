/** A program: named outputs of a graph. Its inputs are found in the graph. */
import { OnnxGraph, type ModelFacts, type Target } from './onnx/onnxGraph.ts';
import type { Shape } from './shape.ts';
import { topologicalOrder, type Tensor } from './tensor.ts';

export type Program = Readonly<Record<string, Tensor>>;

/** Name and shape of every value that must be fed to run the program. */
export function inputShapes(program: Program): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const tensor of topologicalOrder(Object.values(program)))
    if ('name' in tensor && typeof tensor.name === 'string') shapes.set(tensor.name, tensor.shape);
  return shapes;
}

/** The program as a serialised ONNX model with float32 inputs and outputs of the same names. */
export function toOnnx(program: Program, target: Target = 'cpu', facts: ModelFacts = {}): Uint8Array {
  const onnx = new OnnxGraph(target, facts);
  const names = new Map<Tensor, string>();
  for (const tensor of topologicalOrder(Object.values(program)))
    names.set(
      tensor,
      tensor.rule.lower(
        onnx,
        tensor.inputs.map((source) => names.get(source)!),
      ),
    );
  for (const [name, tensor] of Object.entries(program)) onnx.output(name, names.get(tensor)!, tensor.shape);
  return onnx.finish();
}
