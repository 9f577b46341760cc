/** The objects of a synthetic series: written together, and proved on what the archive gives back. */
import { writeDerivedCt, type WriteDeps } from '../../dicom/derivedCt.ts';
import type { EditSegment } from '../../dicom/editSegments.ts';
import { writeMeasurementReport } from '../../dicom/reportWriter.ts';
import { writeSegmentation } from '../../dicom/segmentationWriter.ts';
import type { WrittenObject } from '../../dicom/companion.ts';
import { verifyDerived } from '../../dicom/verifyDerived.ts';
import { verifyReport, verifySegmentation } from '../../dicom/verifyWritten.ts';
import type { OrthancClient } from '../../pacs/orthancClient.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { fingerprintsOf } from '../verification/fingerprints.ts';
import type { Host } from './hosts.ts';
import type { CompanionFile, VerifyWork, WriteWork, WrittenFiles } from './protocol.ts';

export function writeObjects(
  { series }: Host,
  work: Omit<WriteWork, 'seriesInstanceUID'>,
  deps: Pick<WriteDeps, 'newUid' | 'signer'>,
): WrittenFiles {
  const { edits, provenance, now, seriesNumbers } = work;
  const all: WriteDeps = { ...deps, now, seriesNumbers };
  const derived = writeDerivedCt(series, edits, provenance, all);
  const segments = edits.map(({ box, footprint, trackingUid }, index): EditSegment => {
    const edit = provenance.edits[index];
    if (!edit) throw new Error('an edit without its record');
    return { edit, box, mask: footprint, trackingUid };
  });
  const segmentation = writeSegmentation(series, derived, segments, provenance, all);
  const report = writeMeasurementReport(series, derived, segmentation, segments, provenance, all);
  return {
    seriesInstanceUID: derived.seriesInstanceUID,
    seriesDescription: derived.seriesDescription,
    instances: derived.instances,
    fingerprints: fingerprintsOf(series, edits, provenance.edits),
    segmentation: companion(segmentation),
    report: companion(report),
  };
}

export const companion = ({
  seriesInstanceUID,
  seriesDescription,
  sopInstanceUID,
  bytes,
}: WrittenObject): CompanionFile => ({ seriesInstanceUID, seriesDescription, sopInstanceUID, bytes });

/** @throws NoduleLabError `upstream` with the first difference between what was written and what is in the archive */
export async function verifyObjects(
  { series }: Host,
  work: VerifyWork,
  archive: Pick<OrthancClient, 'downloadSeries'>,
): Promise<void> {
  const { segmentation, report, changes, derivedSeriesInstanceUID } = work;
  verifyDerived(series, await archive.downloadSeries(derivedSeriesInstanceUID), changes);
  await verifyCompanions({ segmentation, report }, archive);
}

/** The same of a segmentation and a report alone. */
export async function verifyCompanions(
  { segmentation, report }: Pick<VerifyWork, 'segmentation' | 'report'>,
  archive: Pick<OrthancClient, 'downloadSeries'>,
): Promise<void> {
  verifySegmentation(segmentation.bytes, await only(archive, segmentation));
  verifyReport(report.bytes, await only(archive, report));
}

async function only(
  archive: Pick<OrthancClient, 'downloadSeries'>,
  { seriesInstanceUID, seriesDescription, sopInstanceUID }: CompanionFile,
): Promise<Uint8Array> {
  const [file, ...others] = await archive.downloadSeries(seriesInstanceUID);
  if (file && others.length === 0) return file.bytes;
  throw new NoduleLabError(
    'upstream',
    `The archive has ${file ? others.length + 1 : 'no'} objects in the series "${seriesDescription}" where it must have ${sopInstanceUID} alone. Accept the nodule again.`,
    { seriesInstanceUID },
  );
}
