import { describe, expect, test } from '@jest/globals';
import { clusterMoments, momentsOf } from '../../../server/src/evaluation/clusterMoments.ts';
import {
  frechetDimension,
  frechetDistance,
  frechetToMoments,
  referenceOf,
} from '../../../server/src/evaluation/frechet.ts';
import { rowsOf, selectRows } from '../../../server/src/evaluation/sample.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { normalRows, patients } from '../../support/samples.ts';

describe('the Fréchet distance', () => {
  test.each([
    ['more samples than features', 60, 5],
    ['fewer samples than features', 12, 40],
  ])('is 0 from a sample to itself, with %s', (_, count, dimension) => {
    const rows = normalRows(Random.of('itself', count), count, dimension);
    expect(frechetDistance(rows, rows)).toBeLessThan(1e-6);
  });

  test('of two samples in one dimension is (μ₁ − μ₂)² + (σ₁ − σ₂)²', () => {
    // Means 2 and 7, variances 4 and 25.
    const a = rowsOf([[0], [2], [4]]);
    const b = rowsOf([[2], [7], [12]]);
    expect(frechetDistance(a, b)).toBeCloseTo(25 + 9, 12);
  });

  test('of samples whose covariances commute is that of their axes', () => {
    // ± the axes: covariance diag(2 a² / 3, 2 b² / 3) of four points.
    const cross = (x: number, y: number, shift: number) =>
      rowsOf([
        [x + shift, 0],
        [-x + shift, 0],
        [shift, y],
        [shift, -y],
      ]);
    const spread = (of: number) => of * Math.sqrt(2 / 3);
    const known = 9 + (spread(1) - spread(4)) ** 2 + (spread(2) - spread(0.5)) ** 2;
    expect(frechetDistance(cross(1, 2, 0), cross(4, 0.5, 3))).toBeCloseTo(known, 12);
  });

  test('does not depend on the order of the sets, whichever is smaller than the dimension', () => {
    const random = Random.of('order');
    for (const [n, m] of [
      [8, 50],
      [8, 9],
      [50, 60],
    ] as const) {
      const a = normalRows(random, n, 20, { spread: (k) => 1 + k / 10 });
      const b = normalRows(random, m, 20, { mean: 0.3 });
      const distance = frechetDistance(a, b);
      expect(frechetDistance(b, a)).toBeCloseTo(distance, 5);
      expect(distance).toBeGreaterThan(1);
    }
  });

  test('is the same through the factor of a small sample as through that of a padded one', () => {
    // Features that are always 0 add nothing, but they make the dimension larger than the number of samples.
    const random = Random.of('padded');
    const [a, b] = [normalRows(random, 30, 6), normalRows(random, 30, 6, { mean: 0.5, spread: () => 2 })];
    const padded = (rows: typeof a) =>
      rowsOf(
        Array.from({ length: 30 }, (_, i) => [
          ...rows.values.subarray(6 * i, 6 * i + 6),
          ...new Array(40).fill(0),
        ]),
      );
    expect(frechetDistance(padded(a), padded(b))).toBeCloseTo(frechetDistance(a, b), 6);
  });

  test('names row and feature of a value that is not finite', () => {
    const good = normalRows(Random.of('good'), 10, 3);
    const bad = { ...good, values: Float64Array.from(good.values) };
    bad.values[3 * 4 + 2] = Number.NaN;
    expect(() => frechetDistance(good, bad, ['size', 'mean', 'entropy'])).toThrow(
      'Feature 2 (entropy) of row 4 of the second set is NaN',
    );
    bad.values[14] = -Infinity;
    expect(() => frechetDistance(bad, good)).toThrow('Feature 2 of row 4 of the first set is -Infinity');
  });

  test('is refused for one sample and for sets of different features', () => {
    const random = Random.of('refused');
    expect(() => frechetDistance(normalRows(random, 1, 3), normalRows(random, 9, 3))).toThrow(
      'the first set has 1',
    );
    expect(() => frechetDistance(normalRows(random, 9, 3), normalRows(random, 9, 4))).toThrow(
      'One set has 3 features and the other 4',
    );
  });

  test('is taken in one dimension for every ten samples, 32 at most', () => {
    expect([9, 10, 119, 319, 320, 5000].map((n) => frechetDimension(n))).toEqual([0, 1, 11, 31, 32, 32]);
  });
});

describe('moments put together from clusters', () => {
  test('give the distance of the rows that were drawn', () => {
    const random = Random.of('clusters');
    const [a, b] = [patients(random, 40, 6, 0.5), patients(random, 50, 6, 0.2)];
    const origin = new Float64Array(6).fill(0.1);
    const drawOf = (sample: typeof a) => {
      const names = [...new Set(sample.clusters)];
      const times = Uint16Array.from(names, () => random.integer(3));
      const rows = sample.clusters.flatMap((name, row) =>
        new Array<number>(times[names.indexOf(name)]!).fill(row),
      );
      return {
        moments: momentsOf(clusterMoments(sample, origin), times),
        rows: selectRows(sample.rows, rows),
      };
    };
    const [one, two] = [drawOf(a), drawOf(b)];
    const found = frechetToMoments(referenceOf(one.moments), two.moments);
    expect(found).toBeCloseTo(frechetDistance(one.rows, two.rows), 10);
    expect(found).toBeGreaterThan(0.1);
  });
});
