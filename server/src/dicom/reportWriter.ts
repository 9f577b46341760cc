/**
 * Writes a measurement report (Comprehensive SR, PS3.16 TID 1500) of the edits of a derived series: of each one what its
 * segment measures, its outline on one slice, and what was asked for as parameters of the algorithm. It states no finding.
 */
import { CODE, OWN_SCHEME } from './codes.ts';
import { reference, referencedSlices, writeCompanion, type WrittenObject } from './companion.ts';
import type { CtSeries } from './ctSeries.ts';
import type { NewDataSet } from './dcmjsFacade.ts';
import type { DerivedCt, WriteDeps } from './derivedCt.ts';
import { editParameters } from './editParameters.ts';
import { measureSegment, placedSegments, type EditSegment, type PlacedSegment } from './editSegments.ts';
import { cs, empty, sh, sq, ui } from './newElements.ts';
import { pixelOutline } from './pixelOutline.ts';
import type { Provenance } from './provenance.ts';
import {
  codeContent,
  container,
  imageContent,
  numberContent,
  outlineContent,
  rootContainer,
  textContent,
  uidContent,
} from './reportContent.ts';
import { SOP_CLASS, TAG } from './tags.ts';

/** NoduleLab as an observer; a UUID-derived UID. */
const DEVICE_UID = '2.25.197304265038412266174928571035490381746';

/**
 * @param segmentation what {@link writeSegmentation} made of the same segments
 * @throws NoduleLabError `invalid-input` where a segment has no voxel in the volume
 */
export function writeMeasurementReport(
  source: CtSeries,
  derived: DerivedCt,
  segmentation: WrittenObject,
  segments: readonly EditSegment[],
  provenance: Provenance,
  deps: Pick<WriteDeps, 'now' | 'newUid'>,
): WrittenObject {
  const placed = placedSegments(source, segments, provenance);
  const slices = referencedSlices(
    source,
    derived,
    placed.flatMap((segment) => segment.slices.map(({ k }) => k)),
  );
  const inserted = provenance.edits.some(({ kind }) => kind === 'insert');
  return writeCompanion(source, derived, provenance, deps, {
    sopClassUID: SOP_CLASS.comprehensiveSr,
    modality: 'SR',
    seriesOffset: 2,
    what: `${inserted ? 'nodule measurements' : 'removed nodule measurements'}, series ${derived.seriesNumber}`,
    elements: () => ({
      [TAG.CodingSchemeIdentificationSequence]: sq({
        [TAG.CodingSchemeDesignator]: sh(OWN_SCHEME),
        [TAG.CodingSchemeName]: { vr: 'ST', values: ['NoduleLab'] },
        [TAG.CodingSchemeResponsibleOrganization]: { vr: 'ST', values: ['NoduleLab'] },
      }),
      [TAG.ReferencedPerformedProcedureStepSequence]: empty('SQ'),
      [TAG.PerformedProcedureCodeSequence]: empty('SQ'),
      [TAG.CompletionFlag]: cs('COMPLETE'),
      [TAG.PreliminaryFlag]: cs('FINAL'),
      [TAG.VerificationFlag]: cs('UNVERIFIED'),
      [TAG.CurrentRequestedProcedureEvidenceSequence]: sq({
        [TAG.StudyInstanceUID]: ui(derived.studyInstanceUID),
        [TAG.ReferencedSeriesSequence]: sq(
          evidence(derived.seriesInstanceUID, slices.derived),
          evidence(segmentation.seriesInstanceUID, [
            reference(segmentation.sopClassUID, segmentation.sopInstanceUID),
          ]),
          evidence(source.seriesInstanceUID, slices.source),
        ),
      }),
      ...rootContainer(CODE.imagingMeasurementReport, '1500', [
        codeContent('HAS CONCEPT MOD', CODE.language, CODE.english),
        ...observer(),
        codeContent('HAS CONCEPT MOD', CODE.procedureReported, CODE.ct),
        imageLibrary(slices),
        container(CODE.imagingMeasurements, [
          ...placed.map((segment) => outlineGroup(source, derived, segment, provenance)),
          ...placed.map((segment) => segmentGroup(source, derived, segmentation, segment, provenance)),
        ]),
      ]),
    }),
  });
}

