/** The outline of what the readers of a nodule agree on, slice by slice, in the manner of their own outlines. */
import { indexToWorld, type VolumeGeometry } from '../volume/ctVolume.ts';
import { boxSize, type BoxMask } from './boxMask.ts';
import type { PatientContour } from './nodules.ts';
import { sliceOutlines } from './officialOutlines.ts';

/**
 * @param mask in voxels of `geometry`
 * @param sopInstanceUIDOf names the slice of index k
 * @returns from the first slice to the last; the points are the first pixels outside (LIDC rule), LPS mm
 */
export function consensusOutlines(
  { box, bits }: BoxMask,
  geometry: VolumeGeometry,
  sopInstanceUIDOf: ReadonlyMap<number, string>,
): PatientContour[] {
  const [columns, rows, slices] = boxSize(box);
  const contours: PatientContour[] = [];
  for (let n = 0; n < slices; n++) {
    const k = box.min[2] + n;
    const sopInstanceUID = sopInstanceUIDOf.get(k);
    if (sopInstanceUID === undefined) continue;
    const pixels = bits.subarray(columns * rows * n, columns * rows * (n + 1));
    for (const { inclusion, points } of sliceOutlines(pixels, columns, [box.min[0], box.min[1]]))
      contours.push({
        sopInstanceUID,
        inclusion,
        points: points.map(([x, y]) => indexToWorld(geometry, [x, y, k])),
      });
  }
  return contours;
}
