/** Products of dense row-major matrices that the distances are made of. */
import type { Rows } from './rows.ts';
import { vectorProduct } from './vectorProduct.ts';

const { sqrt } = Math;
/** Products of elements from which it pays to set up vector instructions. */
const LARGE = 2_000_000;
/** Columns taken at a time: eight rows of them stay in the nearest cache. */
const DEPTH = 256;

/**
 * A Bᵀ of A (rows × depth) and B (columns × depth): rows × columns. With `lowerOnly` whatever lies in blocks above the
 * diagonal stays 0.
 */
export function timesTransposed(
  a: Float64Array,
  rows: number,
  b: Float64Array,
  columns: number,
  depth: number,
  lowerOnly = false,
): Float64Array {
  if (rows * columns * depth >= LARGE) return vectorProduct(a, rows, b, columns, depth, lowerOnly);
  const product = new Float64Array(rows * columns);
  for (let from = 0; from < depth; from += DEPTH) {
    const to = Math.min(depth, from + DEPTH);
    for (let i = 0; i < rows; i += 4) {
      const end = lowerOnly ? Math.min(columns, i + 4) : columns;
      for (let j = 0; j < end; j += 4) {
        if (i + 4 <= rows && j + 4 <= columns) addBlock(a, b, product, i, j, columns, depth, from, to);
        else addEdge(a, b, product, i, j, rows, columns, depth, from, to);
      }
    }
  }
  return product;
}

/** Sixteen products at a time, in as many registers. */
function addBlock(
  a: Float64Array,
  b: Float64Array,
  product: Float64Array,
  i: number,
  j: number,
  columns: number,
  depth: number,
  from: number,
  to: number,
): void {
  const [a0, a1, a2, a3] = [i * depth, (i + 1) * depth, (i + 2) * depth, (i + 3) * depth];
  const [b0, b1, b2, b3] = [j * depth, (j + 1) * depth, (j + 2) * depth, (j + 3) * depth];
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  let [s20, s21, s22, s23] = [0, 0, 0, 0];
  let [s30, s31, s32, s33] = [0, 0, 0, 0];
  for (let k = from; k < to; k++) {
    const x0 = a[a0 + k]!;
    const x1 = a[a1 + k]!;
    const x2 = a[a2 + k]!;
    const x3 = a[a3 + k]!;
    const y0 = b[b0 + k]!;
    const y1 = b[b1 + k]!;
    const y2 = b[b2 + k]!;
    const y3 = b[b3 + k]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  let at = i * columns + j;
  product[at]! += s00;
  product[at + 1]! += s01;
  product[at + 2]! += s02;
  product[at + 3]! += s03;
  at += columns;
  product[at]! += s10;
  product[at + 1]! += s11;
  product[at + 2]! += s12;
  product[at + 3]! += s13;
  at += columns;
  product[at]! += s20;
  product[at + 1]! += s21;
  product[at + 2]! += s22;
  product[at + 3]! += s23;
  at += columns;
  product[at]! += s30;
  product[at + 1]! += s31;
  product[at + 2]! += s32;
  product[at + 3]! += s33;
}

function addEdge(
  a: Float64Array,
  b: Float64Array,
  product: Float64Array,
  i: number,
  j: number,
  rows: number,
  columns: number,
  depth: number,
  from: number,
  to: number,
): void {
  for (let row = i; row < rows && row < i + 4; row++)
    for (let column = j; column < columns && column < j + 4; column++) {
      let sum = 0;
      for (let k = from; k < to; k++) sum += a[row * depth + k]! * b[column * depth + k]!;
      product[row * columns + column]! += sum;
    }
}

/** rows × columns → columns × rows. */
export function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]!;
  return result;
}

export function meanOf({ count, dimension, values }: Rows): Float64Array {
  const mean = new Float64Array(dimension);
  for (let row = 0, at = 0; row < count; row++)
    for (let k = 0; k < dimension; k++, at++) mean[k]! += values[at]!;
  for (let k = 0; k < dimension; k++) mean[k]! /= count;
  return mean;
}

/** Rows less their mean, divided by √(count − 1): times its own transpose that is the covariance (or the Gram matrix). */
export function scaledDeviations({ count, dimension, values }: Rows, mean: Float64Array): Float64Array {
  const factor = 1 / sqrt(count - 1);
  const result = new Float64Array(values.length);
  for (let row = 0, at = 0; row < count; row++)
    for (let k = 0; k < dimension; k++, at++) result[at] = (values[at]! - mean[k]!) * factor;
  return result;
}

/** Copies the lower triangle of a square matrix to the upper one. */
export function mirrorLower(matrix: Float64Array, size: number): Float64Array {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[j * size + i] = matrix[i * size + j]!;
  return matrix;
}

/** Of a positive pivot, below this share of the largest diagonal element it counts as 0. */
const SMALLEST_PIVOT = 1e-13;

/**
 * Cholesky's factor L (lower, L Lᵀ = the matrix), in place of the lower triangle; above it zeros. A matrix that is only
 * semidefinite is factored too: a pivot that vanishes leaves a column of zeros.
 */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array {
  let largest = 0;
  for (let i = 0; i < size; i++) largest = Math.max(largest, matrix[i * size + i]!);
  const least = SMALLEST_PIVOT * largest;
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let sum = matrix[row + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[row + k]! * matrix[other + k]!;
      if (j === i) matrix[row + i] = sum > least ? sqrt(sum) : 0;
      else matrix[row + j] = matrix[other + j]! > 0 ? sum / matrix[other + j]! : 0;
    }
    matrix.fill(0, row + i + 1, row + size);
  }
  return matrix;
}
