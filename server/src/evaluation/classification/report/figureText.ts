/** Figures of classifiers as text: three decimals for an AUC, one for a percentage, a sign before a difference. */
import type { Estimate } from '../../result.ts';
import type { Difference } from '../result.ts';

/** `−0.012`; what rounds to nothing has no sign. */
export function decimals(value: number, digits: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '−∞' : 'not a number';
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

export const three = (value: number): string => decimals(value, 3);
/** A no-break space keeps the sign with its number. */
export const PERCENT = '\u00a0%';

/** `+0.012`, `−0.012`, `0.000` */
export function signed(value: number): string {
  const text = three(value);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}
export const percent = (value: number): string => `${decimals(100 * value, 1)}${PERCENT}`;

type Interval = Estimate['interval'];
export const between = (interval: Interval, text: (value: number) => string): string =>
  interval === null ? 'no interval' : `[${text(interval.low)}, ${text(interval.high)}]`;

/** `0.912 [0.871, 0.943]` */
export const aucText = ({ value, interval }: Estimate): string =>
  `${three(value)} ${between(interval, three)}`;
/** `+0.012 [−0.010, +0.034]` */
export const differenceText = ({ value, interval }: Pick<Difference, 'value' | 'interval'>): string =>
  `${signed(value)} ${between(interval, signed)}`;
/** `84.2 % [80.1, 88.0]` */
export const percentText = ({ value, interval }: Estimate): string =>
  `${percent(value)} ${between(interval, (end) => decimals(100 * end, 1))}`;

/** `0.032`, `< 0.001`, `0.42`; nothing to test where the variance is 0. */
export function pText(p: number | null): string {
  if (p === null) return 'not testable';
  if (p < 0.001) return '< 0.001';
  return p < 0.1 ? p.toFixed(3) : p.toFixed(2);
}

/** The p that a claim rests on: the corrected one where there is one. */
export const decisiveP = ({ p, corrected }: Difference): number | null => corrected ?? p;
/** `corrected p 0.032`, `p < 0.001` */
export function pWords({ p, corrected }: Difference): string {
  const found = pText(corrected ?? p);
  if (p === null) return 'not testable';
  return `${corrected === null ? 'p' : 'corrected p'} ${found}`;
}

const ALPHA = 0.05;
export type Verdict = 'better' | 'worse' | 'open';
/** What the corrected p allows to say. */
export function verdictOf(difference: Difference): Verdict {
  const p = decisiveP(difference);
  if (p === null || p >= ALPHA || difference.value === 0) return 'open';
  return difference.value > 0 ? 'better' : 'worse';
}

/** Whether it excludes 0 by itself, whatever the number of arms. */
export const excludesZero = ({ interval }: Difference): boolean =>
  interval !== null && (interval.low > 0 || interval.high < 0);

/** How long the interval reaches to either side: about the least difference that could have been shown. */
export const halfWidth = (interval: Interval): number | null =>
  interval === null ? null : (interval.high - interval.low) / 2;