const evidence = (seriesInstanceUID: string, instances: readonly NewDataSet[]): NewDataSet => ({
  [TAG.SeriesInstanceUID]: ui(seriesInstanceUID),
  [TAG.ReferencedSOPSequence]: sq(...instances),
});

/** A program observed, not a person (TID 1002, 1004). */
const observer = (): NewDataSet[] => [
  codeContent('HAS OBS CONTEXT', CODE.observerType, CODE.device),
  uidContent('HAS OBS CONTEXT', CODE.deviceUid, DEVICE_UID),
  textContent('HAS OBS CONTEXT', CODE.deviceName, 'NoduleLab'),
  textContent('HAS OBS CONTEXT', CODE.deviceManufacturer, 'NoduleLab'),
  textContent('HAS OBS CONTEXT', CODE.deviceModel, 'NoduleLab'),
];

/** The measured slices, then those of the source that they were made from (TID 1600). */
const imageLibrary = (slices: {
  readonly derived: NewDataSet[];
  readonly source: NewDataSet[];
}): NewDataSet =>
  container(
    CODE.imageLibrary,
    [slices.derived, slices.source].map((images) =>
      container(
        CODE.imageLibraryGroup,
        images.map((image) => imageContent('CONTAINS', undefined, image)),
      ),
    ),
  );

/** What identifies the thing measured and the program (TID 1410 and 1411, 4019). */
function identification(
  { label, trackingUid, edit }: PlacedSegment,
  { codeVersion }: Provenance,
  parameters: readonly string[] = [],
): NewDataSet[] {
  const algorithm = edit.kind === 'insert' ? 'insertion of a synthetic nodule' : 'removal of a nodule';
  return [
    textContent('HAS OBS CONTEXT', CODE.trackingId, label),
    uidContent('HAS OBS CONTEXT', CODE.trackingUid, trackingUid),
    textContent('HAS CONCEPT MOD', CODE.algorithmName, `NoduleLab: ${algorithm}`),
    textContent('HAS CONCEPT MOD', CODE.algorithmVersion, codeVersion),
    ...parameters.map((text) => textContent('HAS CONCEPT MOD', CODE.algorithmParameters, text)),
    codeContent('HAS CONCEPT MOD', CODE.findingSite, CODE.lung),
  ];
}

/** The whole segment with its measurements (TID 1411). */
function segmentGroup(
  source: CtSeries,
  derived: DerivedCt,
  segmentation: WrittenObject,
  segment: PlacedSegment,
  provenance: Provenance,
): NewDataSet {
  const { diameterMm, volumeMm3, meanHu } = measureSegment(source, derived, segment);
  const written = (value: number): number => Math.round(value * 1e4) / 1e4;
  return container(
    CODE.measurementGroup,
    [
      ...identification(segment, provenance, editParameters(segment.edit)),
      imageContent(
        'CONTAINS',
        CODE.referencedSegment,
        reference(segmentation.sopClassUID, segmentation.sopInstanceUID),
        segment.number,
      ),
      uidContent('CONTAINS', CODE.sourceSeries, derived.seriesInstanceUID),
      numberContent(CODE.diameter, written(diameterMm), CODE.millimetre, [
        codeContent('HAS CONCEPT MOD', CODE.measurementMethod, CODE.sphereOfVolume),
      ]),
      numberContent(CODE.volume, written(volumeMm3), CODE.cubicMillimetre),
      numberContent(CODE.attenuation, written(meanHu), CODE.hounsfield, [
        codeContent('HAS CONCEPT MOD', CODE.derivation, CODE.mean),
      ]),
    ],
    '1411',
  );
}

/**
 * The outline on the slice where the segment is largest (TID 1410), under the same tracking UID: viewers that cannot
 * follow a reference to a segment draw this.
 */
function outlineGroup(
  { volume, slices }: CtSeries,
  derived: DerivedCt,
  segment: PlacedSegment,
  provenance: Provenance,
): NewDataSet {
  const { k, pixels } = segment.slices.reduce((a, b) => (b.pixels.length > a.pixels.length ? b : a));
  return container(
    CODE.measurementGroup,
    [
      ...identification(segment, provenance),
      outlineContent(
        CODE.imageRegion,
        pixelOutline(pixels, volume.size[0]),
        reference(slices[k]!.sopClassUID, derived.instances[k]!.sopInstanceUID),
      ),
    ],
    '1410',
  );
}
