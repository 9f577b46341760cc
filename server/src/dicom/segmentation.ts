/**
 * Reads a Segmentation object (PS3.3 A.51) of type BINARY: its segments, and its frames with their place and what they
 * were drawn on. Which CT voxels the frames are is not decided here: lidc/ places them. The result is plain data, so that
 * it can be read in one thread and used in another.
 */
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { unpackBits } from './bitFrames.ts';
import { codeOf, type Code } from './contentTree.ts';
import type { DicomFile } from './ctSlice.ts';
import { decodeHeader, type Header } from './dcmjsFacade.ts';
import { dataSetElements, openPart10, requireUncompressed } from './part10.ts';
import { SOP_CLASS, TAG } from './tags.ts';

export interface Segment {
  readonly number: number;
  readonly label: string;
  /** What the segment is, for example a nodule. */
  readonly propertyType: Code | undefined;
  /** Undefined where the object has none. */
  readonly trackingId: string | undefined;
  readonly trackingUid: string | undefined;
}

export interface SegmentationFrame {
  /** Number of its segment. */
  readonly segment: number;
  /** Centre of the first pixel, LPS mm. */
  readonly position: Vec3;
  /** Row direction, then column direction, LPS; unit vectors. */
  readonly orientation: readonly number[];
  /** Distance between rows, between columns, mm. */
  readonly pixelSpacing: readonly [number, number];
  /** SOP Instance UIDs of the images that it was drawn on; empty where it names none. */
  readonly sources: readonly string[];
}

export interface Segmentation {
  readonly name: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly patientId: string;
  readonly frameOfReferenceUID: string;
  readonly seriesDescription: string;
  readonly seriesNumber: number | undefined;
  /** Series Instance UIDs of the images that it refers to. */
  readonly referencedSeries: readonly string[];
  readonly rows: number;
  readonly columns: number;
  readonly segments: readonly Segment[];
  readonly frames: readonly SegmentationFrame[];
  /** The pixels of all frames as they are stored; see {@link frameBits}. */
  readonly packed: Uint8Array;
}

/** The pixels of one frame: 1 inside its segment, column fastest, then row. */
export function frameBits({ packed, rows, columns }: Segmentation, frame: number): Uint8Array {
  return unpackBits(packed, frame * rows * columns, rows * columns);
}

/**
 * @throws NoduleLabError `invalid-input` where the file is cut short or contradicts itself, `unusable` where it is of
 *   another kind (fractional, compressed); each names the file and what is wrong in it
 */
export function readSegmentation(file: DicomFile): Segmentation {
  const { name, bytes } = file;
  const part10 = openPart10(bytes, name);
  requireUncompressed(part10);
  const elements = dataSetElements(part10, TAG.PixelData);
  const pixels = elements.find(({ tag }) => tag === TAG.PixelData);
  const header = decodeHeader(bytes.subarray(0, pixels?.start ?? bytes.length), name);
  requireBinary(header, name);
  if (pixels === undefined)
    throw damaged(name, 'it has no pixel data, so it is cut short or holds a header only');
  const rows = positive(header, TAG.Rows, 'Rows', name);
  const columns = positive(header, TAG.Columns, 'Columns', name);
  const segments = header.items(TAG.SegmentSequence).map((item, at) => segmentOf(item, at, name));
  if (segments.length === 0) throw damaged(name, 'it has no segment');
  const numbers = new Set(segments.map(({ number }) => number));
  if (numbers.size < segments.length) throw damaged(name, 'two of its segments have the same number');

  const perFrame = header.items(TAG.PerFrameFunctionalGroupsSequence);
  const count = positive(header, TAG.NumberOfFrames, 'Number of Frames', name);
  if (perFrame.length !== count)
    throw damaged(name, `it says that it has ${count} frames but describes ${perFrame.length}`);
  const present = pixels.valueEnd - pixels.valueStart;
  const needed = Math.ceil((count * rows * columns) / 8);
  // A value has an even length (PS3.5 section 7.1.1): one byte may follow the last pixel.
  if (present < needed || present > needed + 1)
    throw damaged(
      name,
      `its pixel data is ${present} bytes where ${count} frames of ${columns} x ${rows} pixels need ${needed}`,
    );
  const [shared] = header.items(TAG.SharedFunctionalGroupsSequence);
  const frames = perFrame.map((own, at): SegmentationFrame => {
    const place = placeOf(own, shared, `${name}, frame ${at + 1}`);
    if (!numbers.has(place.segment))
      throw damaged(`${name}, frame ${at + 1}`, `it is of segment ${place.segment}, which is not described`);
    return place;
  });
  return {
    name,
    sopInstanceUID: header.text(TAG.SOPInstanceUID) ?? '',
    seriesInstanceUID: header.text(TAG.SeriesInstanceUID) ?? '',
    studyInstanceUID: header.text(TAG.StudyInstanceUID) ?? '',
    patientId: header.text(TAG.PatientID) ?? '',
    frameOfReferenceUID: header.text(TAG.FrameOfReferenceUID) ?? '',
    seriesDescription: header.text(TAG.SeriesDescription) ?? '',
    seriesNumber: header.number(TAG.SeriesNumber),
    referencedSeries: header
      .items(TAG.ReferencedSeriesSequence)
      .flatMap((series) => series.text(TAG.SeriesInstanceUID) ?? []),
    rows,
    columns,
    segments,
    frames,
    packed: bytes.slice(pixels.valueStart, pixels.valueEnd),
  };
}

