/** All slices of a candidate in one picture, so that a viewer scrolls through them without asking again. */
import type { SlicePlane } from '@nodulelab/contract';
import { encode } from 'fast-png';
import { lungGrey } from './thumbnails.ts';

const { ceil, cbrt, round, sqrt } = Math;

/**
 * Slices in the lung window as tiles, row by row from the top left: eight rows of eight tiles of 64 pixels for a patch of
 * 64³, ⌈√size⌉ tiles a row for one of another size. They run from the feet to the head (axial), from front to back
 * (coronal) or from the patient's right to the left (sagittal), and are turned as thumbnails are.
 *
 * @param patch size³ values in [0, 1], x fastest, z slowest (x, y, z along L, P, S)
 * @returns PNG, one grey channel
 */
export function sliceSprite(patch: Float32Array, plane: SlicePlane): Uint8Array {
  const size = round(cbrt(patch.length));
  const columns = ceil(sqrt(size));
  const rows = ceil(size / columns);
  const width = columns * size;
  const data = new Uint8Array(width * rows * size);
  const at = voxelIn(plane, size);
  for (let slice = 0; slice < size; slice++) {
    const corner = (slice % columns) * size + width * size * ((slice - (slice % columns)) / columns);
    for (let v = 0; v < size; v++)
      for (let u = 0; u < size; u++) data[corner + u + width * v] = lungGrey(patch[at(slice, u, v)]!);
  }
  return encode({ width, height: rows * size, data, channels: 1, depth: 8 });
}

/** Index of the voxel that pixel (u, v) of a slice shows; radiological convention, see thumbnails.ts. */
function voxelIn(plane: SlicePlane, size: number): (slice: number, u: number, v: number) => number {
  const last = size - 1;
  switch (plane) {
    case 'axial':
      return (slice, u, v) => u + size * (v + size * slice);
    case 'coronal':
      return (slice, u, v) => u + size * (slice + size * (last - v));
    case 'sagittal':
      return (slice, u, v) => slice + size * (u + size * (last - v));
  }
}
