/** Agreement beyond chance: between two series of answers, and among any number of readers. */
import { normalQuantile, studentQuantile } from '../evaluation/quantiles.ts';
import { NoduleLabError } from '../volume/errors.ts';

const { abs, max, min, sqrt } = Math;

export interface Kappa {
  /** Null where chance alone would agree everywhere: all gave the same answer. */
  readonly value: number | null;
  readonly standardError: number | null;
  readonly interval: { readonly low: number; readonly high: number; readonly level: number } | null;
  /** Pairs of answers, or cases. */
  readonly n: number;
  /** Share of agreement as it was seen, and as it would be by chance. */
  readonly observed: number;
  readonly expected: number;
}

export type Weights = 'none' | 'linear' | 'quadratic';

/**
 * Cohen's kappa of paired answers (Educ. Psychol. Meas. 20:37, 1960; weighted: Psychol. Bull. 70:213, 1968), with the large-sample
 * standard error of Fleiss, Cohen and Everitt (Psychol. Bull. 72:323, 1969).
 *
 * @param pairs two answers each, as categories 0 … categories − 1 in their order
 */
export function cohenKappa(
  pairs: readonly (readonly [number, number])[],
  categories: number,
  weights: Weights = 'none',
  level = 0.95,
): Kappa {
  const n = pairs.length;
  if (n === 0)
    throw new NoduleLabError(
      'invalid-input',
      'Agreement needs a case that was read twice and there is none.',
    );
  const weight = (a: number, b: number): number => {
    const step = abs(a - b) / max(categories - 1, 1);
    return weights === 'none' ? Number(a === b) : 1 - (weights === 'linear' ? step : step * step);
  };
  const joint = new Float64Array(categories * categories);
  const [rows, columns] = [new Float64Array(categories), new Float64Array(categories)];
  for (const [a, b] of pairs) {
    for (const answer of [a, b])
      if (!(Number.isInteger(answer) && answer >= 0 && answer < categories))
        throw new NoduleLabError(
          'invalid-input',
          `An answer is one of ${categories} categories from 0 and this is ${answer}.`,
        );
    joint[a * categories + b]!++;
    rows[a]!++;
    columns[b]!++;
  }
  let [observed, expected] = [0, 0];
  for (let a = 0; a < categories; a++)
    for (let b = 0; b < categories; b++) {
      observed += weight(a, b) * joint[a * categories + b]!;
      expected += weight(a, b) * rows[a]! * columns[b]!;
    }
  // Counts until here, so that all of n is n.
  observed /= n;
  expected /= n * n;
  if (1 - expected < 1e-12)
    return { value: null, standardError: null, interval: null, n, observed, expected };
  const value = (observed - expected) / (1 - expected);
  // Mean weight of a row with the other's answers, and of a column.
  const meanOf = (own: number, other: Float64Array): number =>
    other.reduce((sum, count, b) => sum + weight(own, b) * count, 0) / n;
  const ofRow = Float64Array.from({ length: categories }, (_, a) => meanOf(a, columns));
  const ofColumn = Float64Array.from({ length: categories }, (_, b) => meanOf(b, rows));
  let spread = 0;
  for (let a = 0; a < categories; a++)
    for (let b = 0; b < categories; b++) {
      const term = weight(a, b) * (1 - expected) - (ofRow[a]! + ofColumn[b]!) * (1 - observed);
      spread += (joint[a * categories + b]! / n) * term * term;
    }
  const middle = observed * expected - 2 * expected + observed;
  const standardError = sqrt(max(0, spread - middle * middle) / n) / (1 - expected) ** 2;
  return {
    value,
    standardError,
    interval: around(value, normalQuantile(0.5 + level / 2) * standardError, level),
    n,
    observed,
    expected,
  };
}

/**
 * Fleiss' kappa of any number of readers (Psychol. Bull. 76:378, 1971), its standard error by the jackknife over cases.
 *
 * @param counts by case, then by category: how many readers chose it; the same number of readers for every case
 */
export function fleissKappa(counts: readonly (readonly number[])[], level = 0.95): Kappa {
  const n = counts.length;
  const readers = counts[0]?.reduce((sum, count) => sum + count, 0) ?? 0;
  if (n === 0 || readers < 2)
    throw new NoduleLabError(
      'invalid-input',
      `Agreement among readers needs a case that two have read; here are ${n} cases and ${readers} readers.`,
    );
  if (counts.some((row) => row.reduce((sum, count) => sum + count, 0) !== readers))
    throw new NoduleLabError('invalid-input', 'Every case needs the same number of readers.');
  const categories = counts[0]!.length;
  const agreements = counts.map(
    (row) => row.reduce((sum, count) => sum + count * (count - 1), 0) / (readers * (readers - 1)),
  );
  const totals = Float64Array.from({ length: categories }, (_, k) =>
    counts.reduce((sum, row) => sum + row[k]!, 0),
  );
  const agreed = agreements.reduce((sum, share) => sum + share, 0);
  const kappaOf = (left: number | null): { value: number; observed: number; expected: number } => {
    const cases = left === null ? n : n - 1;
    const observed = (left === null ? agreed : agreed - agreements[left]!) / cases;
    let expected = 0;
    for (let k = 0; k < categories; k++) {
      const share = (totals[k]! - (left === null ? 0 : counts[left]![k]!)) / (cases * readers);
      expected += share * share;
    }
    return { value: (observed - expected) / (1 - expected), observed, expected };
  };
  const { value, observed, expected } = kappaOf(null);
  if (1 - expected < 1e-12)
    return { value: null, standardError: null, interval: null, n, observed, expected };
  const without = counts.map((_, i) => kappaOf(i));
  // Where all answers but those to one case are alike, there is no spread to estimate.
  if (n < 3 || without.some((one) => 1 - one.expected < 1e-12))
    return { value, standardError: null, interval: null, n, observed, expected };
  const mean = without.reduce((sum, one) => sum + one.value, 0) / n;
  const standardError = sqrt(((n - 1) / n) * without.reduce((sum, one) => sum + (one.value - mean) ** 2, 0));
  const interval = around(value, studentQuantile(0.5 + level / 2, n - 1) * standardError, level);
  return { value, standardError, interval, n, observed, expected };
}

const around = (value: number, reach: number, level: number): Kappa['interval'] => ({
  low: max(-1, value - reach),
  high: min(1, value + reach),
  level,
});
