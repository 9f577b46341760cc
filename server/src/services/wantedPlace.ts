/** Where a nodule is wanted, in the words of whoever asks: a place in the patient, or a voxel of the host's own grid. */
import { indexToWorld, insideGrid, type Vec3, type VolumeGeometry } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';

/** LPS mm, a voxel counted from 0, or a place that the program proposes. */
export type WantedPlace = 'auto' | { readonly lps: Vec3 } | { readonly ijk: Vec3 };

/**
 * The wanted place in LPS mm.
 * @param host the grid that a voxel is of
 * @param propose finds a place where none is named
 * @throws NoduleLabError `unusable` for a voxel outside the grid
 */
export function wantedPoint(host: VolumeGeometry, at: WantedPlace, propose: () => Vec3): Vec3 {
  if (at === 'auto') return propose();
  if ('lps' in at) return at.lps;
  if (insideGrid(host, at.ijk)) return indexToWorld(host, at.ijk);
  throw new NoduleLabError(
    'unusable',
    `The voxel (${at.ijk.join(', ')}) is outside the CT, which has ${host.size.join('×')} voxels counted from 0.`,
    { size: host.size },
  );
}
