/** One annotation file in numbers: what it holds, and how its marks group into nodules. */
import { createHash } from 'node:crypto';
import { NoduleLabError } from '../volume/errors.ts';
import type { LidcAnnotations, LidcMark, LidcPoint, LidcProblem } from './annotations.ts';
import type { CtBeside } from './ctBeside.ts';
import { groupMarks } from './grouping.ts';
import { lidcNodules } from './nodules.ts';
import { PIXEL_SURROGATE_MM, sliceSurrogate } from './surrogates.ts';
import { parseLidcXml } from './xml.ts';
import { decodeXml } from './xmlText.ts';

/** A nodule under 3 mm is a point: two points of one such nodule are at most this far apart. */
export const SMALL_NODULE_MM = 3;
const MOST_PROBLEMS = 50;

export interface CtFileSummary {
  readonly kind: 'ct';
  readonly name: string;
  readonly seriesInstanceUID: string;
  /** Hash of all that the readers said: the same in files that differ in their header alone. */
  readonly contents: string;
  /** Marks of at least 3 mm with all nine ratings. */
  readonly annotations: number;
  /** Marks of at least 3 mm without. */
  readonly unratedMarks: number;
  readonly smallNodules: number;
  readonly nonNodules: number;
  /** Groups of annotations. The diameter is null where the CT is absent. */
  readonly nodules: readonly { readonly readers: number; readonly diameterMm: number | null }[];
  /** Groups of annotations and small nodules. */
  readonly lesions: number;
  /** Where the grouping's first tolerance comes from. */
  readonly tolerance: { readonly mm: number; readonly from: 'ct' | 'outlines' | 'constant' };
  /** The CT beside the file; undefined where there is none. */
  readonly patientId: string | null | undefined;
  readonly problems: readonly LidcProblem[];
}

export type FileSummary =
  | CtFileSummary
  | { readonly kind: 'chest-xray'; readonly name: string }
  | { readonly kind: 'unreadable'; readonly name: string; readonly message: string };

/**
 * @param ct the CT in the file's folder, whichever series it is
 * @param pixelMm distance between pixels where the CT is absent
 */
export function summariseFile(
  bytes: Uint8Array,
  name: string,
  ct: CtBeside | undefined,
  pixelMm = PIXEL_SURROGATE_MM,
): FileSummary {
  try {
    const text = decodeXml(bytes, name);
    const parsed = parseLidcXml(text, name);
    if (parsed.kind === 'chest-xray') return parsed;
    const own = ct?.seriesInstanceUID === parsed.seriesInstanceUID ? ct : undefined;
    const sessions = text.indexOf('<readingSession');
    const contents = createHash('sha256')
      .update(sessions < 0 ? '' : text.slice(sessions))
      .digest('hex');
    return summaryOf(parsed, contents, own, pixelMm);
  } catch (error) {
    if (!(error instanceof NoduleLabError)) throw error;
    return { kind: 'unreadable', name, message: error.message };
  }
}

function summaryOf(
  annotations: LidcAnnotations,
  contents: string,
  ct: CtBeside | undefined,
  pixelMm: number,
): CtFileSummary {
  const zOf = slicePositions(annotations);
  const rated = annotations.marks.flatMap((mark) =>
    mark.characteristics === null ? [] : [{ ...mark, contours: onSlices(mark, zOf) }],
  );
  const placed = rated.filter(({ contours }) => contours.length > 0);
  const surrogate = sliceSurrogate(annotations);
  const spacing = ct?.spacing ?? ([pixelMm, pixelMm] as const);
  const tolerance =
    ct?.sliceThicknessMm === undefined ? surrogate : ({ mm: ct.sliceThicknessMm, from: 'ct' } as const);
  const outlines = placed.map(({ contours }) => inMm(contours, spacing));
  const points = annotations.smallNodules.map((point) => inMm([atSlice(point, zOf)], spacing));
  return {
    kind: 'ct',
    name: annotations.name,
    seriesInstanceUID: annotations.seriesInstanceUID,
    contents,
    annotations: rated.length,
    unratedMarks: annotations.marks.length - rated.length,
    smallNodules: annotations.smallNodules.length,
    nonNodules: annotations.nonNodules.length,
    nodules: ct
      ? measured({ ...annotations, marks: placed }, ct, surrogate.mm, tolerance.mm)
      : groupMarks(outlines, tolerance.mm).map((group) => ({
          readers: new Set(group.map((index) => placed[index]?.reader)).size,
          diameterMm: null,
        })),
    lesions: groupMarks([...outlines, ...points], Math.max(SMALL_NODULE_MM, tolerance.mm)).length,
    tolerance,
    patientId: ct && ct.patientId,
    problems: shortened([...annotations.problems, ...unplaced(rated)]),
  };
}

