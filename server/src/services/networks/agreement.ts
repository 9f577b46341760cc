/** How far answers agree with the truth: statistics of two columns of the same length. */

const { abs, round } = Math;

export const meanAbsoluteError = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + abs(value - y[i]!), 0) / x.length;

/**
 * Cohen's kappa with quadratic weights (Cohen 1968): 1 − mean (x − y)² over what it would be if x and y came together by
 * chance. Answers of a network are rounded to whole grades, as a reader gives them. NaN where all answers are one.
 */
export function quadraticKappa(x: readonly number[], y: readonly number[]): number {
  const graded = x.map(round);
  const n = x.length;
  const seen = graded.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0) / n;
  const a = moments(graded);
  const b = moments(y);
  return 1 - seen / (a.variance + b.variance + (a.mean - b.mean) ** 2);
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
