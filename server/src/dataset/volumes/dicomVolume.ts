/** CT series of DICOM files as volumes. */
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { readCtSeries } from '../../dicom/ctSeries.ts';
import { isStackImage } from '../../dicom/ctSlice.ts';
import { readDicomHeader } from '../../dicom/header.ts';
import type { DicomHeader } from '../../dicom/header.ts';
import { isDicom } from '../../dicom/sniff.ts';
import { SOP_CLASS } from '../../dicom/tags.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { SourceVolume } from '../volumeSource.ts';
import { weaklyKept } from './openedVolume.ts';
import type { OpenedVolume } from './openedVolume.ts';

/** Enough of a file to hold the header of any CT that we meet; longer headers are read whole. */
const HEAD_BYTES = 64 * 1024;

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
  const { head, size } = await headOf(path);
  if (!isDicom(head)) {
    if (extname(path).toLowerCase() !== '.dcm') return undefined;
    throw new NoduleLabError(
      'invalid-input',
      `${path} is named .dcm but does not begin like a DICOM file: it is damaged or of another kind. Fetch it again.`,
      { path },
    );
  }
  let header: DicomHeader;
  try {
    header = readDicomHeader(head, path);
  } catch (error) {
    if (head.length >= size) throw error;
    header = readDicomHeader(await readFile(path), path);
  }
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
  const { volume, slices, sliceThickness } = readCtSeries(files);
  const hash = createHash('sha256');
  for (const { bytes } of slices) hash.update(bytes);
  return {
    ct: volume,
    sopInstanceUIDs: slices.map(({ sopInstanceUID }) => sopInstanceUID),
    ...(sliceThickness === undefined ? {} : { sliceThicknessMm: sliceThickness }),
    sha256: hash.digest('hex'),
  };
}

async function headOf(path: string): Promise<{ head: Uint8Array; size: number }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const buffer = new Uint8Array(Math.min(size, HEAD_BYTES));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return { head: buffer.subarray(0, bytesRead), size };
  } finally {
    await file.close();
  }
}
