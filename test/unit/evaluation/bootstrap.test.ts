import { describe, expect, test } from '@jest/globals';
import {
  bootstrapEstimate,
  clusterBootstrap,
  clusterDraws,
  quantileOf,
} from '../../../server/src/evaluation/bootstrap.ts';
import { spearmanEstimate } from '../../../server/src/evaluation/correlation.ts';
import { drawPairs, pairMean } from '../../../server/src/evaluation/pairs.ts';
import {
  incompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from '../../../server/src/evaluation/quantiles.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { binomialAtLeast, binomialAtMost } from '../../support/samples.ts';

const { asin, PI, SQRT1_2, sqrt } = Math;

/** Of `patients` patients with one, two or three nodules: who each nodule is of. */
const patientsOf = (patients: number): string[] =>
  Array.from({ length: patients }, (_, i) => new Array<string>(1 + (i % 3)).fill(`patient ${i}`)).flat();

/** One normal number a nodule, of which half the variance is the patient's. */
function valuesOf(clusters: readonly string[], random: Random): number[] {
  const own = new Map<string, number>();
  return clusters.map((patient) => {
    const shared = own.get(patient) ?? random.gaussian();
    own.set(patient, shared);
    return SQRT1_2 * (shared + random.gaussian());
  });
}

function meanAt(values: ArrayLike<number>, rows: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) sum += values[rows[i]!]!;
  return sum / rows.length;
}

describe('an interval for samples that come by patient', () => {
  // If the true coverage were as far off as is refused, what was counted would have had a smaller chance than this.
  const ODDS = 0.001;

  test('holds the true mean as often as it says: 94 to 96 % of 10,000 simulations', () => {
    const clusters = patientsOf(20);
    const SIMULATIONS = 10_000;
    let held = 0;
    let heldByNodule = 0;
    for (let i = 0; i < SIMULATIONS; i++) {
      const values = valuesOf(clusters, Random.of('coverage of a mean', i));
      const holds = (names: readonly string[]): boolean => {
        const { low, high } = clusterBootstrap({
          clusters: [names],
          statistic: ([rows]) => meanAt(values, rows!),
          draws: 99,
          seed: i,
        }).interval!;
        return low <= 0 && 0 <= high;
      };
      if (holds(clusters)) held++;
      // A tenth is enough to see what drawing nodule by nodule would do.
      if (i % 10 === 0 && holds(clusters.map((_, row) => `nodule ${row}`))) heldByNodule++;
    }
    expect(binomialAtLeast(held, SIMULATIONS, 0.94)).toBeLessThan(ODDS);
    expect(binomialAtMost(held, SIMULATIONS, 0.96)).toBeLessThan(ODDS);
    expect(binomialAtMost(heldByNodule, SIMULATIONS / 10, 0.92)).toBeLessThan(ODDS);
  });

  test('holds the true Spearman correlation nearly as often as it says: 92 to 99 %', () => {
    const clusters = patientsOf(24);
    const rho = 0.6;
    // Of normal numbers with Pearson's correlation rho.
    const truth = (6 / PI) * asin(rho / 2);
    const SIMULATIONS = 600;
    let held = 0;
    for (let i = 0; i < SIMULATIONS; i++) {
      const random = Random.of('coverage of Spearman', i);
      const x = valuesOf(clusters, random);
      const y = valuesOf(clusters, random).map((own, row) => rho * x[row]! + sqrt(1 - rho * rho) * own);
      const { low, high } = spearmanEstimate({ x, y, clusters, draws: 99, seed: i }).interval!;
      if (low <= truth && truth <= high) held++;
    }
    expect(binomialAtLeast(held, SIMULATIONS, 0.92)).toBeLessThan(ODDS);
    expect(binomialAtMost(held, SIMULATIONS, 0.99)).toBeLessThan(ODDS);
  });

  const clusters = patientsOf(12);
  const values = valuesOf(clusters, Random.of('one sample'));
  const estimate = (seed: number | string) =>
    clusterBootstrap({
      clusters: [clusters],
      statistic: ([rows]) => meanAt(values, rows!),
      draws: 200,
      seed,
    });

  test('is the same again from the same seed and differs from another', () => {
    expect(estimate(5)).toEqual(estimate(5));
    expect(estimate(6).interval).not.toEqual(estimate(5).interval);
    expect(estimate(6).value).toBe(estimate(5).value);
  });

  test('draws whole patients', () => {
    const seen = new Set<number>();
    clusterBootstrap({
      clusters: [clusters],
      statistic: ([rows]) => {
        const times = new Map<string, number>();
        for (const row of rows!) times.set(clusters[row]!, (times.get(clusters[row]!) ?? 0) + 1);
        for (const [patient, count] of times)
          seen.add(count % clusters.filter((name) => name === patient).length);
        return 0;
      },
      draws: 50,
      seed: 1,
    });
    expect([...seen]).toEqual([0]);
  });

  test('of a difference draws both samples apart', () => {
    const { value, interval } = clusterBootstrap({
      clusters: [clusters, ['a', 'b', 'c', 'd']],
      statistic: ([rows, others]) => meanAt(values, rows!) - meanAt([10, 11, 12, 13], others!),
      draws: 200,
      seed: 1,
    });
    expect(value).toBeCloseTo(meanAt(values, Uint32Array.from(clusters.keys())) - 11.5, 12);
    expect(interval!.high).toBeLessThan(-8);
  });

  test('is not given where more than a tenth of the draws have no value, or for one patient', () => {
    let draw = 0;
    const failing = (every: number) =>
      clusterBootstrap({
        clusters: [clusters],
        statistic: () => (++draw % every === 0 ? Number.NaN : draw),
        draws: 100,
        seed: 1,
      }).interval;
    expect(failing(5)).toBeNull();
    expect(failing(20)).not.toBeNull();
    expect(
      clusterBootstrap({ clusters: [['a', 'a']], statistic: () => 1, draws: 100, seed: 1 }).interval,
    ).toBeNull();
  });

  test('is refused where the statistic has no value at all', () => {
    expect(() =>
      clusterBootstrap({ clusters: [clusters], statistic: () => Number.NaN, draws: 10, seed: 1 }),
    ).toThrow('NaN on the whole sample');
  });
});

