/**
 * Writes a Segmentation (PS3.3 A.51, BINARY) of what was inserted into or removed from a derived series: one segment an
 * edit, and of each segment only the slices that hold something. It refers to the derived series alone: of several series
 * a viewer may lay it on whichever it knows first (OHIF 3.13 does), and the derived slices name their source.
 */
import { binaryFrames } from './binaryFrames.ts';
import { CODE } from './codes.ts';
import { referencedSlices, reference, writeCompanion, type WrittenObject } from './companion.ts';
import type { CtSeries } from './ctSeries.ts';
import type { NewDataSet } from './dcmjsFacade.ts';
import type { DerivedCt, WriteDeps } from './derivedCt.ts';
import { placedSegments, type EditSegment, type PlacedSegment } from './editSegments.ts';
import { coded, cs, empty, lo, sq, ui, us, ut } from './newElements.ts';
import { editText, plainText, type Provenance } from './provenance.ts';
import { SOP_CLASS, TAG } from './tags.ts';

export type { EditSegment } from './editSegments.ts';
export type { WrittenObject } from './companion.ts';

/** Magenta for what was inserted, turquoise for what was removed: CIELab as PS3.3 C.10.7.1.1 scales it. */
const COLOUR = { insert: [40455, 53621, 23576], remove: [53058, 21294, 31693] } as const;

/**
 * @param segments one for each edit of the provenance, in its order
 * @throws NoduleLabError `invalid-input` where a segment has no voxel in the volume
 */
export function writeSegmentation(
  source: CtSeries,
  derived: DerivedCt,
  segments: readonly EditSegment[],
  provenance: Provenance,
  deps: Pick<WriteDeps, 'now' | 'newUid'>,
): WrittenObject {
  const placed = placedSegments(source, segments, provenance);
  const frames = placed.flatMap(({ number, slices }) =>
    slices.map(({ k, pixels }) => ({
      segment: number,
      k,
      pixels,
      drawnOn: reference(source.slices[k]!.sopClassUID, derived.instances[k]!.sopInstanceUID),
    })),
  );
  const references = referencedSlices(
    source,
    derived,
    frames.map(({ k }) => k),
  );
  const dimensionUid = deps.newUid();
  const inserted = provenance.edits.some(({ kind }) => kind === 'insert');
  return writeCompanion(source, derived, provenance, deps, {
    sopClassUID: SOP_CLASS.segmentation,
    modality: 'SEG',
    seriesOffset: 1,
    what: `${inserted ? 'nodule segmentation' : 'removed nodule segmentation'}, series ${derived.seriesNumber}`,
    elements: ({ header }) => ({
      [TAG.ImageType]: cs('DERIVED', 'PRIMARY'),
      // Required here; a CT that has none gives no other way to say that its slices belong together.
      [TAG.FrameOfReferenceUID]: ui(derived.frameOfReferenceUID || deps.newUid()),
      [TAG.PositionReferenceIndicator]: empty('LO'),
      [TAG.ContentLabel]: cs('SYNTHETIC_NODULE'),
      [TAG.ContentDescription]: lo('Made by a program: no finding on the patient'),
      [TAG.ContentCreatorName]: empty('PN'),
      [TAG.ReferencedSeriesSequence]: sq({
        [TAG.SeriesInstanceUID]: ui(derived.seriesInstanceUID),
        [TAG.ReferencedInstanceSequence]: sq(...references.derived),
      }),
      ...binaryFrames(source, header, frames, dimensionUid),
      [TAG.SegmentsOverlap]: cs(overlapping(placed) ? 'YES' : 'NO'),
      [TAG.SegmentSequence]: sq(...placed.map((segment) => segmentItem(segment, provenance))),
    }),
  });
}

function segmentItem(segment: PlacedSegment, provenance: Provenance): NewDataSet {
  const { edit, number, label, trackingUid } = segment;
  const inserted = edit.kind === 'insert';
  return {
    [TAG.SegmentNumber]: us(number),
    [TAG.SegmentLabel]: lo(label),
    [TAG.SegmentDescription]: {
      vr: 'ST',
      values: [
        plainText(
          inserted ? 'Synthetic: not in the patient' : 'Refilled: the nodule is in the patient',
          1024,
        ),
      ],
    },
    [TAG.SegmentAlgorithmType]: cs('AUTOMATIC'),
    [TAG.SegmentAlgorithmName]: lo('NoduleLab'),
    [TAG.SegmentationAlgorithmIdentificationSequence]: sq({
      [TAG.AlgorithmFamilyCodeSequence]: coded(
        inserted ? CODE.artificialIntelligence : CODE.neighborhoodAnalysis,
      ),
      [TAG.AlgorithmName]: lo('NoduleLab'),
      [TAG.AlgorithmVersion]: lo(provenance.codeVersion),
      [TAG.AlgorithmParameters]: { vr: 'LT', values: [plainText(editText(edit), 10_240)] },
    }),
    [TAG.SegmentedPropertyCategoryCodeSequence]: coded(
      inserted ? CODE.abnormalStructure : CODE.anatomicalStructure,
    ),
    [TAG.SegmentedPropertyTypeCodeSequence]: coded(inserted ? CODE.nodule : CODE.lung),
    ...(inserted ? { [TAG.AnatomicRegionSequence]: coded(CODE.lung) } : {}),
    [TAG.TrackingID]: ut(label),
    [TAG.TrackingUID]: ui(trackingUid),
    [TAG.RecommendedDisplayCIELabValue]: us(...COLOUR[edit.kind]),
  };
}

function overlapping(segments: readonly PlacedSegment[]): boolean {
  const seen = new Set<string>();
  for (const { slices } of segments)
    for (const { k, pixels } of slices)
      for (const pixel of pixels) {
        const voxel = `${k} ${pixel}`;
        if (seen.has(voxel)) return true;
        seen.add(voxel);
      }
  return false;
}
