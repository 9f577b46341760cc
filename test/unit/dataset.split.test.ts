import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classOf } from '../../server/src/dataset/cancerRule.ts';
import { ALWAYS_TEST, assignmentHash, splitPatients, TEST_FOLD } from '../../server/src/dataset/split.ts';

const patients = Array.from({ length: 400 }, (_, at) => `LIDC-IDRI-${String(at + 1).padStart(4, '0')}`);
const options = { seed: 1, folds: 5, testPatients: ALWAYS_TEST };

describe('the split by patient', () => {
  const split = splitPatients(patients, options);

  test('gives every patient one fold of about the same size', () => {
    expect(Object.keys(split.assignment)).toEqual(patients);
    for (const fold of [0, 1, 2, 3, 4]) {
      const size = Object.values(split.assignment).filter((one) => one === fold).length;
      expect(size).toBeGreaterThan(55);
      expect(size).toBeLessThan(105);
    }
  });

  test('keeps the four whole patients in the test fold under every seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 10 }), (seed, folds) => {
        const { assignment } = splitPatients(patients.slice(0, 10), { ...options, seed, folds });
        expect(ALWAYS_TEST.map((patient) => assignment[patient])).toEqual([
          TEST_FOLD,
          TEST_FOLD,
          TEST_FOLD,
          TEST_FOLD,
        ]);
      }),
    );
  });

  test('moves nobody when patients are added, and does not depend on their order', () => {
    const fewer = splitPatients(patients.slice(0, 50).reverse(), options).assignment;
    expect(fewer).toEqual(Object.fromEntries(Object.entries(split.assignment).slice(0, 50)));
  });

  test('is locked by a hash that changes with any assignment', () => {
    expect(split.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(splitPatients(patients, options).sha256).toBe(split.sha256);
    expect(splitPatients(patients, { ...options, seed: 2 }).sha256).not.toBe(split.sha256);
    const moved = { ...split.assignment, 'LIDC-IDRI-0002': (split.assignment['LIDC-IDRI-0002'] ?? 0) + 1 };
    expect(assignmentHash(moved)).not.toBe(split.sha256);
  });

  test('refuses a single fold: nothing would be left to train on', () => {
    expect(() => splitPatients(patients, { ...options, folds: 1 })).toThrow(/at least 2 folds/);
  });
});

test.each([
  [[5, 5, 5, 4], 'malignant'],
  [[4, 5, 3, 2], 'indeterminate'],
  [[4], 'malignant'],
  [[2, 2, 3], 'benign'],
  [[2, 3], 'indeterminate'],
  [[3, 5], 'malignant'],
  [[1, 2, 2, 5], 'benign'],
] as const)('ratings %j are %s by their median', (ratings, expected) => {
  expect(classOf(ratings)).toBe(expected);
});
