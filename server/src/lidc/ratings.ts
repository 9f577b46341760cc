/** Several readers' ratings of one nodule. */
import { CHARACTERISTICS } from './xml.ts';
import type { Characteristics, LidcMark } from './xml.ts';

/** The median; of an even count the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[half] ?? Number.NaN)
    : ((sorted[half - 1] ?? Number.NaN) + (sorted[half] ?? Number.NaN)) / 2;
}

/** Each characteristic's median over the marks that have ratings; null where none has. */
export function medianCharacteristics(
  marks: readonly Pick<LidcMark, 'characteristics'>[],
): Characteristics | null {
  const rated = marks.flatMap(({ characteristics }) => characteristics ?? []);
  if (rated.length === 0) return null;
  const medians = CHARACTERISTICS.map(
    (name) => [name, median(rated.map((ratings) => ratings[name]))] as const,
  );
  return Object.fromEntries(medians) as Record<(typeof CHARACTERISTICS)[number], number>;
}
