/** What is drawn over the CT, in LPS mm; every viewport projects the same scene on its own plane. */
import type { Mark, PointLps } from '@nodulelab/contract';

export interface Scene {
  /** One colour a reader. */
  readonly marks: readonly Mark[];
  /** Centre of the selected nodule. */
  readonly centre: PointLps | null;
  /** Where the candidate goes. */
  readonly place: {
    readonly centre: PointLps;
    readonly diameterMm: number;
    readonly refused: boolean;
  } | null;
  readonly badge: { readonly text: string; readonly kind: 'synthetic' | 'preview' } | null;
  /** The next click sets the place. */
  readonly picking: boolean;
}

export const emptyScene: Scene = { marks: [], centre: null, place: null, badge: null, picking: false };

/** Told apart by lightness as well as hue, and none of them the red or green of a verdict. */
const READER_COLOURS = ['#f5c542', '#4fc3f7', '#f48fb1', '#b39ddb', '#ffab66', '#80deea'] as const;

export const readerColour = (reader: number): string => READER_COLOURS[reader % READER_COLOURS.length]!;
