/** Writes small DICOM segmentations and measurement reports in the official form of LIDC, with whatever a test wants to be wrong. */
import { encodePart10, type NewDataSet } from '../../server/src/dicom/dcmjsFacade.ts';
import type { Code } from '../../server/src/dicom/contentTree.ts';
import type { DicomFile } from '../../server/src/dicom/ctSeries.ts';
import { SOP_CLASS, TAG } from '../../server/src/dicom/tags.ts';

export interface FrameToWrite {
  readonly segment: number;
  readonly position: readonly number[];
  readonly source?: string;
  /** 0 or 1 a pixel, column fastest. */
  readonly bits: Uint8Array;
}

export interface SegToWrite {
  readonly name?: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly seriesNumber?: number;
  readonly studyInstanceUID?: string;
  readonly patientId?: string;
  readonly frameOfReferenceUID?: string;
  readonly referencedSeries?: string;
  readonly rows: number;
  readonly columns: number;
  readonly pixelSpacing: readonly [number, number];
  readonly orientation?: readonly number[];
  readonly segments: readonly {
    number: number;
    label: string;
    propertyType?: Code;
    trackingId?: string;
    trackingUid?: string;
  }[];
  readonly frames: readonly FrameToWrite[];
  /** Elements to put in place of those written. */
  readonly replace?: NewDataSet;
}

const ui = (...values: string[]) => ({ vr: 'UI', values });
const us = (...values: number[]) => ({ vr: 'US', values });
const ds = (values: readonly number[]) => ({ vr: 'DS', values: values.map(String) });
const sq = (...values: NewDataSet[]) => ({ vr: 'SQ', values });

/** Frames one after the other, the first pixel in the lowest bit. */
export function packBits(frames: readonly Uint8Array[]): Uint8Array {
  const pixels = frames.reduce((sum, { length }) => sum + length, 0);
  const packed = new Uint8Array(Math.ceil(pixels / 16) * 2);
  let at = 0;
  for (const frame of frames)
    for (const bit of frame) {
      packed[at >>> 3] = (packed[at >>> 3] ?? 0) | (bit << (at & 7));
      at++;
    }
  return packed;
}

export function segFile(seg: SegToWrite): DicomFile {
  const frames = seg.frames.map((frame): NewDataSet => ({
    ...(frame.source === undefined
      ? {}
      : {
          [TAG.DerivationImageSequence]: sq({
            [TAG.SourceImageSequence]: sq({
              [TAG.ReferencedSOPClassUID]: ui(SOP_CLASS.ctImage),
              [TAG.ReferencedSOPInstanceUID]: ui(frame.source),
            }),
          }),
        }),
    [TAG.PlanePositionSequence]: sq({ [TAG.ImagePositionPatient]: ds(frame.position) }),
    [TAG.SegmentIdentificationSequence]: sq({ [TAG.ReferencedSegmentNumber]: us(frame.segment) }),
  }));
  return {
    name: seg.name ?? 'seg.dcm',
    bytes: encodePart10({
      [TAG.SOPClassUID]: ui(SOP_CLASS.segmentation),
      [TAG.SOPInstanceUID]: ui(seg.sopInstanceUID),
      [TAG.Modality]: { vr: 'CS', values: ['SEG'] },
      [TAG.SeriesDescription]: { vr: 'LO', values: [`Segmentation of ${seg.segments[0]?.label ?? ''}`] },
      [TAG.PatientID]: { vr: 'LO', values: [seg.patientId ?? 'TEST-1'] },
      [TAG.StudyInstanceUID]: ui(seg.studyInstanceUID ?? '1.2.3'),
      [TAG.SeriesInstanceUID]: ui(seg.seriesInstanceUID ?? `${seg.sopInstanceUID}.1`),
      [TAG.SeriesNumber]: { vr: 'IS', values: [String(seg.seriesNumber ?? 1)] },
      ...(seg.frameOfReferenceUID === undefined
        ? {}
        : { [TAG.FrameOfReferenceUID]: ui(seg.frameOfReferenceUID) }),
      ...(seg.referencedSeries === undefined
        ? {}
        : { [TAG.ReferencedSeriesSequence]: sq({ [TAG.SeriesInstanceUID]: ui(seg.referencedSeries) }) }),
      [TAG.SamplesPerPixel]: us(1),
      [TAG.NumberOfFrames]: { vr: 'IS', values: [String(frames.length)] },
      [TAG.Rows]: us(seg.rows),
      [TAG.Columns]: us(seg.columns),
      [TAG.BitsAllocated]: us(1),
      [TAG.BitsStored]: us(1),
      [TAG.HighBit]: us(0),
      [TAG.PixelRepresentation]: us(0),
      [TAG.SegmentationType]: { vr: 'CS', values: ['BINARY'] },
      [TAG.SegmentSequence]: sq(
        ...seg.segments.map(({ number, label, propertyType, trackingId, trackingUid }): NewDataSet => ({
          [TAG.SegmentNumber]: us(number),
          [TAG.SegmentLabel]: { vr: 'LO', values: [label] },
          ...(propertyType === undefined
            ? {}
            : { [TAG.SegmentedPropertyTypeCodeSequence]: sq(code(propertyType)) }),
          ...(trackingId === undefined ? {} : { [TAG.TrackingID]: { vr: 'UT', values: [trackingId] } }),
          ...(trackingUid === undefined ? {} : { [TAG.TrackingUID]: ui(trackingUid) }),
        })),
      ),
      [TAG.SharedFunctionalGroupsSequence]: sq({
        [TAG.PlaneOrientationSequence]: sq({
          [TAG.ImageOrientationPatient]: ds(seg.orientation ?? [1, 0, 0, 0, 1, 0]),
        }),
        [TAG.PixelMeasuresSequence]: sq({ [TAG.PixelSpacing]: ds(seg.pixelSpacing) }),
      }),
      [TAG.PerFrameFunctionalGroupsSequence]: sq(...frames),
      [TAG.PixelData]: { vr: 'OB', values: [packBits(seg.frames.map(({ bits }) => bits))] },
      ...seg.replace,
    }),
  };
}

