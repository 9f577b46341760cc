/**
 * Logistic regression with a small ridge, by Newton's method (McCullagh and Nelder 1989, 4.4; le Cessie and van
 * Houwelingen 1992): the maximum is unique, and separable classes get large coefficients, never infinite ones.
 */
import { NoduleLabError } from '../../volume/errors.ts';

const { abs, exp, log1p, max, sqrt } = Math;

const RIDGE = 0.1;
const MOST_STEPS = 200;
/** Of a coefficient in a Newton step, below which it stands. */
const SMALL = 1e-10;

export interface Logistic {
  /** In the units of the rows. */
  readonly intercept: number;
  /** One a column, in the units of the rows. */
  readonly coefficients: Float64Array;
  logit(row: ArrayLike<number>): number;
  probability(row: ArrayLike<number>): number;
}

export const sigmoid = (logit: number): number => 1 / (1 + exp(-logit));

/**
 * Columns are standardised inside, so that the ridge does not depend on their units; one that does not vary gets the
 * coefficient 0.
 *
 * @param rows one a case; with no columns only the intercept is fitted
 * @param targets truth as 0 or 1, or a share between them (as Platt's)
 * @param options.ridge λ of λ/2 Σ β², β of the standardised columns, beside the sum of the log likelihoods
 * @param options.offsets one a case, added to its logit: what is known of it already
 */
export function fitLogistic(
  rows: readonly ArrayLike<number>[],
  targets: ArrayLike<boolean | number>,
  options: { readonly ridge?: number; readonly offsets?: ArrayLike<number> } = {},
): Logistic {
  const { ridge = RIDGE, offsets } = options;
  const wanted = checkedTargets(rows, targets);
  if (!(ridge > 0))
    throw new NoduleLabError('invalid-input', `A logistic fit needs a ridge above 0 and got ${ridge}.`);
  if (offsets && offsets.length !== rows.length)
    throw new NoduleLabError(
      'invalid-input',
      `A logistic fit needs an offset for each row and there are ${offsets.length} for ${rows.length} rows.`,
    );
  const { columns, means, scales } = standardised(rows);
  const size = columns.length + 1;
  const problem: Problem = {
    columns,
    wanted,
    offsets: Float64Array.from(offsets ?? wanted.map(() => 0)),
    ridge,
  };

  let weights: Float64Array = new Float64Array(size);
  let height = objective(problem, weights);
  for (let iteration = 0; iteration < MOST_STEPS; iteration++) {
    const step = newtonStep(problem, weights);
    // The objective is concave: some part of Newton's step climbs, or the top is reached to the last bits.
    let part = 1;
    while (part > 1e-12 && !(objective(problem, moved(weights, step, part)) >= height)) part /= 2;
    const next = moved(weights, step, part);
    const reached = objective(problem, next);
    if (!(reached >= height)) break;
    [weights, height] = [next, reached];
    if (step.every((change) => abs(part * change) < SMALL)) break;
  }

  const coefficients = Float64Array.from(scales, (scale, j) => weights[j + 1]! / scale);
  const intercept = coefficients.reduce((sum, slope, j) => sum - slope * means[j]!, weights[0]!);
  const logit = (row: ArrayLike<number>): number => {
    if (row.length !== coefficients.length)
      throw new NoduleLabError(
        'invalid-input',
        `The logistic fit takes rows of ${coefficients.length} values and got one of ${row.length}.`,
      );
    let sum = intercept;
    for (let j = 0; j < coefficients.length; j++) sum += coefficients[j]! * row[j]!;
    return sum;
  };
  return { intercept, coefficients, logit, probability: (row) => sigmoid(logit(row)) };
}

interface Problem {
  /** Standardised, one array a column. */
  readonly columns: readonly Float64Array[];
  readonly wanted: Float64Array;
  readonly offsets: Float64Array;
  readonly ridge: number;
}

