/**
 * What counts as good, fair and bad, in one table. A value within `good` is good, within `fair` fair, else bad; bounds
 * belong to the range.
 *
 * The numbers come from the ten nodules of four LIDC-IDRI patients (0001, 0003, 0004, 0006; 6 to 32 mm, solid to ground
 * glass), each judged as if it had been inserted into its healthy twin: what is real must not be called bad. Removals
 * were measured on the same nodules and on 31 balls of 6 to 18 mm of plain lung at random places. Those of the detector
 * come from the nodules of the whole test fold.
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
  | 'remaining-tissue'
  | 'detector';

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
    why: 'real nodules without calcification stayed within the range; a calcified one of 6 mm went 418 HU beyond it. Of 253 LIDC cut-outs half have no voxel above 123 HU and nine in ten none above 890 HU',
  },
  seam: {
    unit: 'sigma',
    good: [0, 0.5],
    fair: [0, 1],
    why: '0.00 for the real nodules set into their healthy twins, 0.00 to 0.10 for removals, 0.00 for 120 insertions of 6 to 25 mm in two of the CTs and on pixels of 1.8 mm; a hard-edged paste has more than 2',
  },
  'noise-power': {
    unit: 'sigma',
    good: [-0.4, 0.25],
    fair: [-0.6, 0.45],
    why: '0 for the real nodules (seven are large enough), whose structure raises the plain noise 1.3 to 7 times; 0 to 0.16 for inserted cut-outs; -0.11 to 0.18 for the removals and -0.30 to 0.36 for plain lung refilled in the same way; a smooth fill has below -0.75, white noise as strong as the host has 0.25 to 0.86 in these CTs, more the softer the kernel',
  },
  'lung-overlap': {
    unit: '%',
    good: [80, 100],
    fair: [60, 100],
    why: '93 to 100 % for the real nodules, those on the pleura included; 69 to 100 % for refilled regions at random places; half in the chest wall is about 50 %',
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
    why: 'per cent off what was asked for; the readers of one nodule lie about 10 % (standard deviation; 25 % at most) off their mean among these patients',
  },
  'mean-hu': {
    unit: 'HU',
    good: [-50, 50],
    fair: [-120, 120],
    why: 'HU off what was asked for, or off -780 to 200 HU where nothing was; the means of 253 LIDC cut-outs run from -762 HU to 47 HU at the 95th percentile, calcified ones above',
  },
  'remaining-tissue': {
    unit: 'sigma',
    good: [-0.75, 1.8],
    fair: [-1.5, 2.1],
    why: '0.2 to 1.6 for the refilled regions of the real nodules and -0.2 to 1.7 for plain lung refilled in the same way; 2.2 to 12.6 in the same regions before, with the nodules in them',
  },
  detector: {
    unit: '%',
    good: [90, 100],
    fair: [50, 100],
    why: 'of 126 real nodules of patients that the detector was not trained on, each asked about by its largest diameter, 97 in 100 score 92 or more and all but two (20 and 31) score 65 or more; the ten nodules of the four whole CTs score 76 to 100',
  },
};

/** @param value what is judged; {@link judge} with null gives `unknown` */
export function judge(name: CheckName, value: number | null): QualityCheck['verdict'] {
  if (value === null || Number.isNaN(value)) return 'unknown';
  const { good, fair } = CHECK_THRESHOLDS[name];
  if (value >= good[0] && value <= good[1]) return 'good';
  return value >= fair[0] && value <= fair[1] ? 'fair' : 'bad';
}
