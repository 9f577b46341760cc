/** Puts a segmentation's frames onto the voxels of the CT series that it was drawn on. */
import type { CtSeries } from '../dicom/ctSeries.ts';
import { frameBits, type Segmentation, type SegmentationFrame } from '../dicom/segmentation.ts';
import { worldToIndex } from '../volume/ctVolume.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { trim, type BoxMask } from './boxMask.ts';

const { abs, round, min, max } = Math;

/** Largest part of a voxel by which a frame's grid may lie beside the CT's: DICOM rounds positions. */
const GRID_TOLERANCE = 0.05;
/** Largest difference of direction cosines, and of spacing as a part of it. */
const SHAPE_TOLERANCE = 1e-3;

/**
 * A frame lies on the slice whose image it names as its source; where it names none, on that of its patient position.
 *
 * @param segment number of the segment
 * @returns the segment's voxels in the CT, or undefined where it has none
 * @throws NoduleLabError `invalid-input` where a frame is of another series or grid; the message names file and frame
 */
export function segmentMask(
  segmentation: Segmentation,
  segment: number,
  ct: Pick<CtSeries, 'volume' | 'slices' | 'seriesInstanceUID' | 'frameOfReferenceUID'>,
): BoxMask | undefined {
  const { name, referencedSeries, frameOfReferenceUID } = segmentation;
  if (referencedSeries.length > 0 && !referencedSeries.includes(ct.seriesInstanceUID))
    throw misplaced(name, `it refers to series ${referencedSeries.join(', ')}`, ct.seriesInstanceUID);
  if (
    frameOfReferenceUID !== '' &&
    ct.frameOfReferenceUID !== '' &&
    frameOfReferenceUID !== ct.frameOfReferenceUID
  )
    throw misplaced(name, `its frame of reference is ${frameOfReferenceUID}`, ct.seriesInstanceUID);

  const pieces = new Map<number, { readonly box: BoxMask['box']; readonly bits: Uint8Array }>();
  const seen = new Set<number>();
  for (const [at, frame] of segmentation.frames.entries()) {
    if (frame.segment !== segment) continue;
    const where = `${name}, frame ${at + 1}`;
    const [i, j, k] = placeOf(frame, where, ct);
    if (seen.has(k))
      throw misplaced(where, 'another frame of its segment lies on the same slice', ct.seriesInstanceUID);
    seen.add(k);
    const piece = trimmedFrame(frameBits(segmentation, at), segmentation.columns, [i, j, k]);
    if (piece === undefined) continue;
    const [columns, rows] = ct.volume.size;
    // An outline runs through the first pixels outside, so there must be some.
    const { min: low, max: high } = piece.box;
    if (low[0] < 1 || low[1] < 1 || high[0] >= columns || high[1] >= rows)
      throw misplaced(where, `it reaches the edge of the ${columns} x ${rows} pixels`, ct.seriesInstanceUID);
    pieces.set(k, piece);
  }
  return joined([...pieces.values()]);
}

/** The voxel that the frame's first pixel lies on. */
function placeOf(
  frame: SegmentationFrame,
  where: string,
  { volume, slices, seriesInstanceUID }: Pick<CtSeries, 'volume' | 'slices' | 'seriesInstanceUID'>,
): Vec3 {
  const [row, column] = volume.direction;
  const cosines = [...row, ...column];
  if (frame.orientation.some((value, at) => abs(value - cosines[at]!) > SHAPE_TOLERANCE))
    throw misplaced(where, 'it lies in another orientation', seriesInstanceUID);
  const [betweenRows, betweenColumns] = frame.pixelSpacing;
  if (
    abs(betweenColumns / volume.spacing[0] - 1) > SHAPE_TOLERANCE ||
    abs(betweenRows / volume.spacing[1] - 1) > SHAPE_TOLERANCE
  )
    throw misplaced(where, `its pixels are ${betweenColumns} x ${betweenRows} mm`, seriesInstanceUID);
  const [x, y, z] = worldToIndex(volume, frame.position);
  const [i, j] = [round(x), round(y)];
  // Also keeps absurd positions out of the arithmetic.
  if (!(abs(i) < volume.size[0] && abs(j) < volume.size[1]))
    throw misplaced(where, 'it lies beside the image', seriesInstanceUID);
  if (abs(x - i) > GRID_TOLERANCE || abs(y - j) > GRID_TOLERANCE)
    throw misplaced(where, 'its pixels lie between those of the CT', seriesInstanceUID);
  const named = slices.findIndex(({ sopInstanceUID }) => frame.sources.includes(sopInstanceUID));
  if (named < 0 && frame.sources.length > 0)
    throw misplaced(
      where,
      `it was drawn on image ${frame.sources.join(', ')}, which is missing`,
      seriesInstanceUID,
    );
  const k = named < 0 ? round(z) : named;
  if (abs(z - k) > 0.5 || k < 0 || k >= volume.size[2])
    throw misplaced(
      where,
      named < 0
        ? `no slice lies at ${frame.position.join(', ')} mm`
        : `it lies ${(abs(z - k) * volume.spacing[2]).toFixed(1)} mm from the slice that it was drawn on`,
      seriesInstanceUID,
    );
  return [i, j, k];
}

/** @param first the voxel of the frame's first pixel */
function trimmedFrame(bits: Uint8Array, columns: number, [i, j, k]: Vec3): BoxMask | undefined {
  const rows = bits.length / columns;
  if (!bits.includes(1)) return undefined;
  return trim({ box: { min: [i, j, k], max: [i + columns, j + rows, k + 1] }, bits });
}

function joined(pieces: readonly BoxMask[]): BoxMask | undefined {
  const [first] = pieces;
  if (first === undefined) return undefined;
  const low = [...first.box.min];
  const high = [...first.box.max];
  for (const { box } of pieces)
    for (const axis of [0, 1, 2] as const) {
      low[axis] = min(low[axis]!, box.min[axis]);
      high[axis] = max(high[axis]!, box.max[axis]);
    }
  const [ni, nj, nk] = [high[0]! - low[0]!, high[1]! - low[1]!, high[2]! - low[2]!];
  const bits = new Uint8Array(ni * nj * nk);
  for (const { box, bits: own } of pieces) {
    const width = box.max[0] - box.min[0];
    own.forEach((bit, at) => {
      const x = box.min[0] - low[0]! + (at % width);
      const y = box.min[1] - low[1]! + ((at / width) | 0);
      bits[x + ni * (y + nj * (box.min[2] - low[2]!))] = bit;
    });
  }
  return { box: { min: [low[0]!, low[1]!, low[2]!], max: [high[0]!, high[1]!, high[2]!] }, bits };
}

function misplaced(where: string, why: string, seriesInstanceUID: string): NoduleLabError {
  return new NoduleLabError(
    'invalid-input',
    `${where}: the segmentation does not lie on CT series ${seriesInstanceUID}: ${why}. ` +
      'Import the whole CT series that it was drawn on, or fetch the segmentation again.',
    { where, seriesInstanceUID },
  );
}
