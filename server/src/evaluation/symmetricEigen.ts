/**
 * Eigenvalues and eigenvectors of symmetric matrices: Householder's reduction to tridiagonal form, then the QL
 * algorithm with implicit shifts (Golub and Van Loan, Matrix Computations, 4th ed., 8.3). A matrix is row-major; of a
 * symmetric one the lower triangle is read.
 */
import { NoduleLabError } from '../volume/errors.ts';

const { abs, max, sqrt } = Math;
const EPSILON = Number.EPSILON;
/** QL needs fewer than two sweeps an eigenvalue on average. */
const MOST_SWEEPS = 60;

export interface Eigen {
  /** Descending. */
  readonly values: Float64Array;
  /** Row `i` is the unit eigenvector of value `i`. */
  readonly vectors: Float64Array;
}

/** Eigenvalues in descending order. */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  const { scaled, largest } = unitScaled(matrix);
  const { diagonal, beside } = tridiagonal(scaled, size);
  implicitQl(diagonal, beside, null);
  return diagonal
    .map((value) => value * largest)
    .sort()
    .reverse();
}

export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const { scaled, largest } = unitScaled(matrix);
  const { diagonal, beside, lengths } = tridiagonal(scaled, size);
  const vectors = basisOf(scaled, lengths, size);
  implicitQl(diagonal, beside, vectors);
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]!);
  const sorted = new Float64Array(size * size);
  order.forEach((from, to) => sorted.set(vectors.subarray(from * size, (from + 1) * size), to * size));
  return { values: Float64Array.from(order, (index) => diagonal[index]! * largest), vectors: sorted };
}

/** A copy whose largest element is 1, so that no square overflows. */
function unitScaled(matrix: Float64Array): { scaled: Float64Array; largest: number } {
  let largest = 0;
  for (let i = 0; i < matrix.length; i++) largest = max(largest, abs(matrix[i]!));
  if (largest === 0) largest = 1;
  return { scaled: matrix.map((element) => element / largest), largest };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Element `i` couples i − 1 and i; element 0 is 0. */
  readonly beside: Float64Array;
  /** Half the squared length of the reflection's vector that is left in row `i`; 0: no reflection. */
  readonly lengths: Float64Array;
}

/**
 * Reduces in place from the last row up; the vectors of the reflections stay in the rows. The update of rank two that a
 * reflection asks for is put off and done in the one pass over the triangle that the next reflection needs anyway:
 * at a few hundred rows, memory is what costs.
 */
function tridiagonal(a: Float64Array, size: number): Tridiagonal {
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  const lengths = new Float64Array(size);
  let [v, q] = [new Float64Array(size), new Float64Array(size)];
  let [nextV, nextQ] = [new Float64Array(size), new Float64Array(size)];
  let pending = false;
  for (let i = size - 1; i >= 0; i--) {
    const row = i * size;
    if (pending) {
      const [vi, qi] = [v[i]!, q[i]!];
      for (let k = 0; k <= i; k++) a[row + k]! -= vi * q[k]! + qi * v[k]!;
    }
    diagonal[i] = a[row + i]!;
    if (i === 0) break;
    // Scaled, so that squares neither overflow nor vanish.
    let scale = 0;
    for (let k = 0; k < i; k++) scale += abs(a[row + k]!);
    let length = 0;
    if (scale > 0 && i > 1) {
      for (let k = 0; k < i; k++) {
        const element = a[row + k]! / scale;
        nextV[k] = element;
        length += element * element;
      }
      const last = nextV[i - 1]!;
      const root = last >= 0 ? -sqrt(length) : sqrt(length);
      beside[i] = scale * root;
      length -= last * root;
      nextV[i - 1] = last - root;
    } else {
      beside[i] = a[row + i - 1]!;
    }
    lengths[i] = length;
    if (length === 0) {
      if (pending) update(a, size, i, v, q);
      pending = false;
      continue;
    }
    for (let k = 0; k < i; k++) a[row + k] = nextV[k]!;
    if (pending) updateAndMultiply(a, size, i, v, q, nextV, nextQ);
    else multiply(a, size, i, nextV, nextQ);
    let product = 0;
    for (let k = 0; k < i; k++) {
      nextQ[k]! /= length;
      product += nextQ[k]! * nextV[k]!;
    }
    const share = product / (2 * length);
    for (let k = 0; k < i; k++) nextQ[k]! -= share * nextV[k]!;
    [v, nextV] = [nextV, v];
    [q, nextQ] = [nextQ, q];
    pending = true;
  }
  return { diagonal, beside, lengths };
}

/** A ← A − v qᵀ − q vᵀ in the first `count` rows. */
function update(a: Float64Array, size: number, count: number, v: Float64Array, q: Float64Array): void {
  for (let j = 0; j < count; j++) {
    const [vj, qj] = [v[j]!, q[j]!];
    for (let k = 0, at = j * size; k <= j; k++, at++) a[at]! -= vj * q[k]! + qj * v[k]!;
  }
}

/** p ← A x over the first `count` rows, of which the lower triangle is read. */
function multiply(a: Float64Array, size: number, count: number, x: Float64Array, p: Float64Array): void {
  for (let j = 0; j < count; j++) {
    const xj = x[j]!;
    let at = j * size;
    let sum = 0;
    for (let k = 0; k < j; k++, at++) {
      const element = a[at]!;
      sum += element * x[k]!;
      p[k]! += element * xj;
    }
    p[j] = sum + a[at]! * xj;
  }
}

