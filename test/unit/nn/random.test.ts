import { describe, expect, test } from '@jest/globals';
import { Random } from '../../../server/src/nn/random.ts';

const draw = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('a random stream', () => {
  test('is the same for the same name and another for any other name', () => {
    const names = [
      [1, 'latent', 0],
      [1, 'latent', 1],
      [2, 'latent', 0],
      ['1', 'latent', 0],
      [1, 'latent0'],
    ];
    const streams = names.map((name) => {
      const random = Random.of(...name);
      return draw(4, () => random.next()).join();
    });
    expect(new Set(streams).size).toBe(names.length);
    const again = Random.of(1, 'latent', 0);
    expect(draw(4, () => again.next()).join()).toBe(streams[0]);
  });

  test('gives the same numbers in every version, so that old seeds replay', () => {
    const random = Random.of(1, 'stability');
    expect(draw(3, () => random.next())).toEqual(FIRST_NUMBERS);
  });

  test('is uniform: mean 1/2, variance 1/12, and neighbours are uncorrelated', () => {
    const random = Random.of(7);
    const values = draw(100_000, () => random.uniform());
    expect(Math.min(...values.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.slice(0, 50_000))).toBeLessThan(1);
    expect(mean(values)).toBeCloseTo(0.5, 2);
    expect(mean(values.map((v) => (v - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
    expect(Math.abs(mean(values.slice(1).map((v, i) => (v - 0.5) * (values[i]! - 0.5))))).toBeLessThan(0.002);
  });

  test('is normal: mean 0, variance 1, no skew, kurtosis 3', () => {
    const random = Random.of(8);
    const values = draw(100_000, () => random.gaussian());
    const moments = [1, 2, 3, 4].map((power) => mean(values.map((v) => v ** power)));
    expect(moments[0]).toBeCloseTo(0, 1);
    expect(moments[1]).toBeCloseTo(1, 1);
    expect(Math.abs(moments[2]!)).toBeLessThan(0.05);
    expect(Math.abs(moments[3]! - 3)).toBeLessThan(0.15);
  });

  test('permutes: every number once, each place equally likely', () => {
    const random = Random.of(9);
    const firsts = new Array<number>(5).fill(0);
    for (let i = 0; i < 5000; i++) {
      const order = random.permutation(5);
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
      firsts[order[0]!]!++;
    }
    for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

const FIRST_NUMBERS = [3288625067, 4137134731, 854973910];
