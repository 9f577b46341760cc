/** Readers' marks of one CT series → nodules: grouped, rasterised, agreed, and placed in the patient. */
import { createHash } from 'node:crypto';
import { NoduleLabError } from '../volume/errors.ts';
import { indexToWorld } from '../volume/ctVolume.ts';
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { consensusMask } from './consensus.ts';
import { consensusOutlines } from './consensusOutlines.ts';
import { boxSize, centroid } from './boxMask.ts';
import type { BoxMask } from './boxMask.ts';
import { noduleMask, outlineMask } from './contourMask.ts';
import type { PlacedContour } from './contourMask.ts';
import { largestInPlaneDiameter, volumeEquivalentDiameter } from './diameter.ts';
import { groupMarks } from './grouping.ts';
import { medianCharacteristics } from './ratings.ts';
import type { Characteristics, LidcAnnotations, LidcContour, LidcMark } from './xml.ts';

/** The CT series that the annotations belong to. */
export interface AnnotatedSeries {
  readonly geometry: VolumeGeometry;
  /** Slice Thickness (0018,0050), mm: pylidc's first tolerance. The distance between slices stands in for it. */
  readonly sliceThicknessMm?: number | undefined;
  /** Index k of a slice, found by its SOP Instance UID or else by patient z; undefined where the series has none. */
  readonly sliceIndexOf: (sopInstanceUID: string, z: number | undefined) => number | undefined;
}

/** An outline in the patient: the first voxel centres outside the lesion, LPS mm. */
export interface PatientContour {
  readonly sopInstanceUID: string;
  readonly inclusion: boolean;
  readonly points: readonly Vec3[];
}

export interface NoduleMark {
  readonly reader: number;
  readonly markId: string;
  readonly characteristics: Characteristics | null;
  readonly contours: readonly PatientContour[];
  /** Undefined where no voxel lies inside the outline. */
  readonly mask: BoxMask | undefined;
}

export interface LidcNodule {
  /** The same for the same series and marks, whatever order they come in. */
  readonly id: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
  /** How many readers marked it. */
  readonly readers: number;
  /** By reader, then mark. */
  readonly marks: readonly NoduleMark[];
  /** See {@link maskOf}. */
  readonly mask: BoxMask;
  /**
   * What {@link mask} holds: the voxels of at least half of the readers; where they share none, those of any; where no
   * voxel lies inside any outline, the outlines themselves.
   */
  readonly maskOf: 'consensus' | 'union' | 'outline';
  /** Outline of {@link mask} on each of its slices; the readers' own where one reader marked it or the mask is outlines. */
  readonly consensusContours: readonly PatientContour[];
  /** Centroid of the mask, LPS mm. */
  readonly centre: Vec3;
  /** Largest in-plane diameter of the mask, mm. */
  readonly diameterMm: number;
  /** Diameter of the ball with the mask's volume, mm. */
  readonly equivalentDiameterMm: number;
  /** Medians over the readers; null where none rated. */
  readonly characteristics: Characteristics | null;
}

/**
 * The nodules (>= 3 mm) of a series, largest first.
 *
 * @throws NoduleLabError `not-found` where a marked slice is not in the series; the message names both
 */
export function lidcNodules(annotations: LidcAnnotations, series: AnnotatedSeries): LidcNodule[] {
  const { geometry } = series;
  const placed = annotations.marks.map((mark) => ({
    mark,
    contours: placeContours(annotations, mark, series),
  }));
  const outlines = placed.map(({ contours }) =>
    Float64Array.from(
      contours.flatMap(({ points, slice }) => points.flatMap((point) => world(geometry, point, slice))),
    ),
  );
  return groupMarks(outlines, series.sliceThicknessMm ?? geometry.spacing[2])
    .map((group) =>
      noduleOf(
        annotations,
        group.flatMap((index) => placed[index] ?? []),
        geometry,
      ),
    )
    .toSorted((a, b) => b.diameterMm - a.diameterMm || (a.id < b.id ? -1 : 1));
}

/**
 * One nodule of marks that are known to belong together: read back from where nodules are kept, or grouped by the
 * official segmentations.
 *
 * @param marks at least one
 * @throws NoduleLabError as {@link lidcNodules}
 */
export function noduleOfMarks(
  annotations: MarkedSeries,
  marks: readonly LidcMark[],
  series: AnnotatedSeries,
): LidcNodule {
  return noduleOf(
    annotations,
    marks.map((mark) => ({ mark, contours: placeContours(annotations, mark, series) })),
    series.geometry,
  );
}

