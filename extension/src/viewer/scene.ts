/** What is drawn over the CT, in LPS mm; every viewport projects the same scene on its own plane. */
import type { Mark, PointLps } from '@nodulelab/contract';

/** A dashed circle just outside a nodule, so that its own edge stays visible. */
export interface Ring {
  readonly centre: PointLps;
  readonly diameterMm: number;
  /** A place that was refused carries a cross as well: the colour alone must not tell. */
  readonly kind: 'candidate' | 'refused' | 'synthetic';
}

export interface Scene {
  /** One colour a reader. */
  readonly marks: readonly Mark[];
  readonly rings: readonly Ring[];
  readonly badge: { readonly text: string; readonly kind: 'synthetic' | 'preview' } | null;
  /** The next click sets the place. */
  readonly picking: boolean;
}

export const emptyScene: Scene = { marks: [], rings: [], badge: null, picking: false };

/** Told apart by lightness as well as hue, and none of them the red or green of a verdict. */
const READER_COLOURS = ['#f5c542', '#4fc3f7', '#f48fb1', '#b39ddb', '#ffab66', '#80deea'] as const;

export const readerColour = (reader: number): string => READER_COLOURS[reader % READER_COLOURS.length]!;