test('recentred draws lie about the value, plain ones where they fell', () => {
  const drawn = Float64Array.from({ length: 999 }, (_, i) => 5 + i / 999);
  const plain = bootstrapEstimate(5, drawn, {}).interval!;
  expect(plain.low).toBeCloseTo(5.025, 2);
  const recentred = bootstrapEstimate(5, drawn, { method: 'recentred', bounds: [4.9, 10] }).interval!;
  expect(recentred.low).toBe(4.9);
  expect(recentred.high).toBeCloseTo(5.475, 2);
});

test('each draw takes as many clusters as there are', () => {
  for (const times of clusterDraws(7, 20, ['times'])) expect(times.reduce((sum, n) => sum + n, 0)).toBe(7);
});

test('quantiles interpolate between sorted values', () => {
  const sorted = Float64Array.of(1, 2, 3, 4);
  expect([0, 0.2, 0.5, 0.7, 1].map((share) => quantileOf(sorted, share))).toEqual([1, 1, 2.5, 3.5, 4]);
});

describe('a mean over pairs', () => {
  const clusters = ['a', 'a', 'b', 'c', 'd', 'e'];
  test('takes pairs of different patients, none twice', () => {
    const pairs = drawPairs(clusters, 100, Random.of('pairs'));
    expect(pairs).toHaveLength(14);
    expect(new Set(pairs.map(String)).size).toBe(14);
    for (const [i, j] of pairs) expect(clusters[i]).not.toBe(clusters[j]);
    expect(drawPairs(clusters, 5, Random.of('pairs'))).toHaveLength(5);
  });

  test('has the plain mean and an interval that knows that pairs share samples', () => {
    const names = Array.from({ length: 30 }, (_, i) => `patient ${i}`);
    const random = Random.of('shared');
    const own = names.map(() => random.gaussian());
    const pairs = drawPairs(names, 1000, random);
    const values = pairs.map(([i, j]) => own[i]! + own[j]!);
    const { value, interval } = pairMean({ values, pairs, clusters: names, draws: 400, seed: 1 });
    expect(value).toBeCloseTo(values.reduce((sum, v) => sum + v, 0) / values.length, 12);
    // Twice a mean of thirty: a standard error near 2 / √30, where 435 independent pairs would have √(2 / 435).
    const reach = (interval!.high - interval!.low) / 2;
    expect(reach).toBeGreaterThan(0.5);
    expect(reach).toBeLessThan(1.1);
  });
});

test('distribution functions have the values of the tables', () => {
  expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14);
  expect(normalCdf(-6) / 9.865876450376981e-10).toBeCloseTo(1, 12);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  expect(studentQuantile(0.975, 10)).toBeCloseTo(2.2281388519649385, 9);
  expect(studentQuantile(0.025, 1)).toBeCloseTo(-12.706204736432095, 7);
  expect(studentCdf(2, 3)).toBeCloseTo(0.5 + ((2 * sqrt(3)) / 7 + Math.atan(2 / sqrt(3))) / PI, 13);
  expect(logGamma(100)).toBeCloseTo(359.1342053695754, 10);
  expect(incompleteBeta(0.3, 2, 5)).toBeCloseTo(0.579825, 12);
  // Of a fair coin, at most 3 of 10: 176 / 1024.
  expect(binomialAtMost(3, 10, 0.5)).toBeCloseTo(176 / 1024, 13);
  expect(binomialAtLeast(8, 10, 0.5)).toBeCloseTo(56 / 1024, 13);
});
