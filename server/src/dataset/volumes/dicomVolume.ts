/** CT series of DICOM files as volumes. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { readCtSeries } from '../../dicom/ctSeries.ts';
import { isStackImage } from '../../dicom/ctSlice.ts';
import { headerOf, readFileHead } from '../../dicom/fileHead.ts';
import type { DicomHeader } from '../../dicom/header.ts';
import { isDicom } from '../../dicom/sniff.ts';
import { SOP_CLASS } from '../../dicom/tags.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { SourceVolume } from '../volumeSource.ts';
import { sourceVolumeOf } from './seriesVolume.ts';
import { weaklyKept } from './openedVolume.ts';
import type { OpenedVolume } from './openedVolume.ts';

export interface DicomImage {
  readonly path: string;
  readonly header: DicomHeader;
}

/**
 * The header of a file that is a CT image of a stack; undefined for other objects, and for files that are not DICOM.
 *
 * @throws NoduleLabError where the file is DICOM, but damaged
 */
export async function ctImageAt(path: string): Promise<DicomImage | undefined> {
  const head = await readFileHead(path);
  if (!isDicom(head.head)) {
    if (extname(path).toLowerCase() !== '.dcm') return undefined;
    throw new NoduleLabError(
      'invalid-input',
      `${path} is named .dcm but does not begin like a DICOM file: it is damaged or of another kind. Fetch it again.`,
      { path },
    );
  }
  const header = await headerOf(path, head, () => readFile(path));
  const used =
    isStackImage(header.sopClassUID, header.imageType) || header.sopClassUID === SOP_CLASS.enhancedCt;
  return used ? { path, header } : undefined;
}

/** One volume for each series, in the order of their first files. */
export function dicomVolumes(images: readonly DicomImage[]): OpenedVolume[] {
  const series = Map.groupBy(images, ({ header }) => header.seriesInstanceUID);
  return [...series].map(([seriesUID, files]) => ({
    name: `CT series ${seriesUID}`,
    patientId: files[0]?.header.patientId || null,
    seriesUID,
    geometry: null,
    load: weaklyKept(() => loadSeries(files)),
  }));
}

async function loadSeries(images: readonly DicomImage[]): Promise<SourceVolume> {
  const files = await Promise.all(
    images.map(async ({ path }) => ({ name: path, bytes: await readFile(path) })),
  );
  return sourceVolumeOf(readCtSeries(files));
}
