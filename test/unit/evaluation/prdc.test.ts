import { describe, expect, test } from '@jest/globals';
import { prdc, prdcEstimates } from '../../../server/src/evaluation/prdc.ts';
import { rowsOf, selectRows, subsample } from '../../../server/src/evaluation/sample.ts';
import type { Rows } from '../../../server/src/evaluation/rows.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { normalRows, single } from '../../support/samples.ts';
import published from '../../support/prdcExample.json' with { type: 'json' };

/** The generator of test/support/prdc_example.py. */
function numbersFrom(start: number): () => number {
  let state = start;
  return () => {
    let total = 0;
    for (let i = 0; i < 12; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      total += state / 2 ** 32;
    }
    return total - 6;
  };
}

describe('precision, recall, density and coverage', () => {
  test.each(published)('are those of the published implementation: $name', (example) => {
    const next = numbersFrom(example.real + example.dimension);
    const rows = (count: number, value: () => number): Rows => ({
      count,
      dimension: example.dimension,
      values: Float64Array.from({ length: count * example.dimension }, value),
    });
    const real = rows(example.real, next);
    const synthetic = rows(example.synthetic, () => example.shift + example.spread * next());
    const found = prdc(real, synthetic, example.k);
    for (const measure of ['precision', 'recall', 'density', 'coverage'] as const)
      expect(found[measure]).toBeCloseTo(example.found[measure], 12);
  });

  test('see a collapsed set by its recall and a noisy one by its precision', () => {
    const random = Random.of('collapsed');
    const real = normalRows(random, 100, 4);
    const collapsed = prdc(real, normalRows(random, 100, 4, { spread: () => 0.1 }));
    expect(collapsed.precision).toBe(1);
    expect(collapsed.recall).toBeLessThan(0.05);
    const noisy = prdc(real, normalRows(random, 100, 4, { spread: () => 4 }));
    expect(noisy.precision).toBeLessThan(0.3);
    expect(noisy.recall).toBeGreaterThan(0.9);
  });

  test('need more samples than neighbours', () => {
    const rows = rowsOf([[0], [1], [2], [3], [4]]);
    expect(() => prdc(rows, rows, 5)).toThrow('more than 5 samples on each side and the real set has 5');
    expect(prdc(rows, rows, 4).recall).toBe(1);
  });

  test('name what is not finite', () => {
    const rows = normalRows(Random.of('rows'), 9, 2);
    const values = Float64Array.from(rows.values);
    values[3] = Infinity;
    expect(() => prdc(rows, { ...rows, values })).toThrow(
      'Feature 1 of row 1 of the synthetic set is Infinity',
    );
  });
});

describe('their intervals', () => {
  const random = Random.of('intervals');
  const [real, synthetic] = [
    single(normalRows(random, 120, 3)),
    single(normalRows(random, 100, 3, { mean: 0.7 })),
  ];

  test('hold the plain values and stay within what can be', () => {
    const plain = prdc(real.rows, synthetic.rows);
    const estimates = prdcEstimates({ real, synthetic, draws: 200, seed: 4 });
    for (const measure of ['precision', 'recall', 'density', 'coverage'] as const) {
      const { value, interval } = estimates[measure];
      expect(value).toBe(plain[measure]);
      expect(interval!.low).toBeLessThan(value);
      expect(interval!.high).toBeGreaterThan(value);
      if (measure !== 'density') expect(interval!.high).toBeLessThanOrEqual(1);
    }
  });

  test('are wider where samples come in few clusters', () => {
    const width = (clusters: readonly string[]): number => {
      const { interval } = prdcEstimates({
        real: { ...real, clusters },
        synthetic,
        draws: 200,
        seed: 4,
      }).recall;
      return interval!.high - interval!.low;
    };
    const few = Array.from({ length: 120 }, (_, i) => `patient ${Math.floor(real.rows.values[3 * i]! * 2)}`);
    expect(width(few)).toBeGreaterThan(1.3 * width(real.clusters));
  });

  test('of a set that is cut down do not hang on the luck of one cut', () => {
    const few = single(normalRows(Random.of('few'), 30, 3, { mean: 1 }));
    const coverages = (n: number | undefined): number[] =>
      Array.from(
        { length: 12 },
        (_, seed) =>
          prdcEstimates({ real: few, synthetic: real, ...(n === undefined ? {} : { n }), draws: 0, seed })
            .coverage.value,
      );
    const ofOne = Array.from({ length: 12 }, (_, seed) => {
      const rows = subsample(real.clusters, 30, Random.of('one cut', seed));
      return prdc(few.rows, selectRows(real.rows, rows)).coverage;
    });
    const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
    expect(spread(ofOne)).toBeGreaterThan(0);
    expect(spread(coverages(30))).toBeLessThan(0.6 * spread(ofOne));
    // More samples cover more: what is cut is not the whole set.
    expect(Math.max(...coverages(30))).toBeLessThan(coverages(undefined)[0]!);
  });

  test('of a set that is cut down have as many draws and hold the value', () => {
    const few = single(normalRows(Random.of('few'), 30, 3));
    const { recall } = prdcEstimates({ real: few, synthetic, n: 30, draws: 203, seed: 4 });
    expect(recall.interval!.low).toBeLessThan(recall.value);
    expect(recall.interval!.high).toBeGreaterThan(recall.value);
    expect(recall.interval!.how).toContain('203 bootstrap draws');
  });
});
