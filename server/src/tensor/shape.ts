/** Shapes of tensors: row-major, the last axis is contiguous. Volumes are [batch, channel, z, y, x]. */
import { NoduleLabError } from '../volume/errors.ts';

export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/** Elements to skip per step along each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** The error of every shape check: it names the operation, the shapes it was given and the rule they break. */
export function shapeError(operation: string, shapes: readonly Shape[], rule: string): NoduleLabError {
  return new NoduleLabError(
    'invalid-input',
    `${operation} of ${shapes.map(formatShape).join(' and ')}: ${rule}.`,
    { operation, shapes },
  );
}

/**
 * The common shape of two operands: equal lengths, or 1 on either side, axis by axis from the last; a missing
 * leading axis counts as 1 (the rule of NumPy and ONNX).
 */
export function broadcastShape(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw shapeError(operation, [a, b], 'lengths must be equal, or 1 on one side');
    return Math.max(left, right);
  });
}

/**
 * For each element of `outer`, in order, the position in a tensor of shape `inner` that is broadcast to it.
 * Used by the reference evaluation only.
 */
export function broadcastPositions(inner: Shape, outer: Shape): Int32Array {
  const missing = outer.length - inner.length;
  const innerStrides = stridesOf(inner);
  const steps = outer.map((_, axis) =>
    axis < missing || inner[axis - missing] === 1 ? 0 : innerStrides[axis - missing]!,
  );
  return positionsAlong(outer, steps);
}

/** For each index of `shape`, in row-major order: offset + Σ index[axis] · steps[axis]. */
export function positionsAlong(shape: Shape, steps: readonly number[], offset = 0): Int32Array {
  const positions = new Int32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let position = offset;
  for (let i = 0; i < positions.length; i++) {
    positions[i] = position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += steps[axis]!;
      index[axis] = index[axis]! + 1;
      if (index[axis]! < shape[axis]!) break;
      position -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return positions;
}
