/** Cheap identification of a DICOM object, for sorting what a folder or archive holds. No pixel data is touched. */
import { asLittleEndian } from './codecs/littleEndian.ts';
import { decodeHeader, type Header } from './dcmjsFacade.ts';
import { elementHeader } from './elementHeader.ts';
import { dataSetElements, openPart10, requireUncompressed } from './part10.ts';
import { IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, SOP_CLASS, TAG } from './tags.ts';

/** What import does with an object. */
export type DicomKind = 'ct' | 'seg' | 'sr' | 'other';

export interface DicomHeader {
  readonly name: string;
  readonly kind: DicomKind;
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly modality: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly patientId: string;
  readonly studyDescription: string;
  readonly seriesDescription: string;
  readonly seriesNumber: number | undefined;
  readonly imageType: readonly string[];
  readonly transferSyntaxUID: string;
  /** Patient Identity Removed (0012,0062) = YES. */
  readonly patientIdentityRemoved: boolean;
  /** Synthetic Data (0008,001C) = YES. */
  readonly syntheticData: boolean;
}

function kindOf(sopClassUID: string, modality: string): DicomKind {
  if (sopClassUID === SOP_CLASS.ctImage || sopClassUID === SOP_CLASS.enhancedCt) return 'ct';
  if (sopClassUID === SOP_CLASS.segmentation) return 'seg';
  return modality === 'SR' ? 'sr' : 'other';
}

/**
 * Reads the identifying attributes of a DICOM file.
 *
 * @throws NoduleLabError 'invalid-input' where the bytes are not DICOM or end before the series number, 'unusable' where
 *   their transfer syntax is unknown
 */
export function readDicomHeader(bytes: Uint8Array, name: string): DicomHeader {
  const opened = openPart10(bytes, name);
  const file = asLittleEndian(opened, { whole: false });
  const readable =
    file.transferSyntaxUID === IMPLICIT_LITTLE_ENDIAN ||
    file.transferSyntaxUID === EXPLICIT_LITTLE_ENDIAN ||
    // Encapsulated syntaxes compress the pixels only; the header is Explicit VR Little Endian (PS3.5 Annex A.4).
    file.transferSyntaxUID.startsWith('1.2.840.10008.1.2.4.') ||
    file.transferSyntaxUID.startsWith('1.2.840.10008.1.2.5');
  if (!readable) requireUncompressed(file);
  const elements = dataSetElements(file, TAG.SeriesNumber);
  const end = elements.at(-1)?.end ?? file.dataSetStart;
  const header: Header = elementHeader(file.bytes, elements, () =>
    decodeHeader(file.bytes.subarray(0, end), name),
  );
  const sopClassUID = header.text(TAG.SOPClassUID) ?? '';
  const modality = header.text(TAG.Modality) ?? '';
  return {
    name,
    kind: kindOf(sopClassUID, modality),
    sopClassUID,
    sopInstanceUID: header.text(TAG.SOPInstanceUID) ?? '',
    modality,
    studyInstanceUID: header.text(TAG.StudyInstanceUID) ?? '',
    seriesInstanceUID: header.text(TAG.SeriesInstanceUID) ?? '',
    patientId: header.text(TAG.PatientID) ?? '',
    studyDescription: header.text(TAG.StudyDescription) ?? '',
    seriesDescription: header.text(TAG.SeriesDescription) ?? '',
    seriesNumber: header.number(TAG.SeriesNumber),
    imageType: header.texts(TAG.ImageType),
    transferSyntaxUID: opened.transferSyntaxUID,
    patientIdentityRemoved: header.text(TAG.PatientIdentityRemoved) === 'YES',
    syntheticData: header.text(TAG.SyntheticData) === 'YES',
  };
}
