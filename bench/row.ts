/** One line of the benchmark: a quantity of ours, and a peer's measured in the same run where there is one. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  /** The ratio is larger for the better: how many times what we need the peer needs. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** What is to be reached, in words. */
  readonly goal?: string;
  readonly note?: string;
}

export type Unit = 's' | 'ms' | 'kB' | 'MB' | '%' | '×';

const DIGITS: Readonly<Record<Unit, number>> = { s: 3, ms: 2, kB: 1, MB: 0, '%': 2, '×': 2 };

export const seconds = (what: string, value: number): Row => ({ what, value, unit: 's' });

/** The rows as a table for a terminal. */
export function tableOf(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ what }) => what.length));
  return rows
    .map(({ what, value, unit, peer, goal, note }) => {
      const text = (number: number): string => `${number.toFixed(DIGITS[unit])} ${unit}`;
      return [
        what.padEnd(width),
        text(value).padStart(12),
        peer ? `${peer.name} ${text(peer.value)}, ${(peer.value / value).toFixed(2)}× ours` : '',
        goal ? `(goal ${goal})` : '',
        note ?? '',
      ]
        .filter(Boolean)
        .join('  ');
    })
    .join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly seconds: number }> {
  const began = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - began) / 1000 };
}

/** The smallest value that at least this share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
