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
import { pixelOutline } from './pixelOutline.ts';
import type { Provenance } from './provenance.ts';
import {
  codeContent,
  container,
  imageContent,
  outlineContent,
  textContent,
  uidContent,
} from './reportContent.ts';
import { deviceObserver, evidence, measurementNumbers, reportElements } from './reportParts.ts';
import { SOP_CLASS } from './tags.ts';

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
    elements: () =>
      reportElements({
        schemes: [OWN_SCHEME],
        studyInstanceUID: derived.studyInstanceUID,
        evidence: [
          evidence(derived.seriesInstanceUID, slices.derived),
          evidence(segmentation.seriesInstanceUID, [
            reference(segmentation.sopClassUID, segmentation.sopInstanceUID),
          ]),
          evidence(source.seriesInstanceUID, slices.source),
        ],
        observers: deviceObserver(),
        // The measured slices, then those of the source that they were made from.
        images: [slices.derived, slices.source],
        groups: [
          ...placed.map((segment) => outlineGroup(source, derived, segment, provenance)),
          ...placed.map((segment) => segmentGroup(source, derived, segmentation, segment, provenance)),
        ],
      }),
  });
}

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
      ...measurementNumbers(measureSegment(source, derived, segment)),
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
