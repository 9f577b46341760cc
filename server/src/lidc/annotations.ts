/**
 * What one LIDC-IDRI annotation file says. Coordinates stay in the file's own terms (pixel columns and rows, z in mm),
 * because the file knows neither pixel spacing nor origin.
 */

/** The nine characteristics in the order of the LIDC form. */
export const CHARACTERISTICS = [
  'subtlety',
  'internalStructure',
  'calcification',
  'sphericity',
  'margin',
  'lobulation',
  'spiculation',
  'texture',
  'malignancy',
] as const;
export type Characteristic = (typeof CHARACTERISTICS)[number];
/** Ratings 1–5 (internalStructure 1–4, calcification 1–6); medians of them may lie between. */
export type Characteristics = Readonly<Record<Characteristic, number>>;

/** One outline in one slice. The points are the first pixels outside the lesion. */
export interface LidcContour {
  readonly sopInstanceUID: string;
  /** Patient z of the slice, mm; undefined where the file leaves it out. */
  readonly z: number | undefined;
  /** False for a hole: its inside does not belong to the lesion. */
  readonly inclusion: boolean;
  /** Pixel (column, row), whole numbers counted from 0; at least two points. */
  readonly points: readonly (readonly [number, number])[];
}

/** A lesion of at least 3 mm as one reader marked it: outlines, and ratings (null where the file lacks usable ones). */
export interface LidcMark {
  /** Index of the reading session in the file; readers are anonymous and differ from scan to scan. */
  readonly reader: number;
  /** One of a kind among the reader's marks. */
  readonly markId: string;
  readonly characteristics: Characteristics | null;
  readonly contours: readonly LidcContour[];
}

/** A nodule under 3 mm (one point, no ratings) or a lesion that is no nodule. */
export interface LidcPoint {
  readonly reader: number;
  readonly markId: string;
  readonly sopInstanceUID: string;
  readonly z: number | undefined;
  readonly point: readonly [number, number];
}

export interface LidcAnnotations {
  readonly kind: 'ct';
  readonly name: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
  /** Number of reading sessions. */
  readonly readers: number;
  readonly marks: readonly LidcMark[];
  readonly smallNodules: readonly LidcPoint[];
  readonly nonNodules: readonly LidcPoint[];
  /** What of the file could not be used, was left out or is doubtful; the rest was read. */
  readonly problems: readonly LidcProblem[];
}

export interface LidcProblem {
  /** Reading session and mark, for example `reader 2, nodule 5, slice 1.2.3`; readers are counted from 1. */
  readonly where: string;
  /** What is wrong, and what became of it. */
  readonly message: string;
  /** What was left out because of it; without it nothing was. */
  readonly leftOut?: 'mark' | 'outline' | 'point' | 'ratings';
}

/** Annotations of a chest X-ray: no CT series, so nothing to place. */
export interface LidcChestXray {
  readonly kind: 'chest-xray';
  readonly name: string;
}
