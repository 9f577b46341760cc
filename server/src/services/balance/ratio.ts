/** Ratios of malignant to benign, and the table that says what balancing did. */
import type { PatchManifest } from '../../dataset/manifest.ts';

/** Malignant to benign: [1, 1] for 1:1. */
export type Ratio = readonly [number, number];

/** How many malignant ones are missing, rounded up; negative where there are too many. */
export function missingMalignant(
  { malignant, benign }: { readonly malignant: number; readonly benign: number },
  [m, b]: Ratio,
): number {
  return Math.ceil((benign * m) / b - 1e-9) - malignant;
}

/** `1:12`, with at most one decimal; the smaller side is 1. */
export function ratioText(malignant: number, benign: number): string {
  const least = Math.min(malignant, benign);
  if (least === 0) return `${malignant}:${benign}`;
  const side = (count: number): string => String(Math.round((10 * count) / least) / 10);
  return `${side(malignant)}:${side(benign)}`;
}

export interface BeforeAndAfter {
  readonly before: { readonly cancerous: number; readonly benign: number; readonly ratio: string };
  readonly after: {
    readonly realCancerous: number;
    readonly syntheticCancerous: number;
    readonly benign: number;
    readonly ratio: string;
  };
}

/** The counts before and after, as they are reported. */
export function beforeAndAfter({
  before,
  after,
}: Pick<NonNullable<PatchManifest['balance']>, 'before' | 'after'>): BeforeAndAfter {
  return {
    before: {
      cancerous: before.malignant,
      benign: before.benign,
      ratio: ratioText(before.malignant, before.benign),
    },
    after: {
      realCancerous: after.malignant,
      syntheticCancerous: after.syntheticMalignant,
      benign: after.benign,
      ratio: ratioText(after.malignant + after.syntheticMalignant, after.benign),
    },
  };
}

/** The same as a table for people. */
export function beforeAndAfterText({ before, after }: BeforeAndAfter): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  const blocks: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    [
      'Before augmentation',
      [
        ['Cancerous', count(before.cancerous)],
        ['Benign', count(before.benign)],
        ['Ratio', before.ratio],
      ],
    ],
    [
      'After augmentation',
      [
        ['Real cancerous', count(after.realCancerous)],
        ['Synthetic cancerous', count(after.syntheticCancerous)],
        ['Benign', count(after.benign)],
        ['Ratio', after.ratio],
      ],
    ],
  ];
  return blocks
    .map(([title, rows]) =>
      [title, ...rows.map(([name, value]) => `  ${name.padEnd(19)} ${value.padStart(8)}`)].join('\n'),
    )
    .join('\n');
}