/** Both in one pass, two rows at a time. */
function updateAndMultiply(
  a: Float64Array,
  size: number,
  count: number,
  v: Float64Array,
  q: Float64Array,
  x: Float64Array,
  p: Float64Array,
): void {
  let j = 0;
  for (; j + 1 < count; j += 2) {
    const v0 = v[j]!;
    const q0 = q[j]!;
    const x0 = x[j]!;
    const v1 = v[j + 1]!;
    const q1 = q[j + 1]!;
    const x1 = x[j + 1]!;
    const upper = j * size;
    const lower = upper + size;
    let sum0 = 0;
    let sum1 = 0;
    for (let k = 0; k < j; k++) {
      const vk = v[k]!;
      const qk = q[k]!;
      const xk = x[k]!;
      const element0 = a[upper + k]! - v0 * qk - q0 * vk;
      const element1 = a[lower + k]! - v1 * qk - q1 * vk;
      a[upper + k] = element0;
      a[lower + k] = element1;
      sum0 += element0 * xk;
      sum1 += element1 * xk;
      p[k]! += element0 * x0 + element1 * x1;
    }
    const corner = a[upper + j]! - 2 * v0 * q0;
    const beside = a[lower + j]! - v1 * q0 - q1 * v0;
    const last = a[lower + j + 1]! - 2 * v1 * q1;
    a[upper + j] = corner;
    a[lower + j] = beside;
    a[lower + j + 1] = last;
    p[j] = sum0 + corner * x0 + beside * x1;
    p[j + 1] = sum1 + beside * x0 + last * x1;
  }
  if (j === count) return;
  const [vj, qj, xj] = [v[j]!, q[j]!, x[j]!];
  const row = j * size;
  let sum = 0;
  for (let k = 0; k < j; k++) {
    const element = a[row + k]! - vj * q[k]! - qj * v[k]!;
    a[row + k] = element;
    sum += element * x[k]!;
    p[k]! += element * xj;
  }
  a[row + j]! -= 2 * vj * qj;
  p[j] = sum + a[row + j]! * xj;
}

/** Rows of the orthogonal matrix that the reflections make up. */
function basisOf(reduced: Float64Array, lengths: Float64Array, size: number): Float64Array {
  const basis = new Float64Array(size * size);
  for (let i = 0; i < size; i++) basis[i * size + i] = 1;
  const sums = new Float64Array(size);
  for (let i = 1; i < size; i++) {
    const length = lengths[i]!;
    if (length === 0) continue;
    const v = reduced.subarray(i * size, i * size + i);
    // basis ← basis (1 − v vᵀ / length) on the first i rows and columns, kept transposed: a row is a vector.
    for (let row = 0; row < i; row++) {
      const at = row * size;
      let sum = 0;
      for (let k = 0; k < i; k++) sum += basis[at + k]! * v[k]!;
      sums[row] = sum / length;
    }
    for (let row = 0; row < i; row++) {
      const at = row * size;
      const sum = sums[row]!;
      for (let k = 0; k < i; k++) basis[at + k]! -= sum * v[k]!;
    }
  }
  return basis;
}

/** Diagonalises; `vectors`, where given, has its rows turned along. */
function implicitQl(diagonal: Float64Array, beside: Float64Array, vectors: Float64Array | null): void {
  const size = diagonal.length;
  // From here on element i couples i and i + 1.
  beside.copyWithin(0, 1);
  beside[size - 1] = 0;
  for (let first = 0; first < size; first++) {
    for (let sweep = 0; ; sweep++) {
      let last = first;
      for (; last < size - 1; last++)
        if (abs(beside[last]!) <= EPSILON * (abs(diagonal[last]!) + abs(diagonal[last + 1]!))) break;
      if (last === first) break;
      if (sweep === MOST_SWEEPS)
        throw new NoduleLabError(
          'unusable',
          `The eigenvalues of a matrix of ${size} rows were not found in ${MOST_SWEEPS} sweeps: look for values that are not finite.`,
        );
      qlSweep(diagonal, beside, vectors, first, last);
    }
  }
}

/** One implicit QL sweep with Wilkinson's shift over the block first … last. */
function qlSweep(
  diagonal: Float64Array,
  beside: Float64Array,
  vectors: Float64Array | null,
  first: number,
  last: number,
): void {
  const size = diagonal.length;
  const half = (diagonal[first + 1]! - diagonal[first]!) / (2 * beside[first]!);
  const radius = sqrt(half * half + 1);
  let g = diagonal[last]! - diagonal[first]! + beside[first]! / (half + (half >= 0 ? radius : -radius));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = last - 1; i >= first; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const length = sqrt(f * f + g * g);
    beside[i + 1] = length;
    if (length === 0) {
      // The block falls apart here; the next sweep takes the parts.
      diagonal[i + 1]! -= shift;
      beside[last] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = diagonal[i + 1]! - shift;
    const turned = (diagonal[i]! - g) * sine + 2 * cosine * b;
    shift = sine * turned;
    diagonal[i + 1] = g + shift;
    g = cosine * turned - b;
    if (vectors) turnRows(vectors, size, i, sine, cosine);
  }
  diagonal[first]! -= shift;
  beside[first] = g;
  beside[last] = 0;
}

function turnRows(vectors: Float64Array, size: number, row: number, sine: number, cosine: number): void {
  const upper = row * size;
  const lower = upper + size;
  for (let k = 0; k < size; k++) {
    const f = vectors[lower + k]!;
    const e = vectors[upper + k]!;
    vectors[lower + k] = sine * e + cosine * f;
    vectors[upper + k] = cosine * e - sine * f;
  }
}
