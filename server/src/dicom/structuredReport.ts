/** Reads an Imaging Measurement Report (PS3.16 TID 1500): measurement groups with their measurements and evaluations. */
import { NoduleLabError } from '../volume/errors.ts';
import { contentItem, isConcept, type Code, type ContentItem } from './contentTree.ts';
import type { DicomFile } from './ctSlice.ts';
import { decodeHeader } from './dcmjsFacade.ts';
import { dataSetElements, openPart10, requireUncompressed } from './part10.ts';
import { TAG } from './tags.ts';

export interface Evaluation {
  readonly concept: Code;
  readonly value: Code;
}

export interface Measurement {
  readonly concept: Code;
  readonly value: number;
  /** UCUM, for example `mm`; empty where the report gives none. */
  readonly unit: string;
}

/** What is said of one thing measured (TID 1410, 1411 and 1501). */
export interface MeasurementGroup {
  readonly trackingId: string | undefined;
  readonly trackingUid: string | undefined;
  /** The segment that was measured: SOP Instance UID of the SEG and the segment's number. */
  readonly segment: { readonly sopInstanceUID: string; readonly number: number } | undefined;
  /** The image series that the segment was drawn on. */
  readonly sourceSeriesInstanceUID: string | undefined;
  readonly measurements: readonly Measurement[];
  /** Every coded value of the group: findings, evaluations, and the finding site. */
  readonly evaluations: readonly Evaluation[];
}

export interface MeasurementReport {
  readonly name: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly patientId: string;
  readonly seriesDescription: string;
  readonly seriesNumber: number | undefined;
  readonly groups: readonly MeasurementGroup[];
}

/** Codes of the template; all of scheme DCM. */
const REPORT = '126000';
const MEASUREMENTS = '126010';
const GROUP = '125007';
const TRACKING_ID = '112039';
const TRACKING_UID = '112040';
const SEGMENT = '121191';
const SOURCE_SERIES = '121232';

/**
 * @returns undefined where the structured report is of another kind
 * @throws NoduleLabError `invalid-input` where the file is cut short or its content cannot be read; it names the file
 */
export function readMeasurementReport(file: DicomFile): MeasurementReport | undefined {
  const { name, bytes } = file;
  const part10 = openPart10(bytes, name);
  requireUncompressed(part10);
  // The decoder reads past the end of a cut file without a word; this walk does not.
  dataSetElements(part10);
  const header = decodeHeader(bytes, name);
  const root = contentItem(header);
  if (root.valueType !== 'CONTAINER' || root.children.length === 0)
    throw new NoduleLabError(
      'invalid-input',
      `${name} holds no structured report content: the file is damaged or of another kind. Copy or download it again.`,
      { file: name },
    );
  if (!isConcept(root.concept, REPORT, 'DCM')) return undefined;
  const groups = childrenOf(root, MEASUREMENTS).flatMap((measurements) => childrenOf(measurements, GROUP));
  return {
    name,
    sopInstanceUID: header.text(TAG.SOPInstanceUID) ?? '',
    seriesInstanceUID: header.text(TAG.SeriesInstanceUID) ?? '',
    studyInstanceUID: header.text(TAG.StudyInstanceUID) ?? '',
    patientId: header.text(TAG.PatientID) ?? '',
    seriesDescription: header.text(TAG.SeriesDescription) ?? '',
    seriesNumber: header.number(TAG.SeriesNumber),
    groups: groups.map((group, at) => groupOf(group, `${name}, measurement group ${at + 1}`)),
  };
}

function childrenOf({ children }: ContentItem, code: string): ContentItem[] {
  return children.filter(({ concept }) => isConcept(concept, code, 'DCM'));
}

function groupOf(group: ContentItem, where: string): MeasurementGroup {
  const first = (code: string): ContentItem | undefined => childrenOf(group, code)[0];
  const reference = first(SEGMENT)?.reference;
  if (reference !== undefined && reference.segment === undefined)
    throw new NoduleLabError(
      'invalid-input',
      `${where}: it refers to segmentation ${reference.sopInstanceUID} but not to a segment of it. Export the report again.`,
      { where },
    );
  return {
    trackingId: first(TRACKING_ID)?.text,
    trackingUid: first(TRACKING_UID)?.text,
    segment:
      reference?.segment === undefined
        ? undefined
        : { sopInstanceUID: reference.sopInstanceUID, number: reference.segment },
    sourceSeriesInstanceUID: first(SOURCE_SERIES)?.text,
    measurements: group.children.flatMap(({ concept, number }) =>
      concept === undefined || number === undefined
        ? []
        : [{ concept, value: number.value, unit: number.unit?.value ?? '' }],
    ),
    evaluations: group.children.flatMap(({ concept, code }) =>
      concept === undefined || code === undefined ? [] : [{ concept, value: code }],
    ),
  };
}
