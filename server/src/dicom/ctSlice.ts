/** One CT image: its header values and where its pixels are. */
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { asLittleEndian } from './codecs/littleEndian.ts';
import { hasDecoder, withNativePixels } from './codecs/uncompressed.ts';
import { decodeHeader, type Header } from './dcmjsFacade.ts';
import { elementHeader } from './elementHeader.ts';
import type { ElementRange } from './elementWalk.ts';
import { dataSetElements, openPart10, requireUncompressed, type Part10 } from './part10.ts';
import { interpretStored, type PixelFormat } from './storedPixels.ts';
import { SOP_CLASS, TAG } from './tags.ts';

export interface DicomFile {
  /** Path or other name, for messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A CT slice; `bytes` is its file with native pixels: as it is, or in Explicit VR Little Endian where it was encoded otherwise. */
export interface CtSlice extends DicomFile {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly instanceNumber: number | undefined;
  /** Centre of the first pixel, LPS mm. */
  readonly imagePositionPatient: Vec3;
  readonly rescaleSlope: number;
  readonly rescaleIntercept: number;
  readonly pixelFormat: PixelFormat;
  /** First byte of the pixel data element: the header ends here. */
  readonly headerEnd: number;
  /** First byte of the pixel values in `bytes`; rows * columns little-endian 16-bit words follow. */
  readonly pixelOffset: number;
}

/** What must be the same in every slice of a series, and what describes it. */
export interface SliceFrame {
  readonly seriesInstanceUID: string;
  readonly columns: number;
  readonly rows: number;
  /** Unit vectors of a row (growing column) and of a column (growing row), LPS. */
  readonly rowDirection: Vec3;
  readonly columnDirection: Vec3;
  /** Distance between rows, between columns, mm (the order of Pixel Spacing). */
  readonly pixelSpacing: readonly [number, number];
  readonly frameOfReferenceUID: string;
}

export interface ReadSlice {
  readonly slice: CtSlice;
  readonly frame: SliceFrame;
  readonly header: Header;
  /** Of the file as it was given. */
  readonly transferSyntaxUID: string;
}

function missing(name: string, what: string): NoduleLabError {
  return new NoduleLabError(
    'invalid-input',
    `${name}: the CT image has no usable ${what}, so it cannot be placed in a volume. Export the series again from its source.`,
    { file: name },
  );
}

function unit(v: readonly number[], name: string): Vec3 {
  const length = Math.hypot(v[0]!, v[1]!, v[2]!);
  if (Math.abs(length - 1) > 1e-2) throw missing(name, 'Image Orientation (Patient)');
  return [v[0]! / length, v[1]! / length, v[2]! / length];
}

function pixelFormat(header: Header, name: string): PixelFormat {
  const bitsAllocated = header.number(TAG.BitsAllocated);
  const bitsStored = header.number(TAG.BitsStored) ?? bitsAllocated;
  const highBit = header.number(TAG.HighBit);
  const samples = header.number(TAG.SamplesPerPixel) ?? 1;
  if (bitsAllocated !== 16 || samples !== 1 || bitsStored === undefined || bitsStored < 1 || bitsStored > 16)
    throw new NoduleLabError(
      'unusable',
      `${name}: a CT image must have one sample of 16 bits per pixel (PS3.3 A.3); this one has ${samples} of ${bitsAllocated ?? 'unknown'} bits. Use the original series of the scanner.`,
      { file: name },
    );
  if (highBit !== undefined && highBit !== bitsStored - 1)
    throw new NoduleLabError(
      'unusable',
      `${name}: High Bit is ${highBit} with ${bitsStored} bits stored; pixel values that are not aligned to the low bits are not supported.`,
      { file: name },
    );
  const signed = header.number(TAG.PixelRepresentation) === 1;
  const slope = header.number(TAG.RescaleSlope);
  const intercept = header.number(TAG.RescaleIntercept);
  if (slope === undefined || intercept === undefined || slope === 0)
    throw missing(name, 'Rescale Slope and Rescale Intercept');
  const padding = header.number(TAG.PixelPaddingValue);
  const limit = header.number(TAG.PixelPaddingRangeLimit) ?? padding;
  // Real files give the padding of signed pixels as unsigned (63536 for -2000): read its bits as a pixel's are.
  const bound = (value: number): number =>
    value < 0 ? value : interpretStored(value, { bitsStored: 16, signed });
  return {
    bitsStored,
    signed,
    slope,
    intercept,
    padding:
      padding === undefined || limit === undefined
        ? undefined
        : { low: Math.min(bound(padding), bound(limit)), high: Math.max(bound(padding), bound(limit)) },
  };
}

/** True where the header is that of a CT image which can belong to an axial stack (a scout view does not). */
export function isStackImage(sopClassUID: string, imageType: readonly string[]): boolean {
  return sopClassUID === SOP_CLASS.ctImage && !imageType.includes('LOCALIZER');
}

function pixelElement(part10: Part10, elements = dataSetElements(part10, TAG.PixelData)): ElementRange {
  const pixels = elements.at(-1);
  if (pixels?.tag === TAG.PixelData) return pixels;
  throw new NoduleLabError(
    'invalid-input',
    `${part10.name}: the CT image has no pixel data; the file is cut short or holds a header only. Copy or download it again.`,
    { file: part10.name },
  );
}

/** The file with native pixels, and its pixel data element. */
function withPixels(
  part10: Part10,
  pixels: ElementRange,
  header: Header,
  layout: { readonly rows: number; readonly columns: number; readonly format: PixelFormat },
): { readonly bytes: Uint8Array; readonly pixels: ElementRange } {
  const { rows, columns, format } = layout;
  const { name } = part10;
  if (hasDecoder(part10.transferSyntaxUID)) {
    const { bitsStored, signed } = format;
    const markedLossy = header.text(TAG.LossyImageCompression) === '01';
    const bytes = withNativePixels(part10, pixels, { rows, columns, bitsStored, signed, markedLossy });
    return { bytes, pixels: pixelElement(openPart10(bytes, name)) };
  }
  const present = pixels.valueEnd - pixels.valueStart;
  if (present >= rows * columns * 2) return { bytes: part10.bytes, pixels };
  throw new NoduleLabError(
    'invalid-input',
    `${name}: the pixel data is cut short: ${present} bytes where ${rows} x ${columns} pixels need ${rows * columns * 2}. Copy or download this file again.`,
    { file: name },
  );
}

/**
 * Reads one CT image file of any transfer syntax that has a decoder (codecs/uncompressed.ts).
 *
 * @throws NoduleLabError 'invalid-input' where it is cut short, damaged or lacks geometry, 'unusable' where its transfer
 *   syntax has no decoder or its pixel layout is unsupported; each names the file
 */
export function readCtSlice(file: DicomFile): ReadSlice {
  const { name } = file;
  const opened = openPart10(file.bytes, name);
  const part10 = asLittleEndian(opened, { whole: true });
  if (!hasDecoder(part10.transferSyntaxUID)) requireUncompressed(part10);
  const elements = dataSetElements(part10, TAG.PixelData);
  const encoded = pixelElement(part10, elements);
  const header = elementHeader(part10.bytes, elements, () =>
    decodeHeader(part10.bytes.subarray(0, encoded.start), name),
  );
  const rows = header.number(TAG.Rows);
  const columns = header.number(TAG.Columns);
  if (rows === undefined || columns === undefined || rows < 1 || columns < 1)
    throw missing(name, 'Rows and Columns');
  const format = pixelFormat(header, name);
  const { bytes, pixels } = withPixels(part10, encoded, header, { rows, columns, format });
  const position = header.numbers(TAG.ImagePositionPatient, 3);
  if (position === undefined) throw missing(name, 'Image Position (Patient)');
  const orientation = header.numbers(TAG.ImageOrientationPatient, 6);
  if (orientation === undefined) throw missing(name, 'Image Orientation (Patient)');
  const spacing = header.numbers(TAG.PixelSpacing, 2);
  if (spacing === undefined || !spacing.every((mm) => mm > 0)) throw missing(name, 'Pixel Spacing');
  const sopInstanceUID = header.text(TAG.SOPInstanceUID);
  const seriesInstanceUID = header.text(TAG.SeriesInstanceUID);
  if (sopInstanceUID === undefined || seriesInstanceUID === undefined)
    throw missing(name, 'SOP and Series Instance UID');
  return {
    slice: {
      name,
      bytes,
      sopClassUID: header.text(TAG.SOPClassUID) ?? SOP_CLASS.ctImage,
      sopInstanceUID,
      instanceNumber: header.number(TAG.InstanceNumber),
      imagePositionPatient: [position[0]!, position[1]!, position[2]!],
      rescaleSlope: format.slope,
      rescaleIntercept: format.intercept,
      pixelFormat: format,
      headerEnd: pixels.start,
      pixelOffset: pixels.valueStart,
    },
    frame: {
      seriesInstanceUID,
      columns,
      rows,
      rowDirection: unit(orientation.slice(0, 3), name),
      columnDirection: unit(orientation.slice(3, 6), name),
      pixelSpacing: [spacing[0]!, spacing[1]!],
      frameOfReferenceUID: header.text(TAG.FrameOfReferenceUID) ?? '',
    },
    header,
    transferSyntaxUID: opened.transferSyntaxUID,
  };
}
