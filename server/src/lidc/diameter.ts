/** How large a nodule is, from its mask. */
import type { VolumeGeometry } from '../volume/ctVolume.ts';

/**
 * Largest in-plane diameter in mm: over all slices, the longest distance between two voxels of the mask, from outer
 * border to outer border (one voxel is as wide as its spacing).
 */
export function largestInPlaneDiameter(
  geometry: Pick<VolumeGeometry, 'size' | 'spacing'>,
  mask: Uint8Array,
): number {
  const [ni, nj, nk] = geometry.size;
  const [si, sj] = geometry.spacing;
  let longest = 0;
  for (let k = 0; k < nk; k++) {
    // Only a row's first and last voxel can be an end of the longest line in its slice.
    const ends: [number, number][] = [];
    for (let j = 0; j < nj; j++) {
      const row = ni * (j + nj * k);
      let first = -1;
      let last = -1;
      for (let i = 0; i < ni; i++)
        if (mask[row + i]) {
          if (first < 0) first = i;
          last = i;
        }
      if (first >= 0) ends.push([first * si, j * sj], [last * si, j * sj]);
    }
    for (const a of ends)
      for (const b of ends) longest = Math.max(longest, Math.hypot(a[0] - b[0], a[1] - b[1]));
  }
  return mask.some((value) => value !== 0) ? longest + (si + sj) / 2 : 0;
}

/** Diameter in mm of the ball with the mask's volume. */
export function volumeEquivalentDiameter(
  geometry: Pick<VolumeGeometry, 'spacing'>,
  mask: Uint8Array,
): number {
  let voxels = 0;
  for (const value of mask) if (value) voxels++;
  const [si, sj, sk] = geometry.spacing;
  return Math.cbrt((6 * voxels * si * sj * sk) / Math.PI);
}
