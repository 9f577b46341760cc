/**
 * Which nodules count as malignant. The readers' opinion, not pathology: median malignancy of at least 4 is malignant,
 * of at most 2 benign, between them indeterminate (left out of both classes).
 */
import { median } from '../lidc/ratings.ts';

export type NoduleClass = 'malignant' | 'benign' | 'indeterminate';

/** Where a rating came from: each reader's own, or one value by majority vote where the readers' are not at hand. */
export type RatingSource = 'readers' | 'majority';

export const CANCER_RULE = 'median malignancy >= 4 malignant, <= 2 benign, otherwise indeterminate';

export function classOf(ratings: readonly number[]): NoduleClass {
  const middle = median(ratings);
  return middle >= 4 ? 'malignant' : middle <= 2 ? 'benign' : 'indeterminate';
}
