import { describe, expect, test } from '@jest/globals';
import { ARMS, type Arm } from '../../../server/src/services/comparison/arms.ts';
import {
  cellText,
  shown,
  spreadOf,
  type Cell,
  type TableRow,
} from '../../../server/src/services/comparison/comparisonTable.ts';
import { findingsOf } from '../../../server/src/services/comparison/findings.ts';

const cell = (value: number, half = 0.05): Cell => ({ value, low: value - half, high: value + half });

/** Values of ours, ellipsoids, cut-and-mix and transplanted. */
const row = (key: string, better: TableRow['better'], values: readonly (Cell | null)[]): TableRow => ({
  ...{
    key,
    title: `measure ${key}`,
    definition: '',
    unit: '',
    better,
    brackets: 'interval',
    notComputed: null,
  },
  cells: Object.fromEntries(ARMS.map((arm, n) => [arm, values[n] ?? null])) as Record<Arm, Cell | null>,
});

describe('what a comparison says in words', () => {
  test('counts the measures in which ours and another arm are told apart, by name and direction', () => {
    const [ellipsoids, mix] = findingsOf([
      row('a', 'lower', [cell(0.2), cell(1), cell(0.1), cell(0)]),
      row('b', 'higher', [cell(0.5), cell(0.52), cell(0.7), cell(0.9)]),
      // Not a question of better or worse.
      row('c', 'near floor', [cell(1), cell(9), cell(9), cell(1)]),
    ]);
    expect(ellipsoids).toMatch(
      /against gaussian ellipsoids: of 2 measures .* nearer to real nodules in 1 \(measure a\) and further in 0; in the others/,
    );
    expect(mix).toMatch(/against cut-and-mix: of 2 measures .* in 0 and further in 1 \(measure b\)/);
  });

  test('names a measure by which anything comes out better than real nodules as one that can be gamed', () => {
    const findings = findingsOf([row('a', 'lower', [cell(0.9), cell(0.1), cell(0.9), cell(0.5)])]);
    const gamed = findings.filter((finding) => /can be gamed/.test(finding));
    expect(gamed).toHaveLength(1);
    expect(gamed[0]).toMatch(
      /^measure a: gaussian ellipsoids \(0\.100 \[0\.050, 0\.150\]\) comes out better/,
    );
  });

  test('does not call a difference within the intervals better than real', () => {
    const findings = findingsOf([row('a', 'lower', [cell(0.46), cell(0.9), cell(0.9), cell(0.5)])]);
    expect(findings.filter((finding) => /can be gamed/.test(finding))).toEqual([]);
  });

  test('says of a classifier that misses the ellipsoids that it proves nothing', () => {
    const weak = findingsOf([
      row('spotting/isolated', 'lower', [cell(0.5), cell(0.8), cell(0.6), cell(0.5)]),
    ]);
    expect(weak.filter((finding) => /proves nothing/.test(finding))).toHaveLength(1);
    const strong = findingsOf([
      row('spotting/isolated', 'lower', [cell(0.5), cell(0.98), cell(0.6), cell(0.5)]),
    ]);
    expect(strong.filter((finding) => /proves nothing/.test(finding))).toEqual([]);
  });

  test('says of checks and of a detector that take ellipsoids for real that they cannot judge realism', () => {
    const blind = findingsOf([
      row('detector/mean', 'near floor', [cell(1), cell(0.97), cell(0.9), cell(0.98)]),
    ]);
    expect(blind.filter((finding) => /as sure of ellipsoids \(0\.970\)/.test(finding))).toHaveLength(1);
    const seeing = findingsOf([
      row('detector/mean', 'near floor', [cell(1), cell(0.3), cell(0.9), cell(0.98)]),
    ]);
    expect(seeing.filter((finding) => /as sure of ellipsoids/.test(finding))).toEqual([]);
  });

  test('says where nothing could be compared', () => {
    const [first] = findingsOf([row('a', 'lower', [null, null, null, null])]);
    expect(first).toBe('Ours and gaussian ellipsoids could not be compared.');
  });
});

describe('the numbers of the table', () => {
  test('have about three digits, and no minus zero', () => {
    expect([0.1234, -0.0001, 1.234, 12.34, 123.4, -5].map(shown)).toEqual([
      ...['0.123', '0.000', '1.23', '12.3', '123', '-5.00'],
    ]);
    expect(cellText(null)).toBe('–');
    expect(cellText({ value: 1, low: null, high: null })).toBe('1.00');
  });

  test('are medians and quartiles of what was measured', () => {
    expect(spreadOf([5, null, 1, 3, 2, 4])).toEqual({ median: 3, low: 2, high: 4, n: 5 });
    expect(spreadOf([null])).toBeNull();
  });
});
