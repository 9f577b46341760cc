/** A nodule that the user is marking: how it is drawn, how it is rated, and what is missing before it can be saved. */
import type { AnnotationShape, Nodule, PointLps, Ratings } from '@nodulelab/contract';
import type { Ellipsoid } from '../geometry/ellipsoid.ts';
import type { Mask } from '../geometry/painted.ts';
import type { Host } from './session.ts';

export type Characteristic = keyof Ratings;

export interface RatingScale {
  readonly name: Characteristic;
  readonly label: string;
  /** From 1 up, in the words of the LIDC reading form. */
  readonly words: readonly string[];
}

/** In the order of the LIDC reading form. */
export const SCALES: readonly RatingScale[] = [
  {
    name: 'subtlety',
    label: 'Subtlety',
    words: ['Extremely subtle', 'Moderately subtle', 'Fairly subtle', 'Moderately obvious', 'Obvious'],
  },
  {
    name: 'internalStructure',
    label: 'Internal structure',
    words: ['Soft tissue', 'Fluid', 'Fat', 'Air'],
  },
  {
    name: 'calcification',
    label: 'Calcification',
    words: ['Popcorn', 'Laminated', 'Solid', 'Non-central', 'Central', 'Absent'],
  },
  {
    name: 'sphericity',
    label: 'Sphericity',
    words: ['Linear', 'Ovoid/linear', 'Ovoid', 'Ovoid/round', 'Round'],
  },
  {
    name: 'margin',
    label: 'Margin',
    words: ['Poorly defined', 'Near poorly defined', 'Medium margin', 'Near sharp', 'Sharp'],
  },
  {
    name: 'lobulation',
    label: 'Lobulation',
    words: [
      'No lobulation',
      'Nearly no lobulation',
      'Medium lobulation',
      'Near marked lobulation',
      'Marked lobulation',
    ],
  },
  {
    name: 'spiculation',
    label: 'Spiculation',
    words: [
      'No spiculation',
      'Nearly no spiculation',
      'Medium spiculation',
      'Near marked spiculation',
      'Marked spiculation',
    ],
  },
  {
    name: 'texture',
    label: 'Texture',
    words: ['Non-solid/GGO', 'Non-solid/mixed', 'Part solid/mixed', 'Solid/mixed', 'Solid'],
  },
  {
    name: 'malignancy',
    label: 'Malignancy',
    words: [
      'Highly unlikely',
      'Moderately unlikely',
      'Indeterminate',
      'Moderately suspicious',
      'Highly suspicious',
    ],
  },
];

export type BrushTool = 'paint' | 'threshold' | 'erase';

export interface BrushSettings {
  /** Null while another tool of the viewer has the mouse. */
  readonly tool: BrushTool | null;
  readonly radiusMm: number;
  /** A ball through several slices, or a disk on the one that is painted on. */
  readonly ball: boolean;
  /** What "threshold" paints at the least, HU; above it everything. */
  readonly fromHu: number;
}

/** How the nodule is drawn; `kept` is the outline that a changed one has already. */
export type Way = 'kept' | 'ellipsoid' | 'brush';

export interface Annotation {
  /** The CT that is annotated; another one may be on the screen. */
  readonly host: Host;
  /** The nodule that is changed; null for a new one. */
  readonly changes: Nodule | null;
  readonly way: Way;
  /** The next click in a plane sets the centre. */
  readonly picking: boolean;
  readonly ellipsoid: Ellipsoid | null;
  readonly brush: BrushSettings;
  readonly painting: Mask | null;
  readonly ratings: Partial<Ratings>;
  readonly author: string;
  /** There is something that would be lost. */
  readonly dirty: boolean;
  /** The user is asked whether it may be lost. */
  readonly leaving: boolean;
  /** Saving was tried: what is missing is pointed out. */
  readonly tried: boolean;
  readonly saving: boolean;
  readonly problem: string | null;
}

export const DRAWN_MM = { least: 2, most: 60, usual: 10 } as const;
export const BRUSH_MM = { least: 0.5, most: 15, usual: 3 } as const;
export const FROM_HU = { least: -900, most: 300, usual: -400 } as const;