/** Nodules with their diameters, on the CT's pixels; slices lie where the outlines say. */
function measured(
  annotations: LidcAnnotations,
  { spacing, columns, rows }: CtBeside,
  sliceMm: number,
  sliceThicknessMm: number,
): { readers: number; diameterMm: number }[] {
  const zs = annotations.marks.flatMap(({ contours }) => contours.map(({ z }) => z ?? 0));
  const [low, high] = [
    zs.reduce((a, b) => Math.min(a, b), Infinity),
    zs.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  const kOf = (z: number): number => Math.round((z - low) / sliceMm);
  if (zs.length === 0) return [];
  return lidcNodules(annotations, {
    geometry: {
      size: [columns, rows, kOf(high) + 1],
      spacing: [spacing[0], spacing[1], sliceMm],
      origin: [0, 0, low],
      direction: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    },
    sliceThicknessMm,
    sliceIndexOf: (_, z) => (z === undefined ? undefined : kOf(z)),
  }).map(({ readers, diameterMm }) => ({ readers, diameterMm }));
}

type Placed = Pick<LidcMark['contours'][number], 'points' | 'z'>;

/** Patient z by SOP Instance UID, from wherever the file tells it. */
function slicePositions({ marks, smallNodules, nonNodules }: LidcAnnotations): Map<string, number> {
  const all = [...marks.flatMap(({ contours }) => contours), ...smallNodules, ...nonNodules];
  return new Map(
    all.flatMap(({ sopInstanceUID, z }) => (z === undefined ? [] : [[sopInstanceUID, z] as const])),
  );
}

function onSlices({ contours }: LidcMark, zOf: ReadonlyMap<string, number>): LidcMark['contours'] {
  return contours.flatMap((contour) => {
    const z = contour.z ?? zOf.get(contour.sopInstanceUID);
    return z === undefined ? [] : [{ ...contour, z }];
  });
}

function atSlice({ point, sopInstanceUID, z }: LidcPoint, zOf: ReadonlyMap<string, number>): Placed {
  return { points: [point], z: z ?? zOf.get(sopInstanceUID) ?? Infinity };
}

function inMm(contours: readonly Placed[], [sx, sy]: readonly [number, number]): Float64Array {
  return Float64Array.from(
    contours.flatMap(({ points, z }) => points.flatMap(([x, y]) => [x * sx, y * sy, z ?? Infinity])),
  );
}

function unplaced(rated: readonly LidcMark[]): LidcProblem[] {
  return rated.flatMap(({ reader, markId, contours }) =>
    contours.length > 0
      ? []
      : {
          where: `reader ${reader + 1}, nodule ${markId}`,
          message: 'has no z on any slice, so it is in no nodule of this count',
        },
  );
}

function shortened(problems: readonly LidcProblem[]): LidcProblem[] {
  const more = problems.length - MOST_PROBLEMS;
  return more <= 0
    ? [...problems]
    : [
        ...problems.slice(0, MOST_PROBLEMS),
        { where: 'the rest', message: `${more} more problems of the same file` },
      ];
}
