/**
 * Which nodules count as malignant. The readers' opinion, not pathology: median malignancy of at least 4 is malignant,
 * of at most 2 benign, between them indeterminate (left out of both classes).
 */

export type NoduleClass = 'malignant' | 'benign' | 'indeterminate';

/** Where a rating came from: each reader's own, or one value by majority vote where the readers' are not at hand. */
export type RatingSource = 'readers' | 'majority';

export const CANCER_RULE = 'median malignancy >= 4 malignant, <= 2 benign, otherwise indeterminate';

export function classOf(ratings: readonly number[]): NoduleClass {
  const middle = median(ratings);
  return middle >= 4 ? 'malignant' : middle <= 2 ? 'benign' : 'indeterminate';
}

/** The median; of an even count the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[half] ?? Number.NaN)
    : ((sorted[half - 1] ?? Number.NaN) + (sorted[half] ?? Number.NaN)) / 2;
}
