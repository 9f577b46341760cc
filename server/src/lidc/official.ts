/**
 * The official DICOM form of LIDC (segmentations and reports; A. Fedorov et al., Med Phys 47(11):5953, 2020,
 * DOI 10.7937/TCIA.2018.h7umfurq) → nodules as from the XML.
 *
 * Each annotation is a SEG of one segment, named `Nodule 2 - Annotation IL057_130591` after the XML's noduleID, and an
 * SR that refers to it and rates it. Annotations of one nodule share a Tracking UID: pylidc's grouping. Readers are not
 * recorded. Within a nodule each annotation counts as a reader's; across nodules readers cannot be told.
 */
import { isConcept } from '../dicom/contentTree.ts';
import type { CtSeries } from '../dicom/ctSeries.ts';
import type { Segment, Segmentation } from '../dicom/segmentation.ts';
import type { MeasurementGroup, MeasurementReport } from '../dicom/structuredReport.ts';
import type { BoxMask } from './boxMask.ts';
import { segmentMask } from './officialPlacement.ts';
import { codedRatings } from './officialCodes.ts';
import { maskOutlines } from './officialOutlines.ts';
import { noduleOfMarks, type LidcNodule } from './nodules.ts';
import { sliceFinder } from './sliceFinder.ts';
import type { Characteristics, LidcMark } from './xml.ts';

export interface OfficialObjects {
  readonly segmentations: readonly Segmentation[];
  readonly reports: readonly MeasurementReport[];
}

export interface OfficialNodules {
  /** Largest first. */
  readonly nodules: readonly LidcNodule[];
  /** What could not be used; everything else was. */
  readonly problems: readonly OfficialProblem[];
}

export interface OfficialProblem {
  /** The file. */
  readonly name: string;
  readonly message: string;
  /** What was left out because of it; without it nothing was. */
  readonly leftOut?: 'mark' | 'ratings';
}

type Problem = OfficialProblem;

/** `Nodule` in SNOMED CT, and as SNOMED RT had it. */
const NODULE_CODES = [
  ['27925004', 'SCT'],
  ['M-03010', 'SRT'],
] as const;
const LABEL = /^(Nodule \d+) - Annotation (.+)$/;

/**
 * The nodules of a CT series.
 *
 * @param objects all that refer to the series, in any order; an object given twice counts once
 */
export function officialNodules(objects: OfficialObjects, ct: CtSeries): OfficialNodules {
  const problems: Problem[] = [];
  const rated = ratedSegments(objects.reports, problems);
  const annotations: Annotation[] = [];
  const segmentations = new Map(objects.segmentations.map((one) => [one.sopInstanceUID, one]));
  for (const segmentation of segmentations.values())
    for (const segment of segmentation.segments.filter(isNodule)) {
      const key = segmentKey(segmentation.sopInstanceUID, segment.number);
      const report = rated.get(key);
      rated.delete(key);
      try {
        const mask = segmentMask(segmentation, segment.number, ct);
        if (mask === undefined)
          problems.push({
            name: segmentation.name,
            message: `${nameOf(segmentation, segment)} has no voxel`,
            leftOut: 'mark',
          });
        else annotations.push(annotationOf(segmentation, segment, mask, report, problems));
      } catch (error) {
        problems.push({ name: segmentation.name, message: messageOf(error), leftOut: 'mark' });
      }
    }
  for (const { report, group } of rated.values())
    if (!segmentations.has(group.segment?.sopInstanceUID ?? '') && 'ratings' in codedRatings(group))
      problems.push({
        name: report.name,
        message: `${report.name} rates a segment whose segmentation is not there, so its ratings belong to nothing`,
        leftOut: 'ratings',
      });
  const groups = Map.groupBy(annotations, ({ nodule }) => nodule);
  const nodules = [...groups.values()].map((group) => noduleOf(group, ct));
  return {
    nodules: nodules.toSorted((a, b) => b.diameterMm - a.diameterMm || (a.id < b.id ? -1 : 1)),
    problems,
  };
}

