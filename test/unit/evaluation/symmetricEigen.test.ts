import { describe, expect, test } from '@jest/globals';
import { choleskyFactor, timesTransposed } from '../../../server/src/evaluation/matrix.ts';
import { symmetricEigen, symmetricEigenvalues } from '../../../server/src/evaluation/symmetricEigen.ts';
import { Random } from '../../../server/src/nn/random.ts';

const { abs, floor, max } = Math;

function randomSymmetric(size: number): Float64Array {
  const random = Random.of('symmetric', size);
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) matrix[i * size + j] = matrix[j * size + i] = random.gaussian();
  return matrix;
}

const identity = (size: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));

const worst = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, value, i) => max(most, abs(value - b[i]!)), 0);

describe('eigenvalues and eigenvectors of a symmetric matrix', () => {
  test.each([1, 2, 3, 4, 7, 32, 90])('put a matrix of %i rows together again', (size) => {
    const matrix = randomSymmetric(size);
    const { values, vectors } = symmetricEigen(matrix, size);
    // Σ λ v vᵀ = (columns of vectors scaled) times themselves.
    const columns = new Float64Array(size * size);
    const scaled = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let k = 0; k < size; k++) {
        columns[k * size + i] = vectors[i * size + k]!;
        scaled[k * size + i] = vectors[i * size + k]! * values[i]!;
      }
    expect(worst(timesTransposed(scaled, size, columns, size, size), matrix)).toBeLessThan(1e-12);
    expect(worst(timesTransposed(vectors, size, vectors, size, size), identity(size))).toBeLessThan(1e-12);
    expect(Array.from(values)).toEqual(Array.from(values).sort((a, b) => b - a));
    expect(worst(symmetricEigenvalues(matrix, size), values)).toBeLessThan(1e-12);
  });

  test('are those known of the second difference: 2 − 2 cos(kπ / (n + 1))', () => {
    const size = 50;
    const matrix = Float64Array.from({ length: size * size }, (_, at) => {
      const distance = abs(floor(at / size) - (at % size));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    const known = Float64Array.from(
      { length: size },
      (_, i) => 2 - 2 * Math.cos(((size - i) * Math.PI) / (size + 1)),
    );
    expect(worst(symmetricEigenvalues(matrix, size), known)).toBeLessThan(1e-13);
  });

  test('are found of a diagonal, of a zero and of a hugely scaled matrix', () => {
    expect(Array.from(symmetricEigenvalues(Float64Array.of(1, 0, 0, 0, 3, 0, 0, 0, -2), 3))).toEqual([
      3, 1, -2,
    ]);
    expect(Array.from(symmetricEigenvalues(new Float64Array(16), 4))).toEqual([0, 0, 0, 0]);
    const size = 12;
    const matrix = randomSymmetric(size);
    const values = symmetricEigenvalues(matrix, size);
    const huge = symmetricEigenvalues(
      matrix.map((element) => element * 1e180),
      size,
    );
    expect(
      worst(
        huge.map((value) => value / 1e180),
        values,
      ),
    ).toBeLessThan(1e-12);
  });

  test('repeat where the matrix says so', () => {
    // Projection on two directions: eigenvalues 1, 1 and zeros.
    const { vectors } = symmetricEigen(randomSymmetric(9), 9);
    const two = new Float64Array(81);
    for (let i = 0; i < 9; i++) for (let v = 0; v < 2; v++) two[i * 2 + v] = vectors[v * 9 + i]!;
    const projection = timesTransposed(two.slice(0, 18), 9, two.slice(0, 18), 9, 2);
    const known = Float64Array.of(1, 1, 0, 0, 0, 0, 0, 0, 0);
    expect(worst(symmetricEigenvalues(projection, 9), known)).toBeLessThan(1e-14);
  });
});

describe('the product with a transposed matrix', () => {
  test.each([
    [1, 1, 1],
    [5, 3, 7],
    [8, 12, 300],
    [13, 6, 513],
    // Large enough for vector instructions, with edges that no block fits.
    [131, 70, 301],
    [9, 6, 50_001],
  ])('of %i × and %i × rows of %i is the sum of products', (rows, columns, depth) => {
    const random = Random.of('product', rows);
    const a = Float64Array.from({ length: rows * depth }, () => random.gaussian());
    const b = Float64Array.from({ length: columns * depth }, () => random.gaussian());
    const known = Float64Array.from({ length: rows * columns }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < depth; k++)
        sum += a[floor(at / columns) * depth + k]! * b[(at % columns) * depth + k]!;
      return sum;
    });
    expect(worst(timesTransposed(a, rows, b, columns, depth), known)).toBeLessThan(1e-9);
    const square = timesTransposed(a, rows, a, rows, depth);
    const lower = timesTransposed(a, rows, a, rows, depth, true);
    const onlyLower = (matrix: Float64Array) =>
      matrix.map((element, at) => (at % rows <= floor(at / rows) ? element : 0));
    expect(worst(onlyLower(lower), onlyLower(square))).toBeLessThan(1e-9);
  });
});

describe("Cholesky's factor", () => {
  test.each([
    ['definite', 20],
    ['semidefinite', 4],
  ])('of a %s matrix gives it back', (_, rank) => {
    const size = 9;
    const random = Random.of('cholesky', rank);
    const root = Float64Array.from({ length: size * rank }, () => random.gaussian());
    const matrix = timesTransposed(root, size, root, size, rank);
    const factor = choleskyFactor(Float64Array.from(matrix), size);
    expect(worst(timesTransposed(factor, size, factor, size, size), matrix)).toBeLessThan(1e-6);
    for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) expect(factor[i * size + j]).toBe(0);
  });
});
