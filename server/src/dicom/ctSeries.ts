/** Reads the files of a CT series into one volume in Hounsfield units. */
import type { CtVolume } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { isStackImage, readCtSlice, type CtSlice, type DicomFile, type ReadSlice } from './ctSlice.ts';
import { readDicomHeader } from './header.ts';
import { stackSlices } from './sliceStack.ts';
import { isDicom } from './sniff.ts';
import { huLookup, lookUpHu, pixelWords, type PixelFormat } from './storedPixels.ts';
import { SOP_CLASS, TAG } from './tags.ts';

export type { CtSlice, DicomFile } from './ctSlice.ts';

export interface CtSeries {
  /** HU; k grows along the slice normal. */
  readonly volume: CtVolume;
  /** In k order. */
  readonly slices: readonly CtSlice[];
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly frameOfReferenceUID: string;
  readonly seriesNumber: number | undefined;
  readonly patientId: string;
  readonly patientName: string | undefined;
  readonly seriesDescription: string;
  /** Patient Identity Removed (0012,0062) = YES on every slice. */
  readonly patientIdentityRemoved: boolean;
  /** Synthetic Data (0008,001C) = YES on any slice. */
  readonly syntheticData: boolean;
  readonly manufacturer: string;
  readonly convolutionKernel: string;
  /** Slice Thickness (0018,0050), mm: collimation, not the distance between slices (that is volume.spacing[2]). */
  readonly sliceThickness: number | undefined;
  readonly transferSyntaxUID: string;
}

function noCtImages(files: readonly DicomFile[]): NoduleLabError {
  const names = files.slice(0, 3).map((file) => file.name);
  return new NoduleLabError(
    'invalid-input',
    files.length === 0
      ? 'There are no files, so there is no CT series. Give the folder that holds the DICOM images.'
      : `There is no CT image among ${files.length} files (${names.join(', ')}${files.length > 3 ? ', ...' : ''}). Give the folder that holds the DICOM images of a CT series.`,
    { files: files.length },
  );
}

/** The CT images among the files; other DICOM objects, scout views and files that are not DICOM are left out. */
function ctImages(files: readonly DicomFile[]): DicomFile[] {
  return files.filter((file) => {
    if (!isDicom(file.bytes)) return false;
    const header = readDicomHeader(file.bytes, file.name);
    if (header.sopClassUID === SOP_CLASS.enhancedCt)
      throw new NoduleLabError(
        'unusable',
        `${file.name} is an Enhanced (multi-frame) CT object, which NoduleLab does not read. Export the series as single-frame CT images.`,
        { file: file.name },
      );
    return isStackImage(header.sopClassUID, header.imageType);
  });
}

function requireOneSeries(slices: readonly ReadSlice[]): void {
  const counts = new Map<string, number>();
  for (const { frame } of slices)
    counts.set(frame.seriesInstanceUID, (counts.get(frame.seriesInstanceUID) ?? 0) + 1);
  if (counts.size < 2) return;
  const list = [...counts].map(([uid, count]) => `${uid} (${count} images)`).join(', ');
  throw new NoduleLabError(
    'invalid-input',
    `The files belong to ${counts.size} CT series: ${list}. Give the files of one series at a time.`,
    { series: Object.fromEntries(counts) },
  );
}

function formatKey(format: PixelFormat): string {
  return JSON.stringify(format);
}

/**
 * Reads a CT series.
 *
 * @param files in any order; files that are not CT images (XML, SEG, SR, scout views) are ignored
 * @throws NoduleLabError 'invalid-input' or 'unusable'; the message names the file or series and says what to do
 */
export function readCtSeries(files: readonly DicomFile[]): CtSeries {
  const images = ctImages(files);
  if (images.length === 0) throw noCtImages(files);
  const read = images.map(readCtSlice);
  requireOneSeries(read);
  const stack = stackSlices(read);
  const first = stack.slices[0]!;
  const { frame, header } = first;
  const perSlice = frame.columns * frame.rows;
  const data = new Int16Array(perSlice * stack.slices.length);
  const tables = new Map<string, Int16Array>();
  stack.slices.forEach(({ slice }, k) => {
    const key = formatKey(slice.pixelFormat);
    const table = tables.get(key) ?? huLookup(slice.pixelFormat);
    tables.set(key, table);
    const words = pixelWords(slice.bytes, slice.pixelOffset, perSlice);
    lookUpHu(words, table, data.subarray(k * perSlice, (k + 1) * perSlice));
  });
  const sliceThickness = header.number(TAG.SliceThickness);
  return {
    volume: {
      size: [frame.columns, frame.rows, stack.slices.length],
      // Pixel Spacing gives the distance between rows first (PS3.3 10.7.1.3); rows follow each other along j.
      spacing: [frame.pixelSpacing[1], frame.pixelSpacing[0], stack.sliceDistance],
      origin: first.slice.imagePositionPatient,
      direction: [frame.rowDirection, frame.columnDirection, stack.normal],
      data,
      // Only slices that overlap are wider than their distance says.
      ...(sliceThickness !== undefined && sliceThickness > stack.sliceDistance + 0.01
        ? { sliceThicknessMm: sliceThickness }
        : {}),
    },
    slices: stack.slices.map(({ slice }) => slice),
    studyInstanceUID: header.text(TAG.StudyInstanceUID) ?? '',
    seriesInstanceUID: frame.seriesInstanceUID,
    frameOfReferenceUID: frame.frameOfReferenceUID,
    seriesNumber: header.number(TAG.SeriesNumber),
    patientId: header.text(TAG.PatientID) ?? '',
    patientName: header.text(TAG.PatientName),
    seriesDescription: header.text(TAG.SeriesDescription) ?? '',
    patientIdentityRemoved: stack.slices.every((s) => s.header.text(TAG.PatientIdentityRemoved) === 'YES'),
    syntheticData: stack.slices.some((s) => s.header.text(TAG.SyntheticData) === 'YES'),
    manufacturer: header.text(TAG.Manufacturer) ?? '',
    convolutionKernel: header.text(TAG.ConvolutionKernel) ?? '',
    sliceThickness,
    transferSyntaxUID: first.transferSyntaxUID,
  };
}
