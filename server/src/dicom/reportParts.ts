/** What every measurement report of NoduleLab has (Comprehensive SR, PS3.16 TID 1500), whoever measured. */
import { CODE } from './codes.ts';
import type { NewDataSet } from './dcmjsFacade.ts';
import type { SegmentMeasures } from './editSegments.ts';
import { cs, empty, sh, sq, ui } from './newElements.ts';
import {
  codeContent,
  container,
  imageContent,
  numberContent,
  rootContainer,
  textContent,
  uidContent,
} from './reportContent.ts';
import { TAG } from './tags.ts';

/** NoduleLab as an observer; a UUID-derived UID. */
const DEVICE_UID = '2.25.197304265038412266174928571035490381746';

/** Private coding schemes, by designator. */
const SCHEMES: Readonly<Record<string, { readonly name: string; readonly responsible: string }>> = {
  '99NODULELAB': { name: 'NoduleLab', responsible: 'NoduleLab' },
  '99LIDCQIICR': { name: 'LIDC characteristics (doi 10.7937/TCIA.2018.h7umfurq)', responsible: 'QIICR' },
};

export interface ReportPlan {
  /** Designators of the private coding schemes that it uses. */
  readonly schemes: readonly string[];
  readonly studyInstanceUID: string;
  /** All that it is about, series by series: see {@link evidence}. */
  readonly evidence: readonly NewDataSet[];
  /** What it takes the place of, series by series. */
  readonly predecessors?: readonly NewDataSet[];
  readonly observers: readonly NewDataSet[];
  /** References to images, in groups (TID 1600). */
  readonly images: readonly (readonly NewDataSet[])[];
  /** Measurement groups. */
  readonly groups: readonly NewDataSet[];
}

export function reportElements(plan: ReportPlan): NewDataSet {
  const ofStudy = (series: readonly NewDataSet[]): NewDataSet => ({
    [TAG.StudyInstanceUID]: ui(plan.studyInstanceUID),
    [TAG.ReferencedSeriesSequence]: sq(...series),
  });
  return {
    [TAG.CodingSchemeIdentificationSequence]: sq(
      ...plan.schemes.map((designator) => ({
        [TAG.CodingSchemeDesignator]: sh(designator),
        [TAG.CodingSchemeName]: { vr: 'ST', values: [SCHEMES[designator]!.name] },
        [TAG.CodingSchemeResponsibleOrganization]: { vr: 'ST', values: [SCHEMES[designator]!.responsible] },
      })),
    ),
    [TAG.ReferencedPerformedProcedureStepSequence]: empty('SQ'),
    [TAG.PerformedProcedureCodeSequence]: empty('SQ'),
    [TAG.CompletionFlag]: cs('COMPLETE'),
    [TAG.PreliminaryFlag]: cs('FINAL'),
    [TAG.VerificationFlag]: cs('UNVERIFIED'),
    ...(plan.predecessors && { [TAG.PredecessorDocumentsSequence]: sq(ofStudy(plan.predecessors)) }),
    [TAG.CurrentRequestedProcedureEvidenceSequence]: sq(ofStudy(plan.evidence)),
    ...rootContainer(CODE.imagingMeasurementReport, '1500', [
      codeContent('HAS CONCEPT MOD', CODE.language, CODE.english),
      ...plan.observers,
      codeContent('HAS CONCEPT MOD', CODE.procedureReported, CODE.ct),
      container(
        CODE.imageLibrary,
        plan.images.map((images) =>
          container(
            CODE.imageLibraryGroup,
            images.map((image) => imageContent('CONTAINS', undefined, image)),
          ),
        ),
      ),
      container(CODE.imagingMeasurements, plan.groups),
    ]),
  };
}

/** Instances of one series that a report is about. */
export const evidence = (seriesInstanceUID: string, instances: readonly NewDataSet[]): NewDataSet => ({
  [TAG.SeriesInstanceUID]: ui(seriesInstanceUID),
  [TAG.ReferencedSOPSequence]: sq(...instances),
});

/** A program observed (TID 1002, 1004). */
export const deviceObserver = (): NewDataSet[] => [
  codeContent('HAS OBS CONTEXT', CODE.observerType, CODE.device),
  uidContent('HAS OBS CONTEXT', CODE.deviceUid, DEVICE_UID),
  textContent('HAS OBS CONTEXT', CODE.deviceName, 'NoduleLab'),
  textContent('HAS OBS CONTEXT', CODE.deviceManufacturer, 'NoduleLab'),
  textContent('HAS OBS CONTEXT', CODE.deviceModel, 'NoduleLab'),
];

/** What a segment measures, as content items (TID 1419). */
export function measurementNumbers({ diameterMm, volumeMm3, meanHu }: SegmentMeasures): NewDataSet[] {
  const written = (value: number): number => Math.round(value * 1e4) / 1e4;
  return [
    numberContent(CODE.diameter, written(diameterMm), CODE.millimetre, [
      codeContent('HAS CONCEPT MOD', CODE.measurementMethod, CODE.sphereOfVolume),
    ]),
    numberContent(CODE.volume, written(volumeMm3), CODE.cubicMillimetre),
    numberContent(CODE.attenuation, written(meanHu), CODE.hounsfield, [
      codeContent('HAS CONCEPT MOD', CODE.derivation, CODE.mean),
    ]),
  ];
}
