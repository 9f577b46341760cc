/**
 * Writes what a person marked on a CT: a Segmentation of one nodule and a measurement report that rates it, both beside the
 * CT. They are no synthetic data unless the CT is. A change of the marking is two new objects: the tracking UID stays, and
 * the report names those whose place they take.
 */
import type { IndexBox } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { binaryFrames } from './binaryFrames.ts';
import { CODE, OWN_SCHEME } from './codes.ts';
import { reference, writeBeside, type WrittenObject } from './companion.ts';
import type { Code } from './contentTree.ts';
import type { CtSeries } from './ctSeries.ts';
import type { NewDataSet } from './dcmjsFacade.ts';
import type { WriteDeps } from './derivedCt.ts';
import { measuresOf, segmentSlices, type SegmentSlice } from './editSegments.ts';
import { coded, cs, empty, lo, pn, sq, ui, us, ut } from './newElements.ts';
import { pixelOutline } from './pixelOutline.ts';
import { plainText } from './provenance.ts';
import {
  codeContent,
  container,
  imageContent,
  numberContent,
  outlineContent,
  personContent,
  textContent,
  uidContent,
} from './reportContent.ts';
import { deviceObserver, evidence, measurementNumbers, reportElements } from './reportParts.ts';
import { SOP_CLASS, TAG } from './tags.ts';

/** Green, in CIELab as PS3.3 C.10.7.1.1 scales it. */
const COLOUR = [45_874, 16_962, 44_975] as const;

export interface MarkedNodule {
  readonly box: IndexBox;
  /** Not 0 inside; one byte a voxel of the box, i fastest. */
  readonly mask: Uint8Array;
  /** Largest in-plane diameter, mm. */
  readonly longAxisMm: number;
  /** For people, at most 64 characters. */
  readonly label: string;
  /** The same in all revisions. */
  readonly trackingUid: string;
  readonly author: string;
  /** What it was rated: a coded concept and a coded value each. */
  readonly ratings: readonly { readonly concept: Code; readonly value: Code }[];
  /** Objects of the last revision. */
  readonly replaces?: {
    readonly segmentation: ObjectIdentity;
    readonly report: ObjectIdentity;
  };
}

interface ObjectIdentity {
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
}

export interface AnnotationDeps extends Pick<WriteDeps, 'now' | 'newUid'> {
  readonly codeVersion: string;
  /** Of the segmentation; the report has the next. */
  readonly seriesNumber: number;
}

export interface WrittenAnnotation {
  readonly segmentation: WrittenObject;
  readonly report: WrittenObject;
}

/** @throws NoduleLabError `invalid-input` where the mask is empty */
export function writeAnnotation(
  source: CtSeries,
  nodule: MarkedNodule,
  deps: AnnotationDeps,
): WrittenAnnotation {
  const slices = segmentSlices(nodule, source.volume.size[0]);
  if (slices.length === 0)
    throw new NoduleLabError(
      'invalid-input',
      `${nodule.label} has no voxel in the CT, so there is nothing to write.`,
    );
  const segmentation = writeSegmentation(source, nodule, slices, deps);
  return { segmentation, report: writeReport(source, nodule, slices, segmentation, deps) };
}

/** Content derived from synthetic data is that too (PS3.3 C.12.1). */
const marks = ({ syntheticData }: CtSeries): NewDataSet =>
  syntheticData ? { [TAG.SyntheticData]: cs('YES') } : {};

const imageOf = ({ slices }: CtSeries, k: number): NewDataSet =>
  reference(slices[k]!.sopClassUID, slices[k]!.sopInstanceUID);

function writeSegmentation(
  source: CtSeries,
  nodule: MarkedNodule,
  slices: readonly SegmentSlice[],
  deps: AnnotationDeps,
): WrittenObject {
  const { replaces } = nodule;
  const place = replaces ? `; takes the place of ${replaces.segmentation.sopInstanceUID}` : '';
  return writeBeside(source, deps, {
    sopClassUID: SOP_CLASS.segmentation,
    modality: 'SEG',
    seriesNumber: deps.seriesNumber,
    seriesDescription: `${nodule.label} - segmentation`,
    codeVersion: deps.codeVersion,
    elements: ({ header }) => ({
      ...marks(source),
      [TAG.ImageType]: cs('DERIVED', 'PRIMARY'),
      // Required here; a CT that has none gives no other way to say that its slices belong together.
      [TAG.FrameOfReferenceUID]: ui(source.frameOfReferenceUID || deps.newUid()),
      [TAG.PositionReferenceIndicator]: empty('LO'),
      [TAG.ContentLabel]: cs('NODULE'),
      [TAG.ContentDescription]: lo('Lung nodule marked by a person'),
      [TAG.ContentCreatorName]: pn(nodule.author),
      [TAG.ReferencedSeriesSequence]: sq({
        [TAG.SeriesInstanceUID]: ui(source.seriesInstanceUID),
        [TAG.ReferencedInstanceSequence]: sq(...slices.map(({ k }) => imageOf(source, k))),
      }),
      ...binaryFrames(
        source,
        header,
        slices.map(({ k, pixels }) => ({ segment: 1, k, pixels, drawnOn: imageOf(source, k) })),
        deps.newUid(),
      ),
      [TAG.SegmentsOverlap]: cs('NO'),
      [TAG.SegmentSequence]: sq({
        [TAG.SegmentNumber]: us(1),
        [TAG.SegmentLabel]: lo(nodule.label),
        [TAG.SegmentDescription]: {
          vr: 'ST',
          values: [plainText(`Marked by a person with NoduleLab ${deps.codeVersion}${place}`, 1024)],
        },
        [TAG.SegmentAlgorithmType]: cs('MANUAL'),
        [TAG.SegmentedPropertyCategoryCodeSequence]: coded(CODE.abnormalStructure),
        [TAG.SegmentedPropertyTypeCodeSequence]: coded(CODE.nodule),
        [TAG.AnatomicRegionSequence]: coded(CODE.lung),
        [TAG.TrackingID]: ut(nodule.label),
        [TAG.TrackingUID]: ui(nodule.trackingUid),
        [TAG.RecommendedDisplayCIELabValue]: us(...COLOUR),
      }),
    }),
  });
}

