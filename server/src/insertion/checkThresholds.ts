/**
 * What counts as good, fair and bad, in one table. The numbers come from the eleven nodules of four LIDC-IDRI patients
 * (0001, 0003, 0004, 0006; 6 to 32 mm, solid to ground glass): what a check says of a real nodule, it must not call bad. A value within `good` is good, within `fair` fair, else bad; bounds
 * belong to the range.
 */
import type { QualityCheck } from '@nodulelab/contract';

export type CheckName =
  | 'hu-range'
  | 'seam'
  | 'noise-power'
  | 'lung-overlap'
  | 'vessel-overlap'
  | 'diameter'
  | 'mean-hu'
  | 'remaining-tissue';

type Range = readonly [low: number, high: number];

export interface CheckThresholds {
  readonly unit: string;
  readonly good: Range;
  readonly fair: Range;
  /** Where the numbers come from. */
  readonly why: string;
}

export const CHECK_THRESHOLDS: Readonly<Record<CheckName, CheckThresholds>> = {
  'hu-range': {
    unit: 'HU',
    good: [-25, 25],
    fair: [-75, 600],
    why: 'real nodules without calcification stayed within the range; a calcified one of 6 mm went 418 HU beyond it, which is fair',
  },
  seam: {
    unit: 'sigma',
    good: [0, 0.5],
    fair: [0, 1],
    why: '0.00 for the real nodules set into their healthy twins, 0.00 to 0.08 for removals, 0.02 to 0.61 for inserted cut-outs of 6 to 30 mm; a hard-edged paste has more than 2',
  },
  'noise-power': {
    unit: 'sigma',
    good: [-0.4, 0.25],
    fair: [-0.6, 0.45],
    why: '-0.04 to 0 for the real nodules, whose structure doubles to quintuples the plain noise; 0 to 0.16 for inserted cut-outs; -0.40 to 0.25 for removals of nodules and of plain lung; a smooth fill has below -0.75, white noise as strong as the host has 0.25 to 0.86 in these CTs, more the softer the kernel',
  },
  'lung-overlap': {
    unit: '%',
    good: [85, 100],
    fair: [60, 100],
    why: '93 to 100 % for the real nodules, those on the pleura included; 88 to 100 % for refilled regions; half in the chest wall is about 50 %',
  },
  'vessel-overlap': {
    unit: '%',
    good: [0, 10],
    fair: [0, 30],
    why: "0 % for all real nodules, the one that hangs on a vessel included: a reader's nodule is not a vessel; a touch of one is fair",
  },
  diameter: {
    unit: '%',
    good: [-10, 10],
    fair: [-20, 20],
    why: 'per cent off what was asked for; readers of one nodule differ by about 10 % among each other (LIDC)',
  },
  'mean-hu': {
    unit: 'HU',
    good: [-50, 50],
    fair: [-120, 120],
    why: 'HU off what was asked for, or off -780 to 200 HU where nothing was; the means of the real nodules were -570 to -21 HU; faint ground glass is darker',
  },
  'remaining-tissue': {
    unit: '%',
    good: [0, 10],
    fair: [0, 20],
    why: '0 to 1.7 % for removed nodules and 0 to 5.9 % for plain lung refilled in the same way (vessels); the real nodules had 38 to 100 % before',
  },
};

/** @param value what is judged; {@link judge} with null gives `unknown` */
export function judge(name: CheckName, value: number | null): QualityCheck['verdict'] {
  if (value === null || Number.isNaN(value)) return 'unknown';
  const { good, fair } = CHECK_THRESHOLDS[name];
  if (value >= good[0] && value <= good[1]) return 'good';
  return value >= fair[0] && value <= fair[1] ? 'fair' : 'bad';
}
