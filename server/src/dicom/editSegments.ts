/** What a segmentation and a report say of each edit: its voxels, its name, and what they measure in the written CT. */
import type { IndexBox } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { CtSeries } from './ctSeries.ts';
import { readCtSlice } from './ctSlice.ts';
import type { DerivedCt } from './derivedCt.ts';
import type { Edit, Provenance } from './provenance.ts';
import { interpretStored, pixelWords, storedToHu } from './storedPixels.ts';

/** The voxels of one edit: the inserted nodule above half maximum, or the refilled region of a removed one. */
export interface EditSegment {
  readonly edit: Edit;
  readonly box: IndexBox;
  /** Not 0 inside; one byte a voxel of the box, i fastest. */
  readonly mask: Uint8Array;
  /** New for each edit; the segmentation and the report name it by this. */
  readonly trackingUid: string;
  /** For people, at most 64 characters; `Synthetic nodule 1` or `Removed nodule 1` where absent. */
  readonly label?: string;
}

/** One slice of a segment. */
export interface SegmentSlice {
  /** Slice of the volume. */
  readonly k: number;
  /** Pixels inside, as indices `column + columns * row`, ascending. */
  readonly pixels: readonly number[];
}

/** What a segment measures in the series that was written. */
export interface SegmentMeasures {
  /** Of the sphere with the volume, mm. */
  readonly diameterMm: number;
  /** Voxels inside times the volume of a voxel, mm³. */
  readonly volumeMm3: number;
  readonly meanHu: number;
}

/** The slices of a segment that hold something, in k order. */
export function segmentSlices(
  { box, mask }: Pick<EditSegment, 'box' | 'mask'>,
  columns: number,
): SegmentSlice[] {
  const [width, height, depth] = [0, 1, 2].map((axis) => box.max[axis]! - box.min[axis]!) as [
    number,
    number,
    number,
  ];
  const slices: SegmentSlice[] = [];
  for (let k = 0; k < depth; k++) {
    const pixels: number[] = [];
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++)
        if (mask[i + width * (j + height * k)] !== 0)
          pixels.push(box.min[0] + i + columns * (box.min[1] + j));
    if (pixels.length > 0) slices.push({ k: box.min[2] + k, pixels });
  }
  return slices;
}

/**
 * The segments with their slices and names.
 *
 * @throws NoduleLabError `invalid-input` where there is not one segment for each edit, or one leaves the volume, does not
 *   fill its box, or is empty
 */
export function placedSegments(
  source: CtSeries,
  segments: readonly EditSegment[],
  { edits }: Provenance,
): PlacedSegment[] {
  if (segments.length !== edits.length)
    throw new NoduleLabError(
      'invalid-input',
      `${edits.length} edits came with ${segments.length} segments: give one for each edit, in the same order.`,
    );
  const { size } = source.volume;
  const counts = { insert: 0, remove: 0 };
  return segments.map((segment, at) => {
    const { box, mask, edit } = segment;
    const inside = ([0, 1, 2] as const).every(
      (axis) => box.min[axis] >= 0 && box.max[axis] > box.min[axis] && box.max[axis] <= size[axis],
    );
    const voxels = box.max.reduce((product, max, axis) => product * (max - box.min[axis]!), 1);
    const slices = inside && mask.length === voxels ? segmentSlices(segment, size[0]) : [];
    if (slices.length === 0)
      throw new NoduleLabError(
        'invalid-input',
        `The segment of edit ${at + 1} has no voxel in the ${size.join(' x ')} volume: its box is [${box.min.join(', ')}] to [${box.max.join(', ')}], its mask ${mask.length} bytes. Make the preview again.`,
        { box, size },
      );
    const name = `${edit.kind === 'insert' ? 'Synthetic' : 'Removed'} nodule ${++counts[edit.kind]}`;
    return { ...segment, number: at + 1, label: segment.label ?? name, slices };
  });
}

export interface PlacedSegment extends EditSegment {
  /** From 1, in the order of the edits. */
  readonly number: number;
  readonly label: string;
  readonly slices: readonly SegmentSlice[];
}

/** Measures a segment in the stored pixels of the derived series. */
export function measureSegment(
  { volume }: CtSeries,
  derived: Pick<DerivedCt, 'instances'>,
  { slices }: Pick<PlacedSegment, 'slices'>,
): SegmentMeasures {
  let sum = 0;
  let voxels = 0;
  for (const { k, pixels } of slices) {
    const name = `slice ${k} of the derived series`;
    const { slice } = readCtSlice({ name, bytes: derived.instances[k]!.bytes });
    const words = pixelWords(slice.bytes, slice.pixelOffset, volume.size[0] * volume.size[1]);
    for (const pixel of pixels)
      sum += storedToHu(interpretStored(words[pixel]!, slice.pixelFormat), slice.pixelFormat);
    voxels += pixels.length;
  }
  return measuresOf(volume, voxels, sum);
}

/** @param sum of the HU of the voxels */
export function measuresOf(
  { spacing }: Pick<CtSeries['volume'], 'spacing'>,
  voxels: number,
  sum: number,
): SegmentMeasures {
  const volumeMm3 = voxels * spacing[0] * spacing[1] * spacing[2];
  return { volumeMm3, diameterMm: Math.cbrt((6 * volumeMm3) / Math.PI), meanHu: sum / voxels };
}
