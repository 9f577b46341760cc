/** Numbers of a report as people read them: three digits, a true minus sign, the interval beside the value. */
import type { Estimate } from '../result.ts';

const NOTHING = 1e-12;
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Three significant digits; powers of ten below 0.0001 and from a million. */
export const number = (value: number): string => rounded(value, Math.abs(value));

/** With the decimals that give `size` three significant digits. */
function rounded(value: number, size: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '−∞' : 'not a number';
  // What is left of sums that are zero.
  if (size < NOTHING) return '0';
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    const [digits = '', power = '0'] = value.toExponential(1).split('e');
    return value === 0 ? '0' : `${digits} × 10${superscript(Number(power))}`.replace('-', '−');
  }
  // 999.6 becomes 1000, not 999.6.
  const decimals = size === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Number(size.toPrecision(3)))));
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

const superscript = (power: number): string =>
  `${power < 0 ? '⁻' : ''}${[...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)]).join('')}`;

/** `0.610 [0.520, 0.700]`: the widest of the three has three digits, the others as many decimals. */
export function estimate({ value, interval }: Estimate): string {
  if (interval === null) return number(value);
  const { low, high } = interval;
  const size = Math.max(...[value, low, high].map(Math.abs).filter(Number.isFinite));
  return `${rounded(value, size)} [${rounded(low, size)}, ${rounded(high, size)}]`;
}

/** A unit behind its number; a bare number has none. */
export const withUnit = (text: string, unit: string): string =>
  unit === '' || unit === '1' ? text : `${text} ${unit}`;

/** How the intervals of some estimates were made, each way once. */
export function howIntervals(estimates: readonly (Estimate | null)[]): string {
  const ways = estimates.flatMap((one) =>
    one?.interval ? [`${Number((100 * one.interval.level).toFixed(1))}%: ${one.interval.how}`] : [],
  );
  return [...new Set(ways)].join('; ');
}

export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export const moment = (iso: string): string => iso.replace('T', ' ').replace(/(:\d\d)(\.\d+)?Z$/, '$1 UTC');

/** `1 error`, `2 errors` */
export const counted = (count: number, one: string, more = `${one}s`): string =>
  `${count} ${count === 1 ? one : more}`;
