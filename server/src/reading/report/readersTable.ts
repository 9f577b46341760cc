/** Each reader's figures as CSV, for spreadsheets and other programs. */
import type { ReadingAnalysis, Share } from '../analysis.ts';

const COLUMNS = [
  ...['reader', 'experience_years', 'answers', 'accuracy', 'accuracy_low', 'accuracy_high'],
  ...['real_called_real', 'real_called_real_low', 'real_called_real_high'],
  ...['synthetic_called_real', 'synthetic_called_real_low', 'synthetic_called_real_high'],
  ...['auc', 'auc_low', 'auc_high', 'kappa_repeats', 'median_seconds'],
];

export function readersTable({ readers }: ReadingAnalysis): string {
  const share = (one: Share | null): (number | null)[] =>
    one ? [one.value, one.interval.low, one.interval.high] : [null, null, null];
  const rows = readers.map((one) => [
    ...[one.reader, one.experienceYears, one.answers],
    ...share(one.accuracy),
    ...share(one.realCalledReal),
    ...share(one.syntheticCalledReal),
    ...[one.auc?.mean ?? null, one.auc?.interval?.low ?? null, one.auc?.interval?.high ?? null],
    ...[one.repeats?.value ?? null, one.medianSeconds],
  ]);
  const field = (value: string | number | null): string => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [COLUMNS, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