export const usualBrush: BrushSettings = {
  tool: 'paint',
  radiusMm: BRUSH_MM.usual,
  ball: true,
  fromHu: FROM_HU.usual,
};

export const newAnnotation = (host: Host, author: string): Annotation => ({
  host,
  changes: null,
  way: 'ellipsoid',
  picking: true,
  ellipsoid: null,
  brush: usualBrush,
  painting: null,
  ratings: {},
  author,
  dirty: false,
  leaving: false,
  tried: false,
  saving: false,
  problem: null,
});

/** A change begins with what is there. */
export const changeOf = (host: Host, nodule: Nodule, author: string): Annotation => ({
  ...newAnnotation(host, author || (nodule.annotation?.author ?? '')),
  changes: nodule,
  way: 'kept',
  picking: false,
  ratings: ratingsOf(nodule),
});

/** Of the one reader that it has. */
export function ratingsOf({ marks }: Nodule): Partial<Ratings> {
  return { ...(marks[0]?.characteristics ?? {}) };
}

/** About what its outlines span, so that a change need not begin with nothing. */
export function ellipsoidAround({ centre, marks }: Nodule): Ellipsoid {
  const points = marks.flatMap(({ contours }) => contours.flatMap((contour) => contour.points));
  const span = ([0, 1, 2] as const).map((axis) => {
    const along = points.map((point) => point[axis]);
    return Math.max(...along) - Math.min(...along);
  });
  return { centre, diametersMm: span.map(clampedDiameter) as PointLps };
}

/** In steps of half a millimetre, within what is a nodule. */
export const clampedDiameter = (mm: number): number =>
  Math.min(DRAWN_MM.most, Math.max(DRAWN_MM.least, Math.round(mm * 2) / 2));

/** Whether something is drawn in the chosen way. */
export const isDrawn = ({ way, ellipsoid, painting }: Annotation): boolean =>
  way === 'kept' || (way === 'ellipsoid' ? ellipsoid !== null : painting !== null);

export const unrated = ({ ratings }: Annotation): readonly RatingScale[] =>
  SCALES.filter(({ name }) => ratings[name] === undefined);

/** What is missing, in one sentence; null when it can be saved. */
export function missing(annotation: Annotation): string | null {
  if (!isDrawn(annotation))
    return annotation.way === 'brush'
      ? 'Paint the nodule in any of the planes first.'
      : 'Click the middle of the nodule first.';
  const open = unrated(annotation);
  if (open.length === SCALES.length) return 'Rate the nine characteristics: LIDC leaves none of them open.';
  if (open.length > 0)
    return `Not rated yet: ${open.map(({ label }) => label.toLowerCase()).join(', ')}. LIDC leaves none open.`;
  if (annotation.author.trim() === '') return 'Say who marks it: the report names its reader.';
  return null;
}

/** The one thing to do next. */
export function annotationSentence(annotation: Annotation): string {
  if (annotation.saving) return 'Writing segmentation and report.';
  if (annotation.leaving) return 'Say whether the annotation may be lost.';
  if (annotation.problem === null && isDrawn(annotation) && unrated(annotation).length > 0)
    return annotation.way === 'ellipsoid'
      ? 'Drag its rim to size, then rate it.'
      : 'Rate the nine characteristics.';
  return missing(annotation) ?? 'Save it: segmentation and report are written.';
}

/** What is sent of the drawing; null where it stays as it is. */
export function shapeOf({ way, ellipsoid, painting }: Annotation): AnnotationShape | null {
  if (way === 'brush') return painting;
  if (way === 'kept' || !ellipsoid) return null;
  const [a, b, c] = ellipsoid.diametersMm;
  return {
    kind: 'ellipsoid',
    centre: ellipsoid.centre,
    radiiMm: [a / 2, b / 2, c / 2],
    axes: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };
}

const AUTHOR = 'nodulelab.author';
type Kept = Pick<Storage, 'getItem' | 'setItem'>;

export function readAuthor(storage: Kept | null): string {
  try {
    return storage?.getItem(AUTHOR) ?? '';
  } catch {
    return '';
  }
}

/** A browser that keeps nothing asks for the name again: no harm done. */
export function keepAuthor(storage: Kept | null, author: string): void {
  try {
    storage?.setItem(AUTHOR, author);
  } catch {
    // As above.
  }
}
