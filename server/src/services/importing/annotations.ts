/** What a folder or zip says about nodules, file by file: annotation XML, and the official segmentations and reports. */
import type { DicomFile } from '../../dicom/ctSeries.ts';
import type { DicomHeader } from '../../dicom/header.ts';
import { readSegmentation, type Segmentation } from '../../dicom/segmentation.ts';
import { readMeasurementReport, type MeasurementReport } from '../../dicom/structuredReport.ts';
import { holdsNodules } from '../../lidc/official.ts';
import { readLidcXml, type LidcAnnotations } from '../../lidc/xml.ts';
import { MOST_XML_BYTES, tooLarge } from '../../lidc/xmlText.ts';
import type { FoundXml } from './gather.ts';

/** What an official object holds; `other` where it says nothing about nodules. */
export type OfficialObject =
  | { readonly kind: 'segmentation'; readonly segmentation: Segmentation }
  | { readonly kind: 'report'; readonly report: MeasurementReport }
  | { readonly kind: 'other' };

/** True where {@link readOfficial} may find annotations of readers: nodules that a program made are none. */
export function mayBeOfficial({ kind, syntheticData }: Pick<DicomHeader, 'kind' | 'syntheticData'>): boolean {
  return (kind === 'seg' || kind === 'sr') && !syntheticData;
}

/** @throws NoduleLabError `invalid-input` where the file is damaged, `unusable` where it is of a form that is not read */
export function readOfficial(kind: DicomHeader['kind'], file: DicomFile): OfficialObject {
  if (kind === 'seg') {
    const segmentation = readSegmentation(file);
    return holdsNodules(segmentation) ? { kind: 'segmentation', segmentation } : { kind: 'other' };
  }
  const report = readMeasurementReport(file);
  return report === undefined ? { kind: 'other' } : { kind: 'report', report };
}

export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** Reads every XML; one that cannot be read goes to `failures` and keeps no other from being read. */
export async function readAnnotations(
  xml: readonly FoundXml[],
  failures: Failure[],
  signal: AbortSignal,
): Promise<{ list: LidcAnnotations[]; chestXrays: number }> {
  const list: LidcAnnotations[] = [];
  let chestXrays = 0;
  for (const { name, size, read } of xml) {
    signal.throwIfAborted();
    try {
      // Before it is in memory.
      if (size > MOST_XML_BYTES) throw tooLarge(name, size);
      const parsed = readLidcXml(await read(), name);
      if (parsed.kind === 'ct') list.push(parsed);
      else chestXrays += 1;
    } catch (error) {
      failures.push({ name, message: messageOf(error) });
    }
  }
  return { list, chestXrays };
}

/** The annotations of one CT series. */
export interface SeriesAnnotations {
  readonly xml: LidcAnnotations[];
  readonly segmentations: Segmentation[];
  readonly reports: MeasurementReport[];
}

/**
 * Sorts annotations by the CT series that they belong to. Reports go with the segmentations that they rate; what belongs
 * to no series at all is named in `failures`.
 */
export function annotationsBySeries(
  xml: readonly LidcAnnotations[],
  official: readonly OfficialObject[],
  failures: Failure[],
): Map<string, SeriesAnnotations> {
  const series = new Map<string, SeriesAnnotations>();
  const of = (uid: string): SeriesAnnotations => {
    const known = series.get(uid) ?? { xml: [], segmentations: [], reports: [] };
    series.set(uid, known);
    return known;
  };
  for (const annotations of xml) of(annotations.seriesInstanceUID).xml.push(annotations);
  const seriesOf = new Map<string, string>();
  for (const object of official) {
    if (object.kind !== 'segmentation') continue;
    const { segmentation } = object;
    const [uid] = segmentation.referencedSeries;
    if (uid === undefined)
      failures.push({
        name: segmentation.name,
        message: `${segmentation.name} does not say on which series it was drawn, so its nodules belong to nothing`,
      });
    else {
      of(uid).segmentations.push(segmentation);
      seriesOf.set(segmentation.sopInstanceUID, uid);
    }
  }
  for (const object of official) {
    if (object.kind !== 'report') continue;
    const { report } = object;
    const uids = report.groups.flatMap(
      ({ segment, sourceSeriesInstanceUID }) =>
        seriesOf.get(segment?.sopInstanceUID ?? '') ?? sourceSeriesInstanceUID ?? [],
    );
    for (const uid of new Set(uids)) series.get(uid)?.reports.push(report);
  }
  return series;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
