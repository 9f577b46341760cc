import { describe, expect, test } from '@jest/globals';
import { Random } from '../../../server/src/nn/random.ts';
import { balanceOf, matchedPairs, NEGLIGIBLE, type PoolCase } from '../../../server/src/reading/matching.ts';
import { repeatedCases, scheduleOf } from '../../../server/src/reading/schedule.ts';

const KERNELS = ['B30f', 'B50f', 'LUNG'];

/** Synthetic ones are larger and more often sharp: unmatched they could be told by that alone. */
function pool(kind: 'real' | 'synthetic', count: number, shift: number): PoolCase[] {
  const random = Random.of('pool', kind, count);
  return Array.from({ length: count }, (_, i) => ({
    id: `${kind}-${i}`,
    patient: `${kind}-patient-${i}`,
    diameterMm: 10 + shift + 4 * random.gaussian(),
    texture: 1 + random.integer(5),
    sliceThicknessMm: [1, 1.25, 2, 2.5][random.integer(4)]!,
    kernel: KERNELS[Math.min(2, random.integer(3) + (random.uniform() < shift / 10 ? 1 : 0))]!,
  }));
}

describe('matched pairs', () => {
  const [real, synthetic] = [pool('real', 120, 0), pool('synthetic', 200, 3)];

  test('differ negligibly where the pools differ plainly', () => {
    expect(balanceOf(real, synthetic).worst).toBeGreaterThan(0.4);
    const { pairs, balance } = matchedPairs(real, synthetic, 50);
    expect(pairs).toHaveLength(50);
    expect(balance.worst).toBeLessThan(NEGLIGIBLE);
    expect(balance.kernels).toBe(0);
    expect(pairs.every((pair) => pair.real.kernel === pair.synthetic.kernel)).toBe(true);
  });

  test('take every case and every patient once', () => {
    const twins = real.map((one, i) => ({ ...one, patient: `p${i % 60}` }));
    const { pairs } = matchedPairs(twins, synthetic, 30);
    expect(new Set(pairs.map((pair) => pair.real.patient)).size).toBe(30);
    expect(new Set(pairs.map((pair) => pair.synthetic.id)).size).toBe(30);
  });

  test('are refused with the number of missing cases where the pools are too small', () => {
    const few = real.slice(0, 20);
    const refusal = (wanted: number): string => {
      try {
        matchedPairs(few, synthetic, wanted);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const missing = Number(/(\d+) real and as many synthetic cases are missing/.exec(refusal(50))![1]);
    // What is said to be possible is possible, and one more is not.
    expect(refusal(50 - missing)).toBe('');
    expect(refusal(50 - missing + 1)).toContain(': 1 real and as many synthetic cases are missing');
    const otherKernel = synthetic.map((one) => ({ ...one, kernel: 'other' }));
    expect(() => matchedPairs(real, otherKernel, 10)).toThrow('10 real and as many');
    expect(() => matchedPairs(real, synthetic, 1)).toThrow('two pairs or more');
  });
});

describe('the standardised difference', () => {
  test('is that of the means over the pooled standard deviation', () => {
    const of = (...diameters: number[]): PoolCase[] =>
      diameters.map((diameterMm, i) => ({ ...pool('real', 1, 0)[0]!, id: String(i), diameterMm }));
    // Means 6 and 5, variances 4 and 1: 1 / sqrt(2.5).
    expect(balanceOf(of(4, 6, 8), of(4, 5, 6)).differences.diameterMm).toBeCloseTo(1 / Math.sqrt(2.5), 12);
    expect(balanceOf(of(4, 6), of(4, 6)).worst).toBe(0);
    expect(balanceOf(of(4, 4), of(6, 6)).worst).toBe(Infinity);
  });
});

describe('the order of a reader', () => {
  const request = {
    cases: Array.from({ length: 60 }, (_, i) => `c${i}`),
    training: ['t1', 't2', 't3'],
    repeatShare: 0.15,
    seed: 11,
  };

  test('has every case once and the repeats again, after the training', () => {
    const order = scheduleOf(request, 'A');
    expect(order.slice(0, 3).map((one) => one.case)).toEqual(request.training);
    const of = (kind: string): string[] => order.filter((one) => one.kind === kind).map((one) => one.case);
    expect(of('reading').toSorted()).toEqual(request.cases.toSorted());
    expect(of('repeat').toSorted()).toEqual(repeatedCases(request).toSorted());
    expect(of('repeat')).toHaveLength(9);
  });

  test('is the same whenever it is asked for, and another for another reader, with the same repeats', () => {
    expect(scheduleOf(request, 'A')).toEqual(scheduleOf(request, 'A'));
    expect(scheduleOf(request, 'B')).not.toEqual(scheduleOf(request, 'A'));
    const repeats = (reader: string): string[] =>
      scheduleOf(request, reader)
        .filter(({ kind }) => kind === 'repeat')
        .map((one) => one.case)
        .toSorted();
    expect(repeats('B')).toEqual(repeats('A'));
  });

  test('shows a case again only after a third of the reading', () => {
    for (let reader = 0; reader < 50; reader++) {
      const order = scheduleOf(request, String(reader));
      for (const [at, { case: name, kind }] of order.entries())
        if (kind === 'repeat')
          expect(at - order.findIndex((one) => one.case === name)).toBeGreaterThanOrEqual(20);
    }
  });

  test('is refused with cases twice, too few cases, or too many repeats', () => {
    expect(() => scheduleOf({ ...request, training: ['c1'] }, 'A')).toThrow('Case c1 stands twice');
    expect(() => scheduleOf({ ...request, cases: ['a'] }, 'A')).toThrow('ten cases');
    expect(() => scheduleOf({ ...request, repeatShare: 0.5 }, 'A')).toThrow('take 10 to 20 %');
  });
});
