/** What is drawn over the CT, in LPS mm; every viewport projects the same scene on its own plane. */
import type { Contour, Mark, PointLps } from '@nodulelab/contract';
import type { Ellipsoid } from '../geometry/ellipsoid.ts';
import type { LabelMap } from '../geometry/labelPlane.ts';
import type { Pose } from '../geometry/pose.ts';

/** A dashed circle just outside a nodule, so that its own edge stays visible. */
export interface Ring {
  readonly centre: PointLps;
  readonly diameterMm: number;
  /** A refused place carries a cross, a removed nodule dots: the colour alone must not tell. */
  readonly kind: 'candidate' | 'refused' | 'synthetic' | 'removed';
}

export interface Scene {
  /** One colour a reader. */
  readonly marks: readonly Mark[];
  /** What half of the readers share; drawn bold, below theirs. */
  readonly consensus: readonly Contour[];
  readonly rings: readonly Ring[];
  /** Of the nodule that is being placed; null where none is. */
  readonly handles: Pose | null;
  readonly badge: { readonly text: string; readonly kind: 'synthetic' | 'preview' } | null;
  /** The next click sets the place. */
  readonly picking: boolean;
  /** Where a nodule may go; null while nobody asks. */
  readonly guard: LabelMap | null;
  /** What the user is drawing, with handles. */
  readonly draft: Ellipsoid | null;
}

export const emptyScene: Scene = {
  marks: [],
  consensus: [],
  rings: [],
  handles: null,
  badge: null,
  picking: false,
  guard: null,
  draft: null,
};

/** Told apart by lightness as well as hue, and none of them the red or green of a verdict. */
const READER_COLOURS = ['#f5c542', '#4fc3f7', '#f48fb1', '#b39ddb', '#ffab66', '#80deea'] as const;

/** Of what they share. */
export const CONSENSUS_COLOUR = '#ffffff';

export const readerColour = (reader: number): string => READER_COLOURS[reader % READER_COLOURS.length]!;
