/** The frames of a BINARY segmentation on the grid of a CT (PS3.3 A.51, C.8.20.2): places, dimensions and pixels. */
import { packBits } from './bitFrames.ts';
import { CODE } from './codes.ts';
import type { CtSeries } from './ctSeries.ts';
import type { Header, NewDataSet } from './dcmjsFacade.ts';
import { at, coded, cs, ds, is, lo, sq, ui, ul, us } from './newElements.ts';
import { TAG } from './tags.ts';

/** One slice of one segment. */
export interface BinaryFrame {
  /** Number of its segment. */
  readonly segment: number;
  /** Slice of the volume. */
  readonly k: number;
  /** Pixels inside, as indices `column + columns * row`. */
  readonly pixels: readonly number[];
  /** A reference to the image that it was drawn on. */
  readonly drawnOn: NewDataSet;
}

/** Purpose-free names of the index dimensions (PS3.3 C.7.6.17). */
const DIMENSIONS = [
  [TAG.ReferencedSegmentNumber, TAG.SegmentIdentificationSequence, 'Segment'],
  [TAG.ImagePositionPatient, TAG.PlanePositionSequence, 'Position'],
] as const;

/**
 * @param header of a slice of the CT
 * @param dimensionUid new for each object
 */
export function binaryFrames(
  source: CtSeries,
  header: Header,
  frames: readonly BinaryFrame[],
  dimensionUid: string,
): NewDataSet {
  const [columns, rows] = source.volume.size;
  return {
    [TAG.SamplesPerPixel]: us(1),
    [TAG.PhotometricInterpretation]: cs('MONOCHROME2'),
    [TAG.NumberOfFrames]: is(frames.length),
    [TAG.Rows]: us(rows),
    [TAG.Columns]: us(columns),
    [TAG.BitsAllocated]: us(1),
    [TAG.BitsStored]: us(1),
    [TAG.HighBit]: us(0),
    [TAG.PixelRepresentation]: us(0),
    [TAG.LossyImageCompression]: cs('00'),
    [TAG.SegmentationType]: cs('BINARY'),
    [TAG.DimensionOrganizationSequence]: sq({ [TAG.DimensionOrganizationUID]: ui(dimensionUid) }),
    [TAG.DimensionIndexSequence]: sq(
      ...DIMENSIONS.map(([pointer, group, label]) => ({
        [TAG.DimensionOrganizationUID]: ui(dimensionUid),
        [TAG.DimensionIndexPointer]: at(pointer),
        [TAG.FunctionalGroupPointer]: at(group),
        [TAG.DimensionDescriptionLabel]: lo(label),
      })),
    ),
    [TAG.SharedFunctionalGroupsSequence]: sq(sharedGroups(source, header)),
    [TAG.PerFrameFunctionalGroupsSequence]: sq(...frames.map((frame) => frameGroups(source, frame))),
    [TAG.PixelData]: {
      vr: 'OB',
      values: [
        packBits(
          frames.map(({ pixels }) => pixels),
          columns * rows,
        ),
      ],
    },
  };
}

/** Of all frames: they lie on the grid of the CT. */
function sharedGroups({ volume, sliceThickness }: CtSeries, header: Header): NewDataSet {
  const orientation = header.numbers(TAG.ImageOrientationPatient, 6) ?? volume.direction.slice(0, 2).flat();
  return {
    [TAG.PixelMeasuresSequence]: sq({
      [TAG.SliceThickness]: ds(sliceThickness ?? volume.spacing[2]),
      [TAG.SpacingBetweenSlices]: ds(volume.spacing[2]),
      [TAG.PixelSpacing]: ds(volume.spacing[1], volume.spacing[0]),
    }),
    [TAG.PlaneOrientationSequence]: sq({ [TAG.ImageOrientationPatient]: ds(...orientation) }),
  };
}

function frameGroups(source: CtSeries, { segment, k, drawnOn }: BinaryFrame): NewDataSet {
  return {
    [TAG.FrameContentSequence]: sq({ [TAG.DimensionIndexValues]: ul(segment, k + 1) }),
    [TAG.PlanePositionSequence]: sq({
      [TAG.ImagePositionPatient]: ds(...source.slices[k]!.imagePositionPatient),
    }),
    [TAG.SegmentIdentificationSequence]: sq({ [TAG.ReferencedSegmentNumber]: us(segment) }),
    [TAG.DerivationImageSequence]: sq({
      [TAG.DerivationCodeSequence]: coded(CODE.segmentation),
      [TAG.SourceImageSequence]: sq({
        ...drawnOn,
        [TAG.PurposeOfReferenceCodeSequence]: coded(CODE.processedImage),
      }),
    }),
  };
}
