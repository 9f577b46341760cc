/** Reverse-mode differentiation. The derivative is again a graph, so it can be differentiated again. */
import { NoduleLabError } from '../volume/errors.ts';
import { add } from './elementwise.ts';
import { broadcastTo } from './reduction.ts';
import { formatShape, sameShape, sizeOf } from './shape.ts';
import { scalar, topologicalOrder, type Tensor } from './tensor.ts';

/** d value / d t for each tensor t of `wrt`, each with the shape of its t. `value` must hold one element. */
export function gradient(value: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (sizeOf(value.shape) !== 1)
    throw new NoduleLabError(
      'invalid-input',
      `Only a single number can be differentiated, not a tensor of shape ${formatShape(value.shape)}: sum it first.`,
    );
  const order = topologicalOrder([value]);
  const wanted = new Set(wrt);
  // Only tensors on a path from `wrt` to `value` carry derivatives.
  const relevant = new Set<Tensor>();
  for (const tensor of order)
    if (wanted.has(tensor) || tensor.inputs.some((t) => relevant.has(t))) relevant.add(tensor);

  const derivatives = new Map<Tensor, Tensor>([[value, broadcastTo(scalar(1), value.shape)]]);
  for (const tensor of order.reverse()) {
    const upstream = derivatives.get(tensor);
    if (upstream === undefined || !tensor.inputs.some((t) => relevant.has(t))) continue;
    const contributions = tensor.rule.gradient(upstream, tensor);
    tensor.inputs.forEach((source, i) => {
      const contribution = contributions[i];
      if (contribution === undefined || !relevant.has(source)) return;
      if (!sameShape(contribution.shape, source.shape))
        throw new Error(
          `The derivative of ${tensor.operation} has shape ${formatShape(contribution.shape)} for an input of shape ${formatShape(source.shape)}.`,
        );
      const known = derivatives.get(source);
      derivatives.set(source, known === undefined ? contribution : add(known, contribution));
    });
  }
  return wrt.map((tensor) => derivatives.get(tensor) ?? broadcastTo(scalar(0), tensor.shape));
}
