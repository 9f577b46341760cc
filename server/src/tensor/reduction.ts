/** Sums over axes and their transpose, broadcasting. */
import { makeTensor, type Tensor } from './tensor.ts';
import { broadcastPositions, broadcastShape, sameShape, shapeError, sizeOf, type Shape } from './shape.ts';
import { reshape } from './layout.ts';

/** Sum over `axes`, which stay in the shape with length 1. */
export function reduceSum(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.length === 0) return x;
  if (axes.some((axis) => !(axis in x.shape)))
    throw shapeError('reduceSum', [x.shape], `it has no axes ${axes.join(', ')}`);
  const shape = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return makeTensor('reduceSum', shape, [x], {
    gradient: (upstream) => [broadcastTo(upstream, x.shape)],
    lower: (onnx, [name]) => onnx.node('ReduceSum', [name!, onnx.integers(axes)], { keepdims: 1 }),
    tensorflow: (tf, [value]) => tf.sum(value!, [...axes], true),
    evaluate([values]) {
      const result = new Float64Array(sizeOf(shape));
      broadcastPositions(shape, x.shape).forEach((position, i) => (result[position]! += values![i]!));
      return result;
    },
  });
}

/** Repeats `x` along the axes where it has length 1 (or none) until it has the given shape. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShape('broadcastTo', x.shape, shape), shape))
    throw shapeError('broadcastTo', [x.shape, shape], 'the first must broadcast to the second');
  return makeTensor('broadcastTo', shape, [x], {
    gradient: (upstream) => [sumTo(upstream, x.shape)],
    lower: (onnx, [name]) => onnx.node('Expand', [name!, onnx.integers(shape)]),
    tensorflow: (tf, [value]) => tf.broadcastTo(value!, [...shape]),
    evaluate: ([values]) => Float64Array.from(broadcastPositions(x.shape, shape), (i) => values![i]!),
  });
}

/** Sums over the axes along which a tensor of shape `shape` was repeated to give `x`: the transpose of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const missing = x.shape.length - shape.length;
  const axes = x.shape.flatMap((length, axis) =>
    axis < missing || (shape[axis - missing] === 1 && length !== 1) ? [axis] : [],
  );
  return reshape(reduceSum(x, axes), shape);
}

/** Sum over everything: a scalar. */
export const sumAll = (x: Tensor): Tensor =>
  reshape(
    reduceSum(
      x,
      x.shape.map((_, axis) => axis),
    ),
    [],
  );
