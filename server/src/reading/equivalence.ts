/** Two one-sided tests of equivalence (Schuirmann, J. Pharmacokinet. Biopharm. 15:657, 1987). */
import { studentCdf, studentQuantile } from '../evaluation/quantiles.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { MeanOverReaders } from './obuchowskiRockette.ts';

const { max } = Math;

export interface Equivalence {
  /** What the estimate is compared with: 0.5 for readers who cannot tell. */
  readonly target: number;
  /** Either side of the target. */
  readonly margin: number;
  /** That the estimate lies at or below target − margin. */
  readonly pBelow: number;
  /** That the estimate lies at or above target + margin. */
  readonly pAbove: number;
  /** The larger of both: below alpha, the estimate is equivalent to the target. */
  readonly p: number;
  readonly alpha: number;
  readonly equivalent: boolean;
  /** Of level 1 − 2 alpha: equivalent where it lies between the margins. */
  readonly interval: { readonly low: number; readonly high: number; readonly level: number };
}

/** @returns null where the estimate has no standard error: nothing can be tested then */
export function equivalence(
  { mean, standardError, freedom }: Pick<MeanOverReaders, 'mean' | 'standardError' | 'freedom'>,
  target: number,
  margin: number,
  alpha = 0.05,
): Equivalence | null {
  if (!(margin > 0))
    throw new NoduleLabError('invalid-input', `An equivalence margin is above 0 and this is ${margin}.`);
  if (!(alpha > 0 && alpha < 0.5))
    throw new NoduleLabError('invalid-input', `Alpha lies between 0 and 0.5 and this is ${alpha}.`);
  if (standardError === null || freedom === null) return null;
  const pBelow = 1 - studentCdf((mean - target + margin) / standardError, freedom);
  const pAbove = studentCdf((mean - target - margin) / standardError, freedom);
  const p = max(pBelow, pAbove);
  const reach = studentQuantile(1 - alpha, freedom) * standardError;
  return {
    ...{ target, margin, pBelow, pAbove, p, alpha, equivalent: p < alpha },
    interval: { low: mean - reach, high: mean + reach, level: 1 - 2 * alpha },
  };
}
