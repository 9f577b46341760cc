import { describe, expect, test } from '@jest/globals';
import { medianOf, quadraticKappa } from '../../../server/src/services/networks/agreement.ts';

/** Cohen's weighted kappa from its definition: a table of agreement against one of chance. */
function kappaByTable(x: readonly number[], y: readonly number[]): number {
  const grades = [1, 2, 3, 4, 5];
  let seen = 0;
  let chance = 0;
  for (const a of grades)
    for (const b of grades) {
      const share = x.filter((value, i) => value === a && y[i] === b).length / x.length;
      const expected = (x.filter((v) => v === a).length * y.filter((v) => v === b).length) / x.length ** 2;
      seen += (a - b) ** 2 * share;
      chance += (a - b) ** 2 * expected;
    }
  return 1 - seen / chance;
}

describe('agreement in grades', () => {
  test('is 1 for the same grades, 0 for unrelated ones, and what the table of chances gives', () => {
    const y = [1, 2, 2, 3, 5, 4, 4, 1];
    expect(quadraticKappa(y, y)).toBe(1);
    expect(quadraticKappa([1, 1, 5, 5], [1, 5, 1, 5])).toBeCloseTo(0, 12);
    const x = [2, 2, 1, 3, 4, 5, 4, 2];
    expect(quadraticKappa(x, y)).toBeCloseTo(kappaByTable(x, y), 12);
  });

  test('rounds the answers of a network to whole grades', () => {
    expect(quadraticKappa([1.2, 3.4, 4.8], [1, 3, 5])).toBe(1);
  });

  test('takes the middle of an even number for its median', () => {
    expect(medianOf([4, 1, 3, 2])).toBe(2.5);
    expect(medianOf([9, 1, 3])).toBe(3);
  });
});