function writeReport(
  source: CtSeries,
  nodule: MarkedNodule,
  slices: readonly SegmentSlice[],
  segmentation: WrittenObject,
  deps: AnnotationDeps,
): WrittenObject {
  const images = slices.map(({ k }) => imageOf(source, k));
  const { replaces } = nodule;
  const segment = reference(segmentation.sopClassUID, segmentation.sopInstanceUID);
  return writeBeside(source, deps, {
    sopClassUID: SOP_CLASS.comprehensiveSr,
    modality: 'SR',
    seriesNumber: deps.seriesNumber + 1,
    seriesDescription: `${nodule.label} - ratings`,
    codeVersion: deps.codeVersion,
    elements: () => ({
      ...marks(source),
      ...reportElements({
        schemes: [OWN_SCHEME, '99LIDCQIICR'],
        studyInstanceUID: source.studyInstanceUID,
        evidence: [
          evidence(source.seriesInstanceUID, images),
          evidence(segmentation.seriesInstanceUID, [segment]),
        ],
        ...(replaces && {
          predecessors: [
            evidence(replaces.report.seriesInstanceUID, [
              reference(SOP_CLASS.comprehensiveSr, replaces.report.sopInstanceUID),
            ]),
            evidence(replaces.segmentation.seriesInstanceUID, [
              reference(SOP_CLASS.segmentation, replaces.segmentation.sopInstanceUID),
            ]),
          ],
        }),
        // The person first (TID 1003), then the program that was used.
        observers: [
          codeContent('HAS OBS CONTEXT', CODE.observerType, CODE.person),
          personContent('HAS OBS CONTEXT', CODE.personName, nodule.author),
          ...deviceObserver(),
        ],
        images: [images],
        groups: [outlineGroup(source, nodule, slices), segmentGroup(source, nodule, slices, segment)],
      }),
    }),
  });
}

/** What identifies the thing measured (TID 1410 and 1411). */
const identification = ({ label, trackingUid }: MarkedNodule): NewDataSet[] => [
  textContent('HAS OBS CONTEXT', CODE.trackingId, label),
  uidContent('HAS OBS CONTEXT', CODE.trackingUid, trackingUid),
  codeContent('CONTAINS', CODE.finding, CODE.nodule),
];

/** The whole segment with its measurements and ratings (TID 1411, 1501). */
function segmentGroup(
  source: CtSeries,
  nodule: MarkedNodule,
  slices: readonly SegmentSlice[],
  segment: NewDataSet,
): NewDataSet {
  return container(
    CODE.measurementGroup,
    [
      ...identification(nodule),
      imageContent('CONTAINS', CODE.referencedSegment, segment, 1),
      uidContent('CONTAINS', CODE.sourceSeries, source.seriesInstanceUID),
      codeContent('HAS CONCEPT MOD', CODE.findingSite, CODE.lung),
      ...measurementNumbers(measured(source, slices)),
      numberContent(CODE.longAxis, Math.round(nodule.longAxisMm * 1e4) / 1e4, CODE.millimetre),
      ...nodule.ratings.map(({ concept, value }) => codeContent('CONTAINS', concept, value)),
    ],
    '1411',
  );
}

/** The outline on the slice where the nodule is largest: viewers that cannot follow a reference to a segment draw this. */
function outlineGroup(source: CtSeries, nodule: MarkedNodule, slices: readonly SegmentSlice[]): NewDataSet {
  const { k, pixels } = slices.reduce((a, b) => (b.pixels.length > a.pixels.length ? b : a));
  return container(
    CODE.measurementGroup,
    [
      ...identification(nodule),
      codeContent('HAS CONCEPT MOD', CODE.findingSite, CODE.lung),
      outlineContent(CODE.imageRegion, pixelOutline(pixels, source.volume.size[0]), imageOf(source, k)),
    ],
    '1410',
  );
}

function measured({ volume }: CtSeries, slices: readonly SegmentSlice[]): ReturnType<typeof measuresOf> {
  const perSlice = volume.size[0] * volume.size[1];
  let sum = 0;
  let voxels = 0;
  for (const { k, pixels } of slices) {
    for (const pixel of pixels) sum += volume.data[k * perSlice + pixel]!;
    voxels += pixels.length;
  }
  return measuresOf(volume, voxels, sum);
}