function requireBinary(header: Header, name: string): void {
  const sopClass = header.text(TAG.SOPClassUID);
  const type = header.text(TAG.SegmentationType);
  if (sopClass !== SOP_CLASS.segmentation)
    throw new NoduleLabError('invalid-input', `${name} is no DICOM Segmentation object: give a SEG file.`, {
      file: name,
    });
  if (type === 'FRACTIONAL')
    throw new NoduleLabError(
      'unusable',
      `${name} is a fractional segmentation (probabilities or occupancies), and where its border lies is a choice: ` +
        'threshold it in the program that made it, and export it as BINARY.',
      { file: name },
    );
  if (type !== 'BINARY')
    throw new NoduleLabError(
      'unusable',
      `${name} is a segmentation of type ${type ?? '(none)'}, which NoduleLab does not read: export it as BINARY.`,
      { file: name },
    );
  if (header.number(TAG.BitsAllocated) !== 1 || (header.number(TAG.SamplesPerPixel) ?? 1) !== 1)
    throw damaged(name, 'it is BINARY, but its pixels are not of one bit (PS3.3 C.8.20.2)');
}

function segmentOf(item: Header, at: number, name: string): Segment {
  return {
    number: positive(item, TAG.SegmentNumber, 'Segment Number', `${name}, segment item ${at + 1}`),
    label: item.text(TAG.SegmentLabel) ?? '',
    propertyType: codeOf(item, TAG.SegmentedPropertyTypeCodeSequence),
    trackingId: item.text(TAG.TrackingID),
    trackingUid: item.text(TAG.TrackingUID),
  };
}

/** Functional groups stand with the frame or, where all frames share them, once (PS3.3 C.7.6.16.1). */
function placeOf(own: Header, shared: Header | undefined, where: string): SegmentationFrame {
  const group = (tag: string): Header | undefined => own.items(tag)[0] ?? shared?.items(tag)[0];
  const position = group(TAG.PlanePositionSequence)?.numbers(TAG.ImagePositionPatient, 3);
  if (position === undefined) throw damaged(where, 'it has no Image Position (Patient)');
  const orientation = group(TAG.PlaneOrientationSequence)?.numbers(TAG.ImageOrientationPatient, 6);
  if (orientation === undefined) throw damaged(where, 'it has no Image Orientation (Patient)');
  const spacing = group(TAG.PixelMeasuresSequence)?.numbers(TAG.PixelSpacing, 2);
  if (spacing === undefined || !spacing.every((mm) => mm > 0))
    throw damaged(where, 'it has no Pixel Spacing');
  const identification = group(TAG.SegmentIdentificationSequence);
  if (identification === undefined) throw damaged(where, 'it does not say which segment it is of');
  return {
    segment: positive(identification, TAG.ReferencedSegmentNumber, 'Referenced Segment Number', where),
    position: [position[0]!, position[1]!, position[2]!],
    orientation,
    pixelSpacing: [spacing[0]!, spacing[1]!],
    sources: [
      ...own.items(TAG.DerivationImageSequence),
      ...(shared?.items(TAG.DerivationImageSequence) ?? []),
    ]
      .flatMap((derivation) => derivation.items(TAG.SourceImageSequence))
      .flatMap((source) => source.text(TAG.ReferencedSOPInstanceUID) ?? []),
  };
}

function positive(header: Header, tag: string, what: string, where: string): number {
  const value = header.number(tag);
  if (value === undefined || !Number.isInteger(value) || value < 1)
    throw damaged(where, `its ${what} is ${value ?? 'missing'}`);
  return value;
}

function damaged(where: string, why: string): NoduleLabError {
  return new NoduleLabError(
    'invalid-input',
    `${where}: the segmentation cannot be used: ${why}. Copy or download it again.`,
    { file: where },
  );
}