function checkedTargets(
  rows: readonly ArrayLike<number>[],
  targets: ArrayLike<boolean | number>,
): Float64Array<ArrayBuffer> {
  if (rows.length !== targets.length)
    throw new NoduleLabError(
      'invalid-input',
      `A logistic fit needs a label for each row and there are ${targets.length} for ${rows.length} rows.`,
    );
  const width = rows[0]?.length ?? 0;
  rows.forEach((row, i) => {
    if (row.length !== width)
      throw new NoduleLabError('invalid-input', `Row ${i} has ${row.length} values and row 0 has ${width}.`);
    for (let j = 0; j < width; j++)
      if (!Number.isFinite(row[j]))
        throw new NoduleLabError('unusable', `Value ${j} of row ${i} is ${row[j]}: leave that case out.`, {
          row: i,
        });
  });
  const wanted = Float64Array.from({ length: targets.length }, (_, i) => Number(targets[i]));
  const bad = wanted.findIndex((target) => !(target >= 0 && target <= 1));
  if (bad >= 0)
    throw new NoduleLabError('invalid-input', `Label ${bad} is ${wanted[bad]}: it must lie in 0 to 1.`);
  const sum = wanted.reduce((total, target) => total + target, 0);
  if (!(sum > 0 && sum < wanted.length))
    throw new NoduleLabError(
      'unusable',
      `A logistic fit needs both classes and all ${wanted.length} cases are ${sum > 0 ? 'positive' : 'negative'}: give it more patients.`,
    );
  return wanted;
}

function standardised(rows: readonly ArrayLike<number>[]): {
  columns: Float64Array[];
  means: number[];
  scales: number[];
} {
  const [means, scales]: [number[], number[]] = [[], []];
  const columns = Array.from({ length: rows[0]!.length }, (_, j) => {
    const column = Float64Array.from(rows, (row) => row[j]!);
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const spread = sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length);
    // Rounding of a mean leaves a spread of a column that does not vary.
    const scale = spread > 1e-12 * max(abs(mean), 1e-300) ? spread : Infinity;
    means.push(mean);
    scales.push(scale);
    return column.map((value) => (value - mean) / scale);
  });
  return { columns, means, scales };
}

function logits({ columns, offsets }: Problem, weights: Float64Array): Float64Array {
  const sums = offsets.map((offset) => offset + weights[0]!);
  columns.forEach((column, j) => {
    for (let i = 0; i < column.length; i++) sums[i]! += weights[j + 1]! * column[i]!;
  });
  return sums;
}

/** Log likelihood less the penalty. */
function objective(problem: Problem, weights: Float64Array): number {
  const { wanted, ridge } = problem;
  let sum = 0;
  logits(problem, weights).forEach((logit, i) => {
    sum += wanted[i]! * logit - (max(logit, 0) + log1p(exp(-abs(logit))));
  });
  for (let j = 1; j < weights.length; j++) sum -= 0.5 * ridge * weights[j]! ** 2;
  return sum;
}

function newtonStep(problem: Problem, weights: Float64Array): Float64Array {
  const { columns, wanted, ridge } = problem;
  const probabilities = logits(problem, weights).map(sigmoid);
  const size = weights.length;
  const value = (i: number, j: number): number => (j === 0 ? 1 : columns[j - 1]![i]!);
  const gradient = weights.map((weight, j) => (j === 0 ? 0 : -ridge * weight));
  const hessian = Array.from({ length: size }, (_, j) => {
    const row = new Float64Array(size);
    // On the intercept only what keeps the system solvable where all probabilities have come to 0 or 1.
    row[j] = j === 0 ? 1e-12 : ridge;
    return row;
  });
  probabilities.forEach((p, i) => {
    for (let j = 0; j < size; j++) {
      gradient[j]! += (wanted[i]! - p) * value(i, j);
      for (let k = 0; k <= j; k++) hessian[j]![k]! += p * (1 - p) * value(i, j) * value(i, k);
    }
  });
  return solved(hessian, gradient);
}

/** x of A x = b for A symmetric and positive definite, its lower half given, by Cholesky's factors (A is overwritten). */
function solved(a: readonly Float64Array[], b: Float64Array): Float64Array {
  const size = b.length;
  for (let j = 0; j < size; j++)
    for (let i = j; i < size; i++) {
      let sum = a[i]![j]!;
      for (let k = 0; k < j; k++) sum -= a[i]![k]! * a[j]![k]!;
      a[i]![j] = i === j ? sqrt(sum) : sum / a[j]![j]!;
    }
  const x = b.slice();
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= a[i]![k]! * x[k]!;
    x[i]! /= a[i]![i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i]! -= a[k]![i]! * x[k]!;
    x[i]! /= a[i]![i]!;
  }
  return x;
}

const moved = (from: Float64Array, step: Float64Array, part: number): Float64Array =>
  from.map((value, j) => value + part * step[j]!);
