/**
 * Which nodules count as malignant. By default the readers' opinion, which is not pathology: median malignancy of at
 * least 4 is malignant, of at most 2 benign, between them indeterminate (left out of both classes).
 */
import { z } from 'zod';
import { median } from '../lidc/ratings.ts';
import type { DiagnosisTable } from './diagnosisTable.ts';

export type NoduleClass = 'malignant' | 'benign' | 'indeterminate';

/** Where a rating came from: each reader's own, one value by majority vote, or nowhere. */
export type RatingSource = 'readers' | 'majority' | 'none';

export const cancerRuleSchema = z.discriminatedUnion('kind', [
  /** Median of the ratings; nodules that fewer readers marked are left out of the source. */
  z.object({ kind: z.literal('median'), leastReaders: z.number().int().min(1).max(4) }),
  /** The label that the table of cut-outs brings (`Diagnosis`): about mean malignancy above 3, not pathology. */
  z.object({ kind: z.literal('table') }),
  /** A diagnosis per patient (TCIA's spreadsheet as CSV): 1 benign, 2 and 3 malignant, 0 unknown. */
  z.object({ kind: z.literal('diagnosis'), file: z.string(), sha256: z.string().optional() }),
]);
export type CancerRule = z.infer<typeof cancerRuleSchema>;

export const MEDIAN_RULE: CancerRule = { kind: 'median', leastReaders: 1 };

export const CANCER_RULE = 'median malignancy >= 4 malignant, <= 2 benign, otherwise indeterminate';

export function classOf(ratings: readonly number[]): NoduleClass {
  const middle = median(ratings);
  return middle >= 4 ? 'malignant' : middle <= 2 ? 'benign' : 'indeterminate';
}

/** The rule in words, as a manifest and a summary state it. */
export function ruleText(rule: CancerRule): string {
  switch (rule.kind) {
    case 'median':
      return rule.leastReaders === 1
        ? CANCER_RULE
        : `${CANCER_RULE}; nodules of fewer than ${rule.leastReaders} readers left out`;
    case 'table':
      return "the label of the source's own table (Diagnosis), which is about mean malignancy above 3 and not pathology";
    case 'diagnosis':
      return `diagnosis of the patient in ${rule.file}: 1 benign, 2 and 3 malignant; unknown ones left out`;
  }
}

/** What a rule looks at. */
export interface Judged {
  readonly patientId: string;
  readonly malignancyRatings: readonly number[];
  readonly readers: number | null;
  readonly tableDiagnosis?: 'malignant' | 'benign';
}

/** The class under a rule, or why the rule says nothing about the nodule. */
export type Judgement = { readonly class: NoduleClass } | { readonly leftOut: string };

/** @param table of the rule `diagnosis` */
export function judge(rule: CancerRule, nodule: Judged, table?: DiagnosisTable): Judgement {
  switch (rule.kind) {
    case 'median':
      return byMedian(rule.leastReaders, nodule);
    case 'table':
      return nodule.tableDiagnosis === undefined
        ? { leftOut: "the source's table has no Diagnosis for it" }
        : { class: nodule.tableDiagnosis };
    case 'diagnosis':
      return table?.of(nodule.patientId) ?? { leftOut: 'no diagnosis table was read' };
  }
}

function byMedian(leastReaders: number, { readers, malignancyRatings }: Judged): Judgement {
  if (leastReaders > 1 && readers === null)
    return {
      leftOut: `the source does not say how many readers marked it (at least ${leastReaders} are asked for)`,
    };
  if (readers !== null && readers < leastReaders)
    return { leftOut: `${readers} of at least ${leastReaders} readers marked it` };
  return { class: classOf(malignancyRatings) };
}