export interface ReportToWrite {
  readonly name?: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly studyInstanceUID?: string;
  readonly patientId?: string;
  /** The segment that is rated. */
  readonly segment: { readonly sopInstanceUID: string; readonly number?: number };
  readonly trackingUid?: string;
  readonly sourceSeries?: string;
  readonly evaluations: readonly { readonly concept: Code; readonly value: Code }[];
  readonly diameterMm?: number;
  /** Concept of the root; TID 1500 where absent. */
  readonly root?: Code;
}

export const dcm = (value: string, meaning = value): Code => ({ value, scheme: 'DCM', meaning });

function code({ value, scheme, meaning }: Code): NewDataSet {
  return {
    [TAG.CodeValue]: { vr: 'SH', values: [value] },
    [TAG.CodingSchemeDesignator]: { vr: 'SH', values: [scheme] },
    [TAG.CodeMeaning]: { vr: 'LO', values: [meaning] },
  };
}

function item(valueType: string, concept: Code, rest: NewDataSet): NewDataSet {
  return {
    [TAG.RelationshipType]: { vr: 'CS', values: ['CONTAINS'] },
    [TAG.ValueType]: { vr: 'CS', values: [valueType] },
    [TAG.ConceptNameCodeSequence]: sq(code(concept)),
    ...rest,
  };
}

export function reportFile(report: ReportToWrite): DicomFile {
  const group = [
    item('UIDREF', dcm('112040'), { [TAG.UID]: ui(report.trackingUid ?? '1.2.3.4') }),
    item('IMAGE', dcm('121191'), {
      [TAG.ReferencedSOPSequence]: sq({
        [TAG.ReferencedSOPClassUID]: ui(SOP_CLASS.segmentation),
        [TAG.ReferencedSOPInstanceUID]: ui(report.segment.sopInstanceUID),
        ...(report.segment.number === undefined
          ? {}
          : { [TAG.ReferencedSegmentNumber]: us(report.segment.number) }),
      }),
    }),
    ...(report.sourceSeries === undefined
      ? []
      : [item('UIDREF', dcm('121232'), { [TAG.UID]: ui(report.sourceSeries) })]),
    ...(report.diameterMm === undefined
      ? []
      : [
          item(
            'NUM',
            { value: 'M-02550', scheme: 'SRT', meaning: 'Diameter' },
            {
              [TAG.MeasuredValueSequence]: sq({
                [TAG.NumericValue]: ds([report.diameterMm]),
                [TAG.MeasurementUnitsCodeSequence]: sq(code({ value: 'mm', scheme: 'UCUM', meaning: 'mm' })),
              }),
            },
          ),
        ]),
    ...report.evaluations.map(({ concept, value }) =>
      item('CODE', concept, { [TAG.ConceptCodeSequence]: sq(code(value)) }),
    ),
  ];
  const root = item('CONTAINER', report.root ?? dcm('126000', 'Imaging Measurement Report'), {
    [TAG.ContentSequence]: sq(
      item('CONTAINER', dcm('126010'), {
        [TAG.ContentSequence]: sq(item('CONTAINER', dcm('125007'), { [TAG.ContentSequence]: sq(...group) })),
      }),
    ),
  });
  return {
    name: report.name ?? 'report.dcm',
    bytes: encodePart10({
      [TAG.SOPClassUID]: ui('1.2.840.10008.5.1.4.1.1.88.22'),
      [TAG.SOPInstanceUID]: ui(report.sopInstanceUID),
      [TAG.Modality]: { vr: 'CS', values: ['SR'] },
      [TAG.PatientID]: { vr: 'LO', values: [report.patientId ?? 'TEST-1'] },
      [TAG.StudyInstanceUID]: ui(report.studyInstanceUID ?? '1.2.3'),
      [TAG.SeriesInstanceUID]: ui(report.seriesInstanceUID ?? `${report.sopInstanceUID}.1`),
      [TAG.SeriesNumber]: { vr: 'IS', values: ['1'] },
      ...root,
    }),
  };
}

/** The ratings 5, 1, 6, 3, 4, 2, 2, 5, 4 (in the order of the LIDC form), coded as the official reports do. */
export const EVALUATIONS: readonly { readonly concept: Code; readonly value: Code }[] = (
  [
    ['C45992', 'NCIt', '105', '99LIDCQIICR'],
    ['200', '99LIDCQIICR', 'C12471', 'NCIt'],
    ['C3672', 'NCIt', 'RID28473', 'RadLex'],
    ['400', '99LIDCQIICR', 'RID5800', 'RadLex'],
    ['C25563', 'NCIt', '004', '99LIDCQIICR'],
    ['C62175', 'NCIt', '002', '99LIDCQIICR'],
    ['C28749', 'NCIt', '002', '99LIDCQIICR'],
    ['C41144', 'NCIt', 'RID50151', 'RadLex'],
    ['RID36042', 'RadLex', '904', '99LIDCQIICR'],
  ] as const
).map(([concept, scheme, value, valueScheme]) => ({
  concept: { value: concept, scheme, meaning: concept },
  value: { value, scheme: valueScheme, meaning: value },
}));
