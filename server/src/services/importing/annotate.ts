/**
 * Annotations of one CT series → its nodules. The XML is the original; the official segmentations and reports were made
 * from it, so they count where it is missing or unusable, and are held against it where it is there.
 */
import type { CtSeries } from '../../dicom/ctSeries.ts';
import { CASE_FLAGS, caseFlags } from '../../lidc/flags.ts';
import { lidcNodules, placeContours, type AnnotatedSeries, type LidcNodule } from '../../lidc/nodules.ts';
import { compareForms } from '../../lidc/officialComparison.ts';
import { officialNodules } from '../../lidc/official.ts';
import { sliceFinder } from '../../lidc/sliceFinder.ts';
import type { LidcAnnotations, LidcMark } from '../../lidc/xml.ts';
import { messageOf, type Failure, type SeriesAnnotations } from './annotations.ts';

/** Something in a file that was left out or is doubtful; everything else of the file was read. */
export interface AnnotationProblem extends Failure {
  /** Place in the file, for example `reader 2, nodule 5`; empty where the message names it. */
  readonly where: string;
  /** What was left out; null where nothing was. */
  readonly leftOut: 'mark' | 'outline' | 'point' | 'ratings' | null;
}

export interface SeriesNodules {
  /** Largest first. */
  readonly nodules: readonly LidcNodule[];
  /** What they were made from; null where nothing could be used. */
  readonly form: 'xml' | 'official' | null;
  readonly problems: readonly AnnotationProblem[];
  /** Where XML and official form differ, a sentence each. */
  readonly disagreements: readonly string[];
  /** Whole files that could not be used. */
  readonly failures: readonly Failure[];
}

export function nodulesOf({ xml, segmentations, reports }: SeriesAnnotations, ct: CtSeries): SeriesNodules {
  const problems: AnnotationProblem[] = [];
  const failures: Failure[] = [];
  const used = firstUsable(xml, ct, problems, failures);
  const official = segmentations.length === 0 ? undefined : officialNodules({ segmentations, reports }, ct);
  for (const { name, message, leftOut } of official?.problems ?? [])
    // Beside the XML nothing is lost with a segmentation.
    problems.push({ name, where: '', message, leftOut: used ? null : (leftOut ?? null) });
  if (used)
    return {
      nodules: used,
      form: 'xml',
      problems,
      disagreements: official && official.nodules.length > 0 ? compareForms(used, official.nodules) : [],
      failures,
    };
  const nodules = official?.nodules ?? [];
  const [segmentation] = segmentations;
  if (segmentation && caseFlags(ct.patientId).includes('official-seg-faulty'))
    problems.push({
      name: segmentation.name,
      where: '',
      message: `The segmentations of ${ct.patientId} are known to be faulty. ${CASE_FLAGS['official-seg-faulty']}`,
      leftOut: null,
    });
  return { nodules, form: nodules.length > 0 ? 'official' : null, problems, disagreements: [], failures };
}

/** Some CT series have two annotation files in the archive: the first one counts. */
function firstUsable(
  xml: readonly LidcAnnotations[],
  ct: CtSeries,
  problems: AnnotationProblem[],
  failures: Failure[],
): LidcNodule[] | undefined {
  let used: { readonly name: string; readonly nodules: LidcNodule[] } | undefined;
  for (const annotations of xml.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = annotations;
    if (used) {
      const message = `${name} annotates the same CT series as ${used.name}, which counts`;
      problems.push({ name, where: '', message, leftOut: null });
      continue;
    }
    try {
      const found: AnnotationProblem[] = [];
      used = { name, nodules: placeableNodules(annotations, ct, found) };
      problems.push(...found);
    } catch (error) {
      failures.push({ name, message: messageOf(error) });
    }
  }
  return used?.nodules;
}

/** @throws NoduleLabError where not one of its marks lies on the CT */
function placeableNodules(
  annotations: LidcAnnotations,
  ct: CtSeries,
  problems: AnnotationProblem[],
): LidcNodule[] {
  const { name } = annotations;
  const series = annotatedSeries(ct);
  for (const { where, message, leftOut } of annotations.problems)
    problems.push({ name, where, message, leftOut: leftOut ?? null });
  const marks: LidcMark[] = [];
  let firstFault: { readonly error: unknown } | undefined;
  for (const mark of annotations.marks)
    try {
      placeContours(annotations, mark, series);
      marks.push(mark);
    } catch (error) {
      firstFault ??= { error };
      const where = `reader ${mark.reader + 1}, nodule ${mark.markId}`;
      problems.push({ name, where, message: messageOf(error), leftOut: 'mark' });
    }
  if (firstFault && marks.length === 0) throw firstFault.error;
  return lidcNodules({ ...annotations, marks }, series);
}

export function annotatedSeries({ volume, slices, sliceThickness }: CtSeries): AnnotatedSeries {
  return {
    geometry: volume,
    sliceThicknessMm: sliceThickness,
    sliceIndexOf: sliceFinder(
      slices.map(({ sopInstanceUID }) => sopInstanceUID),
      volume,
    ),
  };
}