/** True where any segment is a nodule. */
export function holdsNodules({ segments }: Pick<Segmentation, 'segments'>): boolean {
  return segments.some(isNodule);
}

/** Lungs, airways and whatever else segmentations hold are no marks of readers. */
function isNodule({ label, propertyType }: Segment): boolean {
  return LABEL.test(label) || NODULE_CODES.some(([value, scheme]) => isConcept(propertyType, value, scheme));
}

interface Rated {
  readonly report: MeasurementReport;
  readonly group: MeasurementGroup;
}

interface Annotation {
  /** The same for all annotations of one nodule. */
  readonly nodule: string;
  readonly markId: string;
  readonly order: readonly [number, string];
  readonly mask: BoxMask;
  readonly ratings: Characteristics | null;
}

function ratedSegments(reports: readonly MeasurementReport[], problems: Problem[]): Map<string, Rated> {
  const rated = new Map<string, Rated>();
  const known = new Map(reports.map((report) => [report.sopInstanceUID, report]));
  for (const report of known.values())
    for (const group of report.groups) {
      if (group.segment === undefined) continue;
      const key = segmentKey(group.segment.sopInstanceUID, group.segment.number);
      const before = rated.get(key);
      if (before) {
        problems.push({
          name: report.name,
          message: `${report.name} rates a segment that ${before.report.name} rates as well; the latter counts`,
          leftOut: 'ratings',
        });
        continue;
      }
      rated.set(key, { report, group });
    }
  return rated;
}

function annotationOf(
  segmentation: Segmentation,
  segment: Segment,
  mask: BoxMask,
  rated: Rated | undefined,
  problems: Problem[],
): Annotation {
  const named = LABEL.exec(segment.label);
  return {
    nodule:
      segment.trackingUid ??
      rated?.group.trackingUid ??
      named?.[1] ??
      segmentKey(segmentation.sopInstanceUID, segment.number),
    markId: named?.[2] ?? (segment.label || `segment ${segment.number}`),
    order: [segmentation.seriesNumber ?? Infinity, segmentKey(segmentation.sopInstanceUID, segment.number)],
    mask,
    ratings: ratingsOf(segmentation, segment, rated, problems),
  };
}

function ratingsOf(
  segmentation: Segmentation,
  segment: Segment,
  rated: Rated | undefined,
  problems: Problem[],
): Characteristics | null {
  const leftOut = 'ratings' as const;
  if (rated === undefined) {
    const message = `${nameOf(segmentation, segment)} has no report that rates it`;
    problems.push({ name: segmentation.name, message, leftOut });
    return null;
  }
  const read = codedRatings(rated.group);
  if ('ratings' in read) return read.ratings;
  const { name } = rated.report;
  problems.push({
    name,
    message: `${name}: ${read.reason}, so the annotation counts without ratings`,
    leftOut,
  });
  return null;
}

function noduleOf(annotations: readonly Annotation[], ct: CtSeries): LidcNodule {
  const sops = ct.slices.map(({ sopInstanceUID }) => sopInstanceUID);
  const sorted = annotations.toSorted(({ order: a }, { order: b }) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));
  const marks = sorted.map(({ markId, ratings, mask }, reader): LidcMark => ({
    reader,
    markId,
    characteristics: ratings,
    contours: maskOutlines(mask, sops),
  }));
  return noduleOfMarks(
    {
      name: `The segmentations of CT series ${ct.seriesInstanceUID}`,
      seriesInstanceUID: ct.seriesInstanceUID,
      studyInstanceUID: ct.studyInstanceUID,
    },
    marks,
    { geometry: ct.volume, sliceThicknessMm: ct.sliceThickness, sliceIndexOf: sliceFinder(sops, ct.volume) },
  );
}

function segmentKey(sopInstanceUID: string, number: number): string {
  return `${sopInstanceUID}/${number}`;
}

function nameOf({ name }: Segmentation, { label, number }: Segment): string {
  return `${name}: segment ${number}${label === '' ? '' : ` (${label})`}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
