/**
 * An object written beside a CT series (segmentation, report): patient and study modules are the source's, byte for
 * byte; it says which images it is about, and beside a derived series it is marked as synthetic.
 */
import type { CtSeries } from './ctSeries.ts';
import { decodeHeader, type Header, type NewDataSet } from './dcmjsFacade.ts';
import type { DerivedCt, WriteDeps } from './derivedCt.ts';
import { cs, is, lo, sq, ui } from './newElements.ts';
import {
  dicomDateTime,
  plainText,
  synthesizersOf,
  synthesizingEquipment,
  type Provenance,
} from './provenance.ts';
import { openSource, spliceDataSet } from './splice.ts';
import { TAG } from './tags.ts';

/** A segmentation or report as one file, in a series of its own. */
export interface WrittenObject {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly seriesNumber: number;
  readonly seriesDescription: string;
  /** A complete Part 10 file. */
  readonly bytes: Uint8Array;
}

/** Elements of the Patient, Patient Study and General Study modules (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2) outside groups
 * 0010 and 0012, and what tells how to read them. */
const COPIED = new Set<string>([
  TAG.SpecificCharacterSet,
  TAG.TimezoneOffsetFromUTC,
  TAG.StudyDate,
  TAG.StudyTime,
  TAG.AccessionNumber,
  '00080051', // Issuer of Accession Number
  TAG.ReferringPhysicianName,
  '00080096', // Referring Physician Identification
  '0008009C', // Consulting Physician's Name
  '0008009D', // Consulting Physician Identification
  TAG.StudyDescription,
  '00081032', // Procedure Code
  '00081048', // Physician(s) of Record
  '00081049', // Physician(s) of Record Identification
  '00081060', // Name of Physician(s) Reading Study
  '00081062', // Physician(s) Reading Study Identification
  '00081080', // Admitting Diagnoses Description
  '00081084', // Admitting Diagnoses Code
  '00081110', // Referenced Study
  TAG.StudyInstanceUID,
  TAG.StudyID,
]);

const isCopied = (tag: string): boolean =>
  COPIED.has(tag) || tag.startsWith('0010') || tag.startsWith('0012');

export interface CompanionPlan {
  readonly sopClassUID: string;
  readonly modality: string;
  /** How far its Series Number lies behind the derived CT's. */
  readonly seriesOffset: number;
  readonly what: string;
  /** The rest of its elements. */
  readonly elements: (companion: { dateTime: string; header: Header }) => NewDataSet;
}

export function writeCompanion(
  source: CtSeries,
  derived: DerivedCt,
  provenance: Provenance,
  deps: Pick<WriteDeps, 'now' | 'newUid'>,
  plan: CompanionPlan,
): WrittenObject {
  return writeBeside(source, deps, {
    ...plan,
    seriesNumber: derived.seriesNumber + plan.seriesOffset,
    seriesDescription: `SYNTHETIC - ${plan.what}`,
    codeVersion: provenance.codeVersion,
    elements: (companion) => ({
      [TAG.SyntheticData]: cs('YES'),
      [TAG.ContributingEquipmentSequence]: sq(
        ...synthesizersOf(provenance).map((one) => synthesizingEquipment(one, companion.dateTime)),
      ),
      ...plan.elements(companion),
    }),
  });
}

export interface BesidePlan {
  readonly sopClassUID: string;
  readonly modality: string;
  readonly seriesNumber: number;
  readonly seriesDescription: string;
  readonly codeVersion: string;
  /** The rest of its elements. `dateTime` is a DT with the zone. */
  readonly elements: (companion: { dateTime: string; header: Header }) => NewDataSet;
}

/** One object in a series of its own, in the study of the source. */
export function writeBeside(
  source: CtSeries,
  deps: Pick<WriteDeps, 'now' | 'newUid'>,
  plan: BesidePlan,
): WrittenObject {
  const slice = source.slices[0]!;
  const header = decodeHeader(slice.bytes.subarray(0, slice.headerEnd), slice.name);
  const { date, time, zone } = dicomDateTime(deps.now, header.text(TAG.TimezoneOffsetFromUTC));
  const identity = {
    sopClassUID: plan.sopClassUID,
    sopInstanceUID: deps.newUid(),
    seriesInstanceUID: deps.newUid(),
    seriesNumber: plan.seriesNumber,
    seriesDescription: plainText(plan.seriesDescription, 64),
  };
  const da = { vr: 'DA', values: [date] };
  const tm = { vr: 'TM', values: [time] };
  const dataSet = openSource(slice);
  const bytes = spliceDataSet(dataSet, {
    replace: {
      [TAG.SOPClassUID]: ui(identity.sopClassUID),
      [TAG.SOPInstanceUID]: ui(identity.sopInstanceUID),
      [TAG.InstanceCreationDate]: da,
      [TAG.InstanceCreationTime]: tm,
      [TAG.SeriesDate]: da,
      [TAG.SeriesTime]: tm,
      [TAG.ContentDate]: da,
      [TAG.ContentTime]: tm,
      [TAG.Modality]: cs(plan.modality),
      [TAG.SeriesInstanceUID]: ui(identity.seriesInstanceUID),
      [TAG.SeriesNumber]: is(identity.seriesNumber),
      [TAG.SeriesDescription]: lo(identity.seriesDescription),
      [TAG.InstanceNumber]: is(1),
      [TAG.Manufacturer]: lo('NoduleLab'),
      [TAG.ManufacturerModelName]: lo('NoduleLab'),
      // Required of enhanced equipment (PS3.3 C.7.5.2); a program has no serial number but its version.
      [TAG.DeviceSerialNumber]: lo(plan.codeVersion),
      [TAG.SoftwareVersions]: lo(plan.codeVersion),
      ...plan.elements({ dateTime: `${date}${time}${zone}`, header }),
    },
    drop: new Set(dataSet.elements.map(({ tag }) => tag).filter((tag) => !isCopied(tag))),
    append: new Set(),
  });
  return { ...identity, bytes };
}

/** A reference to a SOP instance (PS3.3 Table 10-11). */
export const reference = (sopClassUID: string, sopInstanceUID: string): NewDataSet => ({
  [TAG.ReferencedSOPClassUID]: ui(sopClassUID),
  [TAG.ReferencedSOPInstanceUID]: ui(sopInstanceUID),
});

/** Slices of the derived series, and of the source, that an object is about. */
export function referencedSlices(
  source: CtSeries,
  derived: DerivedCt,
  slices: Iterable<number>,
): { readonly derived: NewDataSet[]; readonly source: NewDataSet[] } {
  const order = [...new Set(slices)].sort((a, b) => a - b);
  return {
    derived: order.map((k) => reference(source.slices[k]!.sopClassUID, derived.instances[k]!.sopInstanceUID)),
    source: order.map((k) => reference(source.slices[k]!.sopClassUID, source.slices[k]!.sopInstanceUID)),
  };
}