/** What the marks belong to, and what messages call it. */
export type MarkedSeries = Pick<LidcAnnotations, 'name' | 'seriesInstanceUID' | 'studyInstanceUID'>;

interface PlacedMark {
  readonly mark: LidcMark;
  readonly contours: readonly (PlacedContour & LidcContour)[];
}

/**
 * A mark's outlines with the index of each one's slice.
 *
 * @throws NoduleLabError `not-found` where the series lacks a slice, `invalid-input` where an outline leaves its pixels
 */
export function placeContours(
  annotations: MarkedSeries,
  mark: LidcMark,
  { geometry, sliceIndexOf }: AnnotatedSeries,
): PlacedMark['contours'] {
  const [columns, rows] = geometry.size;
  return mark.contours.map((contour) => {
    const slice = sliceIndexOf(contour.sopInstanceUID, contour.z);
    if (slice === undefined)
      throw new NoduleLabError(
        'not-found',
        `${annotations.name}: mark ${mark.markId} lies on slice ${contour.sopInstanceUID} (z ${contour.z ?? 'unknown'} mm), ` +
          `which CT series ${annotations.seriesInstanceUID} does not have. Import the whole series, then the XML again.`,
        { seriesInstanceUID: annotations.seriesInstanceUID, sopInstanceUID: contour.sopInstanceUID },
      );
    if (contour.points.some(([x, y]) => !(x >= 0 && y >= 0 && x < columns && y < rows)))
      throw new NoduleLabError(
        'invalid-input',
        `${annotations.name}: mark ${mark.markId} leaves the ${columns}×${rows} pixels of CT series ` +
          `${annotations.seriesInstanceUID}: the XML belongs to another series.`,
        { seriesInstanceUID: annotations.seriesInstanceUID },
      );
    return { ...contour, slice };
  });
}

function noduleOf(
  annotations: MarkedSeries,
  group: readonly PlacedMark[],
  geometry: VolumeGeometry,
): LidcNodule {
  const sorted = group.toSorted(
    (a, b) => a.mark.reader - b.mark.reader || (a.mark.markId < b.mark.markId ? -1 : 1),
  );
  const marks = sorted.map(({ mark, contours }): NoduleMark => ({
    reader: mark.reader,
    markId: mark.markId,
    characteristics: mark.characteristics,
    mask: noduleMask(contours),
    contours: contours.map(({ sopInstanceUID, inclusion, points, slice }) => ({
      sopInstanceUID,
      inclusion,
      points: points.map((point) => world(geometry, point, slice)),
    })),
  }));
  const voted = marks.flatMap(({ reader, mask }) => (mask === undefined ? [] : [{ reader, mask }]));
  const consensus = consensusMask(voted);
  const union = consensusMask(voted, 0);
  const mask = consensus ?? union ?? outlineMask(sorted.flatMap(({ contours }) => contours));
  const local = { size: boxSize(mask.box), spacing: geometry.spacing };
  return {
    id: idOf(annotations.seriesInstanceUID, marks),
    seriesInstanceUID: annotations.seriesInstanceUID,
    studyInstanceUID: annotations.studyInstanceUID,
    readers: new Set(marks.map(({ reader }) => reader)).size,
    marks,
    mask,
    maskOf: consensus ? 'consensus' : union ? 'union' : 'outline',
    consensusContours:
      voted.length > 0 && marks.length > 1
        ? consensusOutlines(mask, geometry, slicesOf(sorted))
        : marks.flatMap(({ contours }) => contours),
    centre: centroid(geometry, mask),
    diameterMm: largestInPlaneDiameter(local, mask.bits),
    equivalentDiameterMm: volumeEquivalentDiameter(local, mask.bits),
    characteristics: medianCharacteristics(marks),
  };
}

/** Each marked slice by its index: what is agreed on lies on slices that somebody marked. */
const slicesOf = (marks: readonly PlacedMark[]): Map<number, string> =>
  new Map(
    marks.flatMap(({ contours }) =>
      contours.map(({ slice, sopInstanceUID }) => [slice, sopInstanceUID] as const),
    ),
  );

function idOf(seriesInstanceUID: string, marks: readonly NoduleMark[]): string {
  const names = marks.map(({ reader, markId }) => `${reader}/${markId}`).sort();
  return createHash('sha256')
    .update([seriesInstanceUID, ...names].join('\n'))
    .digest('hex')
    .slice(0, 24);
}

function world(geometry: VolumeGeometry, [x, y]: readonly [number, number], slice: number): Vec3 {
  return indexToWorld(geometry, [x, y, slice]);
}
