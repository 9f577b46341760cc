/** What the report shows beside the figures: pictures, points and the command, none of which is in `evaluation.json`. */
import type { Space, View } from '../patchGroup.ts';

export const REPORT_FILE = 'report.html';

export interface ReportPictures {
  /** One line that makes the evaluation again. */
  readonly command: string;
  /** Real, synthetic, then each control. */
  readonly sheets: readonly PictureSheet[];
  /** One for each of the result's `memorisedPairs`, in their order. */
  readonly pairs: readonly PairPicture[];
  /** Left out of the page where there are none. */
  readonly scatters: readonly Scatter[];
  /** Scores by which the classifier was judged; null where it was not trained. */
  readonly spotting: SpottingScores | null;
  /** Of a generator that takes a diameter; null for others. */
  readonly sizes: AskedSizes | null;
}

/** Diameters of synthetic nodules, mm: what was asked for, and what was found. */
export interface AskedSizes {
  readonly patch: readonly (readonly [asked: number, found: number])[];
  readonly inserted: readonly (readonly [asked: number, found: number])[];
}

/** Some patches of a group as one PNG. */
export interface PictureSheet {
  /** As the group is called. */
  readonly name: string;
  /** How many and how they were drawn. */
  readonly caption: string;
  /** Data URL. */
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

/** Three planes of each as PNG data URLs; the training nodule is turned as it lies nearest. */
export interface PairPicture {
  readonly synthetic: string;
  readonly training: string;
}

/** Feature vectors on the first two directions of their space. */
export interface Scatter {
  readonly space: Space;
  readonly view: View;
  readonly groups: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

/** Of nodules that the classifier had not seen; the higher, the surer it was that the nodule is synthetic. */
export interface SpottingScores {
  readonly real: readonly number[];
  readonly synthetic: readonly number[];
  /** Of the proof: the same kind of classifier on real nodules and ellipsoids. */
  readonly proofReal: readonly number[];
  readonly ellipsoids: readonly number[];
}
