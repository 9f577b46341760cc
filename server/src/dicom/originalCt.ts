/**
 * Writes a CT series from a volume (PS3.3 A.3, CT Image IOD): the project's own phantom, which has no patient and is
 * marked as synthetic and de-identified, unless the caller replaces those elements.
 */
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { encodePart10, type NewDataSet } from './dcmjsFacade.ts';
import type { WriteDeps, WrittenInstance } from './derivedCt.ts';
import { decimalString } from './newElements.ts';
import { dicomDateTime, plainText } from './provenance.ts';
import { SOP_CLASS, TAG } from './tags.ts';

export interface CtAttributes {
  readonly patientId: string;
  /** Person name, components separated by ^. */
  readonly patientName: string;
  readonly studyDescription: string;
  readonly seriesDescription: string;
  readonly seriesNumber: number;
  readonly manufacturer: string;
  readonly manufacturerModelName: string;
  readonly softwareVersions: string;
  readonly convolutionKernel: string;
  /** Peak kilovoltage. */
  readonly kvp: number;
  /** mm; the slice distance of the volume where absent. */
  readonly sliceThickness?: number;
  /** Where given, these replace new ones: the same phantom then has the same identity wherever it is made. */
  readonly studyInstanceUID?: string;
  readonly seriesInstanceUID?: string;
  readonly frameOfReferenceUID?: string;
  /** SOP Instance UID of slice k; a new one where absent. */
  readonly sopInstanceUID?: (k: number) => string;
  /** Elements of every slice that are added to those of a phantom, or take their place; null leaves one out. */
  readonly replace?: Readonly<Record<string, NewDataSet[string] | null>>;
}

export interface WrittenCt {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly frameOfReferenceUID: string;
  /** In k order. */
  readonly instances: readonly WrittenInstance[];
}

const ds = (...values: number[]): NewDataSet[string] => ({ vr: 'DS', values: values.map(decimalString) });
const us = (value: number): NewDataSet[string] => ({ vr: 'US', values: [value] });
const text = (vr: string, value: string, limit = 64): NewDataSet[string] => ({
  vr,
  values: value === '' ? [] : [plainText(value, limit)],
});

function patientAndStudy(attributes: CtAttributes, date: string, time: string): NewDataSet {
  return {
    [TAG.PatientName]: { vr: 'PN', values: [plainText(attributes.patientName, 64)] },
    [TAG.PatientID]: text('LO', attributes.patientId),
    [TAG.PatientBirthDate]: text('DA', ''),
    [TAG.PatientSex]: text('CS', ''),
    [TAG.PatientIdentityRemoved]: text('CS', 'YES'),
    [TAG.DeidentificationMethod]: text('LO', 'Simulated phantom: there is no patient'),
    [TAG.StudyDate]: text('DA', date),
    [TAG.StudyTime]: text('TM', time),
    [TAG.AccessionNumber]: text('SH', ''),
    [TAG.ReferringPhysicianName]: text('PN', ''),
    [TAG.StudyID]: text('SH', '1'),
    [TAG.StudyDescription]: text('LO', attributes.studyDescription),
  };
}

function seriesAndEquipment(attributes: CtAttributes, date: string, time: string): NewDataSet {
  return {
    [TAG.Modality]: text('CS', 'CT'),
    [TAG.SeriesDate]: text('DA', date),
    [TAG.SeriesTime]: text('TM', time),
    [TAG.SeriesDescription]: text('LO', attributes.seriesDescription),
    [TAG.SeriesNumber]: { vr: 'IS', values: [String(attributes.seriesNumber)] },
    [TAG.Manufacturer]: text('LO', attributes.manufacturer),
    [TAG.ManufacturerModelName]: text('LO', attributes.manufacturerModelName),
    [TAG.SoftwareVersions]: text('LO', attributes.softwareVersions),
    [TAG.BodyPartExamined]: text('CS', 'CHEST'),
    [TAG.PatientPosition]: text('CS', 'HFS'),
    [TAG.PositionReferenceIndicator]: text('LO', ''),
  };
}

