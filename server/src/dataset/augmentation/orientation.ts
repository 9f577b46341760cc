/** The 48 symmetries of a cube: 6 orders of the axes times 8 combinations of mirrored axes. */
import type { Matrix } from './affine.ts';

export const ORIENTATIONS = 48;
/** Orientations below this keep the order of the axes. */
export const MIRRORINGS = 8;
/** Orientations below this keep the body's axis (z): mirrored, and x and y swapped. */
export const IN_PLANE = 16;

const AXIS_ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** Copies a cube of `size`³ values in one of its orientations (0 is unchanged) to `target` from `offset` on. */
export function copyOriented(
  values: Float32Array,
  size: number,
  orientation: number,
  target: Float32Array,
  offset: number,
): void {
  if (orientation === 0) return void target.set(values, offset);
  const strides = [size * size, size, 1];
  let start = 0;
  const steps = AXIS_ORDERS[orientation >> 3]!.map((axis, i) => {
    const stride = strides[axis]!;
    if (((orientation >> i) & 1) === 0) return stride;
    start += (size - 1) * stride;
    return -stride;
  }) as [number, number, number];
  let i = offset;
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++) {
      let position = start + a * steps[0] + b * steps[1];
      for (let c = 0; c < size; c++, i++, position += steps[2]) target[i] = values[position]!;
    }
}

/** Where {@link copyOriented} reads what it writes: source − centre = matrix · (target − centre), in (z, y, x). */
export function orientationMatrix(orientation: number): Matrix {
  const matrix: [number, number, number, number, number, number, number, number, number] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0,
  ];
  AXIS_ORDERS[orientation >> 3]!.forEach((axis, i) => {
    matrix[3 * axis + i] = ((orientation >> i) & 1) === 0 ? 1 : -1;
  });
  return matrix;
}
