/** Whose outlines of the selected nodule are drawn. */
import type { Contour, Mark, Nodule } from '@nodulelab/contract';

export interface OutlinesShown {
  /** Readers whose outlines are not. */
  readonly hidden: readonly number[];
  /** What half of the readers share, drawn bold. */
  readonly consensus: boolean;
}

export const ALL_OUTLINES: OutlinesShown = { hidden: [], consensus: true };

/** Each once, in the order of their numbers. */
export const readersOf = ({ marks }: Nodule): number[] =>
  [...new Set(marks.map(({ reader }) => reader))].sort((a, b) => a - b);

export const marksShown = ({ marks }: Nodule, { hidden }: OutlinesShown): readonly Mark[] =>
  marks.filter(({ reader }) => !hidden.includes(reader));

/** Of one reader there is nothing to share: the outline would only lie on theirs. */
export const consensusShown = (nodule: Nodule, { consensus }: OutlinesShown): readonly Contour[] =>
  consensus && readersOf(nodule).length > 1 ? nodule.consensusContours : [];

export const toggled = (shown: OutlinesShown, reader: number): OutlinesShown => ({
  ...shown,
  hidden: shown.hidden.includes(reader)
    ? shown.hidden.filter((one) => one !== reader)
    : [...shown.hidden, reader],
});