function imageElements(
  volume: CtVolume,
  attributes: CtAttributes,
  k: number,
  date: string,
  time: string,
): NewDataSet {
  const { size, spacing, origin, direction } = volume;
  const position = ([0, 1, 2] as const).map((axis) => origin[axis] + k * spacing[2] * direction[2][axis]);
  const along = position.reduce((sum, mm, axis) => sum + mm * direction[2][axis as 0 | 1 | 2], 0);
  const perSlice = size[0] * size[1];
  const pixels = new Uint8Array(perSlice * 2);
  const view = new DataView(pixels.buffer);
  for (let i = 0; i < perSlice; i++) view.setInt16(2 * i, volume.data[k * perSlice + i]!, true);
  return {
    [TAG.ImageType]: { vr: 'CS', values: ['ORIGINAL', 'PRIMARY', 'AXIAL'] },
    [TAG.SyntheticData]: text('CS', 'YES'),
    [TAG.InstanceCreationDate]: text('DA', date),
    [TAG.InstanceCreationTime]: text('TM', time),
    [TAG.AcquisitionDate]: text('DA', date),
    [TAG.AcquisitionTime]: text('TM', time),
    [TAG.ContentDate]: text('DA', date),
    [TAG.ContentTime]: text('TM', time),
    [TAG.SliceThickness]: ds(attributes.sliceThickness ?? spacing[2]),
    [TAG.KVP]: ds(attributes.kvp),
    [TAG.ConvolutionKernel]: text('SH', attributes.convolutionKernel, 16),
    [TAG.AcquisitionNumber]: { vr: 'IS', values: ['1'] },
    [TAG.InstanceNumber]: { vr: 'IS', values: [String(k + 1)] },
    [TAG.ImagePositionPatient]: ds(...position),
    [TAG.ImageOrientationPatient]: ds(...direction[0], ...direction[1]),
    [TAG.SliceLocation]: ds(along),
    [TAG.SamplesPerPixel]: us(1),
    [TAG.PhotometricInterpretation]: text('CS', 'MONOCHROME2'),
    [TAG.Rows]: us(size[1]),
    [TAG.Columns]: us(size[0]),
    [TAG.PixelSpacing]: ds(spacing[1], spacing[0]),
    [TAG.BitsAllocated]: us(16),
    [TAG.BitsStored]: us(16),
    [TAG.HighBit]: us(15),
    [TAG.PixelRepresentation]: us(1),
    [TAG.BurnedInAnnotation]: text('CS', 'NO'),
    [TAG.WindowCenter]: ds(-600),
    [TAG.WindowWidth]: ds(1600),
    [TAG.RescaleIntercept]: ds(0),
    [TAG.RescaleSlope]: ds(1),
    [TAG.RescaleType]: text('LO', 'HU'),
    [TAG.PixelData]: { vr: 'OW', values: [pixels] },
  };
}

function requireRightHanded({ direction: [i, j, k] }: CtVolume): void {
  const normal: Vec3 = [i[1] * j[2] - i[2] * j[1], i[2] * j[0] - i[0] * j[2], i[0] * j[1] - i[1] * j[0]];
  if (normal[0] * k[0] + normal[1] * k[1] + normal[2] * k[2] < 1 - 1e-6)
    throw new NoduleLabError(
      'invalid-input',
      'The k axis of the volume must be the cross product of its i and j axes.',
    );
}

function replaced(dataSet: NewDataSet, replace: CtAttributes['replace'] = {}): NewDataSet {
  const merged: Record<string, NewDataSet[string]> = { ...dataSet };
  for (const [tag, element] of Object.entries(replace))
    if (element === null) delete merged[tag];
    else merged[tag] = element;
  return merged;
}

/**
 * Writes one file per slice of the volume; `readCtSeries` gives the same volume back.
 *
 * @param volume HU, any Int16 value
 */
export function writeCtSeries(volume: CtVolume, attributes: CtAttributes, deps: WriteDeps): WrittenCt {
  requireRightHanded(volume);
  const studyInstanceUID = attributes.studyInstanceUID ?? deps.newUid();
  const seriesInstanceUID = attributes.seriesInstanceUID ?? deps.newUid();
  const frameOfReferenceUID = attributes.frameOfReferenceUID ?? deps.newUid();
  const { date, time } = dicomDateTime(deps.now, undefined);
  const shared: NewDataSet = {
    [TAG.SpecificCharacterSet]: text('CS', 'ISO_IR 100'),
    [TAG.SOPClassUID]: text('UI', SOP_CLASS.ctImage),
    ...patientAndStudy(attributes, date, time),
    ...seriesAndEquipment(attributes, date, time),
    [TAG.StudyInstanceUID]: text('UI', studyInstanceUID),
    [TAG.SeriesInstanceUID]: text('UI', seriesInstanceUID),
    [TAG.FrameOfReferenceUID]: text('UI', frameOfReferenceUID),
  };
  const instances = Array.from({ length: volume.size[2] }, (_, k): WrittenInstance => {
    const sopInstanceUID = attributes.sopInstanceUID?.(k) ?? deps.newUid();
    const bytes = encodePart10(
      replaced(
        {
          ...shared,
          ...imageElements(volume, attributes, k, date, time),
          [TAG.SOPInstanceUID]: text('UI', sopInstanceUID),
        },
        attributes.replace,
      ),
    );
    return { sopInstanceUID, bytes };
  });
  return { studyInstanceUID, seriesInstanceUID, frameOfReferenceUID, instances };
}
