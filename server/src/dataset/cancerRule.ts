/**
 * Which nodules count as malignant. By default the readers' opinion, which is not pathology: median malignancy of at
 * least 4 is malignant, of at most 2 benign, between them indeterminate (left out of both classes).
 */
import { z } from 'zod';
import { median } from '../lidc/ratings.ts';

export type NoduleClass = 'malignant' | 'benign' | 'indeterminate';

/** Where a rating came from: each reader's own, one value by majority vote, or nowhere. */
export type RatingSource = 'readers' | 'majority' | 'none';

export const cancerRuleSchema = z.discriminatedUnion('kind', [
  /** Median of the ratings; nodules that fewer readers marked are left out of the source. */
  z.object({ kind: z.literal('median'), leastReaders: z.number().int().min(1).max(4) }),
  /** The label that the table of cut-outs brings (`Diagnosis`): about mean malignancy above 3, not pathology. */
  z.object({ kind: z.literal('table') }),
  /** A diagnosis per patient (TCIA's spreadsheet as CSV): 1 benign, 2 and 3 malignant, 0 unknown. */
  z.object({ kind: z.literal('diagnosis'), file: z.string() }),
]);
export type CancerRule = z.infer<typeof cancerRuleSchema>;

export const MEDIAN_RULE: CancerRule = { kind: 'median', leastReaders: 1 };

export const CANCER_RULE = 'median malignancy >= 4 malignant, <= 2 benign, otherwise indeterminate';

export function classOf(ratings: readonly number[]): NoduleClass {
  const middle = median(ratings);
  return middle >= 4 ? 'malignant' : middle <= 2 ? 'benign' : 'indeterminate';
}
