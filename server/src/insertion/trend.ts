/** The slow change of a slice's values over a region, and what is left beside it. */
const { abs, max, min } = Math;

/** Six terms of a second-order polynomial in the plane. */
const TERMS = 6;

export interface Residual {
  /** One per pixel. */
  readonly residual: Float64Array;
  /** How many terms were fitted; fewer than six where the pixels do not determine them (on one row, say). */
  readonly terms: number;
}

/**
 * Takes the least-squares second-order polynomial from the first `count` values, as AAPM Task Group 233 (2019) does
 * before it measures noise.
 */
export function residualOf(
  columns: ArrayLike<number>,
  rows: ArrayLike<number>,
  values: ArrayLike<number>,
  count: number,
): Residual {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let n = 0; n < count; n++) {
    left = min(left, columns[n]!);
    right = max(right, columns[n]!);
    top = min(top, rows[n]!);
    bottom = max(bottom, rows[n]!);
  }
  const scaleX = 2 / max(1, right - left);
  const scaleY = 2 / max(1, bottom - top);
  const terms = new Float64Array(TERMS * count);
  for (let n = 0; n < count; n++) {
    const x = (columns[n]! - left) * scaleX - 1;
    const y = (rows[n]! - top) * scaleY - 1;
    terms.set([1, x, y, x * x, x * y, y * y], TERMS * n);
  }
  const residual = Float64Array.from({ length: count }, (_, n) => values[n]!);
  let fitted = 0;
  // Modified Gram–Schmidt: each term, made orthogonal to those before it, is taken from the values.
  for (let t = 0; t < TERMS; t++) {
    let norm = 0;
    let share = 0;
    for (let n = 0; n < count; n++) norm += terms[TERMS * n + t]! ** 2;
    if (abs(norm) < 1e-6 * count) continue;
    fitted++;
    for (let n = 0; n < count; n++) share += terms[TERMS * n + t]! * residual[n]!;
    for (let n = 0; n < count; n++) residual[n]! -= (share / norm) * terms[TERMS * n + t]!;
    for (let later = t + 1; later < TERMS; later++) {
      let overlap = 0;
      for (let n = 0; n < count; n++) overlap += terms[TERMS * n + t]! * terms[TERMS * n + later]!;
      for (let n = 0; n < count; n++) terms[TERMS * n + later]! -= (overlap / norm) * terms[TERMS * n + t]!;
    }
  }
  return { residual, terms: fitted };
}
