import { describe, expect, test } from '@jest/globals';
import { kid, kidEstimate } from '../../../server/src/evaluation/kid.ts';
import { rowsOf } from '../../../server/src/evaluation/sample.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { normalRows, patients, single } from '../../support/samples.ts';

type Points = readonly (readonly [number, number])[];
/** Two distributions, each even over its points. */
const ONE: Points = [
  [0, 0],
  [1, 2],
  [-1, 1],
  [2, -1],
];
const OTHER: Points = [
  [1, 1],
  [0, 2],
  [3, -1],
];
const kernel = ([a, b]: readonly [number, number], [c, d]: readonly [number, number]): number =>
  ((a * c + b * d) / 2 + 1) ** 3;
const expected = (p: Points, q: Points): number =>
  p.reduce((sum, x) => sum + q.reduce((inner, y) => inner + kernel(x, y), 0), 0) / (p.length * q.length);

/** Mean and standard error of KID over many small samples. */
function simulated(p: Points, q: Points, n: number, m: number): { mean: number; error: number } {
  const random = Random.of('kid', n, m);
  const drawFrom = (points: Points, count: number) =>
    rowsOf(Array.from({ length: count }, () => points[random.integer(points.length)]!));
  const SIMULATIONS = 20_000;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < SIMULATIONS; i++) {
    const value = kid(drawFrom(p, n), drawFrom(q, m));
    sum += value;
    squares += value * value;
  }
  const mean = sum / SIMULATIONS;
  return { mean, error: Math.sqrt((squares / SIMULATIONS - mean * mean) / SIMULATIONS) };
}

describe('KID', () => {
  test('is on average the discrepancy of the distributions, at a handful of samples', () => {
    const truth = expected(ONE, ONE) + expected(OTHER, OTHER) - 2 * expected(ONE, OTHER);
    const { mean, error } = simulated(ONE, OTHER, 4, 6);
    expect(Math.abs(mean - truth)).toBeLessThan(2 * error);
    // The simulation is fine enough to see the bias of the estimate that counts each sample with itself.
    const self = ONE.reduce((sum, x) => sum + kernel(x, x), 0) / ONE.length;
    expect((self - expected(ONE, ONE)) / 4).toBeGreaterThan(10 * error);
  });

  test('is on average 0 between samples of the same distribution', () => {
    const { mean, error } = simulated(ONE, ONE, 5, 3);
    expect(Math.abs(mean)).toBeLessThan(2 * error);
    expect(error).toBeLessThan(0.1);
  });

  test('is the formula of the paper', () => {
    const [a, b] = [rowsOf(ONE), rowsOf(OTHER)];
    const pairs = (p: Points): number[] =>
      p.flatMap((x, i) => p.filter((_, j) => i !== j).map((y) => kernel(x, y)));
    const mean = (values: number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
    expect(kid(a, b)).toBeCloseTo(mean(pairs(ONE)) + mean(pairs(OTHER)) - 2 * expected(ONE, OTHER), 10);
  });

  test('refuses single samples and values that are not finite', () => {
    const rows = normalRows(Random.of('kid'), 5, 2);
    expect(() => kid(rowsOf([[1, 2]]), rows)).toThrow('the first set has 1');
    expect(() => kid(rows, { ...rows, values: rows.values.map(() => Number.NaN) })).toThrow(
      'Feature 0 of row 0 of the second set is NaN',
    );
  });
});

describe('KID with an interval', () => {
  const options = { draws: 200, seed: 1 };

  test('has the plain value where each sample is its own cluster, inside the interval', () => {
    const random = Random.of('plain');
    const [a, b] = [normalRows(random, 40, 4), normalRows(random, 50, 4, { mean: 0.8 })];
    const { value, interval } = kidEstimate({ real: single(a), synthetic: single(b), ...options });
    expect(value).toBeCloseTo(kid(a, b), 10);
    expect(interval!.low).toBeLessThan(value);
    expect(interval!.high).toBeGreaterThan(value);
    // Clearly apart: the interval says so.
    expect(interval!.low).toBeGreaterThan(0);
  });

  test('holds 0 for samples of the same distribution', () => {
    const random = Random.of('same');
    const interval = kidEstimate({
      real: single(normalRows(random, 60, 4)),
      synthetic: single(normalRows(random, 60, 4)),
      ...options,
    }).interval!;
    expect(interval.low).toBeLessThan(0);
    expect(interval.high).toBeGreaterThan(0);
  });

  test('is not fooled by patients with several alike nodules', () => {
    let [plain, byPatient] = [0, 0];
    const SIMULATIONS = 300;
    for (let i = 0; i < SIMULATIONS; i++) {
      const random = Random.of('alike', i);
      const [real, synthetic] = [patients(random, 30, 3, 0.95), single(normalRows(random, 30, 3))];
      plain += kid(real.rows, synthetic.rows) / SIMULATIONS;
      byPatient += kidEstimate({ real, synthetic, draws: 0, seed: 1 }).value / SIMULATIONS;
    }
    expect(plain).toBeGreaterThan(0.1);
    expect(Math.abs(byPatient)).toBeLessThan(0.05);
  });

  test('has no interval without draws', () => {
    const rows = single(normalRows(Random.of('none'), 10, 2));
    expect(kidEstimate({ real: rows, synthetic: rows, draws: 0, seed: 1 }).interval).toBeNull();
  });
});
