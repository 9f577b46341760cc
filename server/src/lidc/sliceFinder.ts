/** Finds the slice that an outline belongs to: by SOP Instance UID, else by patient z. */
import { indexToWorld } from '../volume/ctVolume.ts';
import type { VolumeGeometry } from '../volume/ctVolume.ts';

/**
 * @param sopInstanceUIDs of the series, in k order
 * @returns a function for `AnnotatedSeries.sliceIndexOf`; z counts only within half a slice distance
 */
export function sliceFinder(
  sopInstanceUIDs: readonly string[],
  geometry: VolumeGeometry,
): (sopInstanceUID: string, z: number | undefined) => number | undefined {
  const byUid = new Map(sopInstanceUIDs.map((uid, k) => [uid, k] as const));
  return (sopInstanceUID, z) => {
    const known = byUid.get(sopInstanceUID);
    if (known !== undefined || z === undefined) return known;
    const first = indexToWorld(geometry, [0, 0, 0])[2];
    const step = indexToWorld(geometry, [0, 0, 1])[2] - first;
    const k = Math.round((z - first) / step);
    const inside = k >= 0 && k < geometry.size[2];
    return inside && Math.abs(first + k * step - z) <= Math.abs(step) / 2 ? k : undefined;
  };
}
