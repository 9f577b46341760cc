/** Operations that only move elements: reshape, transpose, concat, slice, pad. */
import { makeTensor, type Tensor } from './tensor.ts';
import { positionsAlong, sameShape, shapeError, sizeOf, stridesOf, type Shape } from './shape.ts';

/** The same elements in the same order under another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sizeOf(x.shape) !== sizeOf(shape))
    throw shapeError('reshape', [x.shape, shape], 'both must hold the same number of elements');
  if (sameShape(x.shape, shape)) return x;
  return makeTensor('reshape', shape, [x], {
    gradient: (upstream) => [reshape(upstream, x.shape)],
    lower: (onnx, [name]) => onnx.node('Reshape', [name!, onnx.integers(shape)]),
    tensorflow: (tf, [value]) => tf.reshape(value!, [...shape]),
    evaluate: ([values]) => values!,
  });
}

/** Axis i of the result is axis `permutation[i]` of `x`. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  const sorted = [...permutation].sort((a, b) => a - b);
  if (permutation.length !== x.shape.length || sorted.some((axis, i) => axis !== i))
    throw shapeError('transpose', [x.shape], `(${permutation.join(', ')}) is not a permutation of its axes`);
  const shape = permutation.map((axis) => x.shape[axis]!);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return makeTensor('transpose', shape, [x], {
    gradient: (upstream) => [transpose(upstream, inverse)],
    lower: (onnx, [name]) => onnx.node('Transpose', [name!], { perm: permutation }),
    tensorflow: (tf, [value]) => tf.transpose(value!, [...permutation]),
    evaluate([values]) {
      const strides = stridesOf(x.shape);
      const steps = permutation.map((axis) => strides[axis]!);
      return Float64Array.from(positionsAlong(shape, steps), (i) => values![i]!);
    },
  });
}

/** Joins tensors along one axis; all other lengths must agree. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const shapes = parts.map((part) => part.shape);
  const first = shapes[0];
  const agrees = (shape: Shape): boolean =>
    first !== undefined &&
    shape.length === first.length &&
    shape.every((length, i) => i === axis || length === first[i]);
  if (first === undefined || !(axis in first) || !shapes.every(agrees))
    throw shapeError('concat', shapes, `all lengths but those of axis ${axis} must agree`);
  const shape = first.map((length, i) =>
    i === axis ? shapes.reduce((sum, part) => sum + part[axis]!, 0) : length,
  );
  return makeTensor('concat', shape, parts, {
    gradient(upstream) {
      let start = 0;
      return parts.map((part) => {
        const end = start + part.shape[axis]!;
        const piece = slice(upstream, axis, start, end);
        start = end;
        return piece;
      });
    },
    lower: (onnx, names) => onnx.node('Concat', names, { axis }),
    tensorflow: (tf, values) => tf.concat([...values], axis),
    evaluate(values) {
      const result = new Float64Array(sizeOf(shape));
      const strides = stridesOf(shape);
      let start = 0;
      parts.forEach((part, p) => {
        positionsAlong(part.shape, strides, start * strides[axis]!).forEach((position, i) => {
          result[position] = values[p]![i]!;
        });
        start += part.shape[axis]!;
      });
      return result;
    },
  });
}

/** The elements start ≤ index < end along one axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const length = x.shape[axis];
  if (length === undefined || start < 0 || end > length || start >= end)
    throw shapeError('slice', [x.shape], `there is no range ${start} to ${end} along axis ${axis}`);
  if (start === 0 && end === length) return x;
  const shape = x.shape.map((l, i) => (i === axis ? end - start : l));
  return makeTensor('slice', shape, [x], {
    gradient: (upstream) => [pad(upstream, axis, start, length - end)],
    lower: (onnx, [name]) =>
      onnx.node('Slice', [name!, onnx.integers([start]), onnx.integers([end]), onnx.integers([axis])]),
    tensorflow: (tf, [value]) =>
      tf.slice(
        value!,
        shape.map((_, i) => (i === axis ? start : 0)),
        [...shape],
      ),
    evaluate([values]) {
      const strides = stridesOf(x.shape);
      return Float64Array.from(positionsAlong(shape, strides, start * strides[axis]!), (i) => values![i]!);
    },
  });
}

/** Adds `before` and `after` zeros along one axis. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const length = x.shape[axis];
  if (length === undefined || before < 0 || after < 0)
    throw shapeError('pad', [x.shape], `cannot add ${before} and ${after} zeros along axis ${axis}`);
  if (before === 0 && after === 0) return x;
  const shape = x.shape.map((l, i) => (i === axis ? l + before + after : l));
  return makeTensor('pad', shape, [x], {
    gradient: (upstream) => [slice(upstream, axis, before, before + length)],
    lower(onnx, [name]) {
      const amounts = [
        ...shape.map((_, i) => (i === axis ? before : 0)),
        ...shape.map((_, i) => (i === axis ? after : 0)),
      ];
      return onnx.node('Pad', [name!, onnx.integers(amounts)]);
    },
    tensorflow: (tf, [value]) =>
      tf.pad(
        value!,
        shape.map((_, i) => (i === axis ? [before, after] : [0, 0])),
      ),
    evaluate([values]) {
      const result = new Float64Array(sizeOf(shape));
      const strides = stridesOf(shape);
      positionsAlong(x.shape, strides, before * strides[axis]!).forEach((position, i) => {
        result[position] = values![i]!;
      });
      return result;
    },
  });
}
