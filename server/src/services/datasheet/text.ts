/** Small pieces of Markdown and numbers in words. */

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `3 a, 1 b`, the most frequent first; `none` for nothing. */
export function tally(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size === 0) return 'none';
  return [...counts]
    .toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b))
    .map(([value, count]) => `${count} ${value}`)
    .join(', ');
}

/** Median with 5th and 95th percentile. */
export function quantiles(values: readonly number[]): string {
  if (values.length === 0) return 'none';
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string => sorted[Math.round(share * (sorted.length - 1))]!.toFixed(1);
  return `median ${at(0.5)} (5th to 95th percentile ${at(0.05)} to ${at(0.95)})`;
}

/** Share of pairs in which the positive value is the larger one, ties counted half; null where one side is empty. */
export function areaUnderRoc(positive: readonly number[], negative: readonly number[]): number | null {
  if (positive.length === 0 || negative.length === 0) return null;
  let wins = 0;
  for (const p of positive) for (const n of negative) wins += p > n ? 1 : p === n ? 0.5 : 0;
  return wins / (positive.length * negative.length);
}
