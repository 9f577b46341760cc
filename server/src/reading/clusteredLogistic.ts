/**
 * What makes readers right: a logistic regression whose standard errors allow for answers of one reader, and answers to one
 * case, being alike (two-way clusters: Cameron, Gelbach and Miller, J. Bus. Econ. Stat. 29:238, 2011).
 */
import { choleskyFactor } from '../evaluation/matrix.ts';
import { sigmoid } from '../evaluation/classification/logistic.ts';
import { normalCdf, normalQuantile } from '../evaluation/quantiles.ts';
import { NoduleLabError } from '../volume/errors.ts';

const { abs, exp, max, sqrt } = Math;

export interface Effect {
  readonly name: string;
  /** Odds ratio for one unit more. */
  readonly oddsRatio: number;
  readonly interval: { readonly low: number; readonly high: number; readonly level: number } | null;
  readonly p: number | null;
}

export interface Clustered {
  readonly coefficients: Float64Array;
  /** Of the coefficients, row by row; the intercept first. */
  readonly covariance: Float64Array;
}

const MOST_STEPS = 100;
/** A logit beyond which an answer is certain: the classes separate and no coefficient is the best. */
const CERTAIN = 30;

/**
 * @param rows one an answer, one value a name
 * @param outcome one an answer
 * @param clusters two names an answer: its reader and its case
 * @returns null where the answers do not determine the effects: all alike, separable, a column that does not vary
 */
export function effectsOf(
  names: readonly string[],
  rows: readonly ArrayLike<number>[],
  outcome: readonly boolean[],
  clusters: readonly (readonly [string, string])[],
  level = 0.95,
): readonly Effect[] | null {
  const fit = clusteredLogistic(rows, outcome, clusters);
  if (!fit) return null;
  const size = names.length + 1;
  const z = normalQuantile(0.5 + level / 2);
  return names.map((name, j) => {
    const coefficient = fit.coefficients[j + 1]!;
    const variance = fit.covariance[(j + 1) * size + j + 1]!;
    // A difference of three sums may come out at or below zero with few clusters: then there is no interval.
    if (!(variance > 0)) return { name, oddsRatio: exp(coefficient), interval: null, p: null };
    const error = sqrt(variance);
    return {
      name,
      oddsRatio: exp(coefficient),
      interval: { low: exp(coefficient - z * error), high: exp(coefficient + z * error), level },
      p: 2 * normalCdf(-abs(coefficient / error)),
    };
  });
}

/** The maximum of the likelihood with a sandwich for its covariance; null where there is no single maximum. */
export function clusteredLogistic(
  rows: readonly ArrayLike<number>[],
  outcome: readonly boolean[],
  clusters: readonly (readonly [string, string])[],
): Clustered | null {
  const count = rows.length;
  if (outcome.length !== count || clusters.length !== count)
    throw new NoduleLabError(
      'invalid-input',
      `Effects need an outcome and clusters for each of ${count} answers; there are ${outcome.length} and ${clusters.length}.`,
    );
  const size = (rows[0]?.length ?? 0) + 1;
  const at = (i: number, j: number): number => (j === 0 ? 1 : rows[i]![j - 1]!);
  const coefficients = new Float64Array(size);
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = new Float64Array(size);
    const information = new Float64Array(size * size);
    for (let i = 0; i < count; i++) {
      let logit = 0;
      for (let j = 0; j < size; j++) logit += coefficients[j]! * at(i, j);
      if (!(abs(logit) < CERTAIN)) return null;
      const p = sigmoid(logit);
      for (let j = 0; j < size; j++) {
        gradient[j]! += (Number(outcome[i]) - p) * at(i, j);
        for (let k = 0; k <= j; k++) information[j * size + k]! += p * (1 - p) * at(i, j) * at(i, k);
      }
    }
    const inverse = inverted(information, size);
    if (!inverse) return null;
    let largest = 0;
    for (let j = 0; j < size; j++) {
      let change = 0;
      for (let k = 0; k < size; k++) change += inverse[j * size + k]! * gradient[k]!;
      coefficients[j]! += change;
      largest = max(largest, abs(change));
    }
    if (largest < 1e-10) {
      const meat = twoWay(rows, outcome, clusters, coefficients);
      return meat ? { coefficients, covariance: sandwich(inverse, meat, size) } : null;
    }
  }
  return null;
}

/** Reader clusters + case clusters − single answers, each corrected for its number as usual. */
function twoWay(
  rows: readonly ArrayLike<number>[],
  outcome: readonly boolean[],
  clusters: readonly (readonly [string, string])[],
  coefficients: Float64Array,
): Float64Array | null {
  const size = coefficients.length;
  const scores = rows.map((row, i) => {
    let logit = coefficients[0]!;
    for (let j = 1; j < size; j++) logit += coefficients[j]! * row[j - 1]!;
    const rest = Number(outcome[i]) - sigmoid(logit);
    return Float64Array.from({ length: size }, (_, j) => rest * (j === 0 ? 1 : row[j - 1]!));
  });
  const total = new Float64Array(size * size);
  const parts: [(i: number) => string, number][] = [
    [(i) => clusters[i]![0], 1],
    [(i) => clusters[i]![1], 1],
    [(i) => JSON.stringify(clusters[i]), -1],
  ];
  for (const [nameOf, sign] of parts) {
    const sums = new Map<string, Float64Array>();
    scores.forEach((score, i) => {
      const sum = sums.get(nameOf(i)) ?? new Float64Array(size);
      for (let j = 0; j < size; j++) sum[j]! += score[j]!;
      sums.set(nameOf(i), sum);
    });
    if (sums.size < 2) return null;
    const factor = (sign * sums.size) / (sums.size - 1);
    for (const sum of sums.values())
      for (let j = 0; j < size; j++)
        for (let k = 0; k < size; k++) total[j * size + k]! += factor * sum[j]! * sum[k]!;
  }
  return total;
}

function sandwich(bread: Float64Array, meat: Float64Array, size: number): Float64Array {
  const times = (a: Float64Array, b: Float64Array): Float64Array => {
    const product = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let k = 0; k < size; k++)
        for (let j = 0; j < size; j++) product[i * size + j]! += a[i * size + k]! * b[k * size + j]!;
    return product;
  };
  return times(times(bread, meat), bread);
}

/** Of a symmetric matrix given by its lower triangle, which it overwrites; null where a column depends on others. */
function inverted(lower: Float64Array, size: number): Float64Array | null {
  const factor = choleskyFactor(lower, size);
  for (let i = 0; i < size; i++) if (factor[i * size + i] === 0) return null;
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const solved = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = 0; k < i; k++) sum -= factor[i * size + k]! * solved[k]!;
      solved[i] = sum / factor[i * size + i]!;
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = solved[i]!;
      for (let k = i + 1; k < size; k++) sum -= factor[k * size + i]! * solved[k]!;
      solved[i] = sum / factor[i * size + i]!;
    }
    for (let i = 0; i < size; i++) inverse[i * size + column] = solved[i]!;
  }
  return inverse;
}
