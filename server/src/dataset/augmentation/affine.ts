/** 3×3 matrices over (z, y, x), the order in which a patch lies in memory. Row by row. */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number];

export const IDENTITY: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/**
 * Rotation by `degrees` about a unit axis (Rodrigues' formula). The sense is right-handed in the axes' own order: about
 * the first axis, the second turns towards the third.
 */
export function rotation([a, b, c]: readonly [number, number, number], degrees: number): Matrix {
  const angle = (degrees * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const rest = 1 - cos;
  return [
    cos + a * a * rest,
    a * b * rest - c * sin,
    a * c * rest + b * sin,
    b * a * rest + c * sin,
    cos + b * b * rest,
    b * c * rest - a * sin,
    c * a * rest - b * sin,
    c * b * rest + a * sin,
    cos + c * c * rest,
  ];
}

/** The inverse of a rotation. */
export const transpose = (m: Matrix): Matrix => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];

/** `left` after `right`, times a factor. */
export function product(left: Matrix, right: Matrix, factor = 1): Matrix {
  const at = (row: number, column: number): number =>
    factor *
    (left[3 * row]! * right[column]! +
      left[3 * row + 1]! * right[3 + column]! +
      left[3 * row + 2]! * right[6 + column]!);
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}
