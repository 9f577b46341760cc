/** How far a point of the lung is from the pleura. */
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { worldToIndex } from '../volume/ctVolume.ts';
import type { LungAnatomy } from './lungMask.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, max, min, round, sqrt } = Math;

/**
 * Distance from a point to the border of the lung in mm, to the centre of the nearest voxel outside it: costal,
 * diaphragmatic or mediastinal pleura and the hilum (fissures are not known). Measured on the host's own voxels; lumina of
 * bronchi inside the lung are no border. 0 outside the lung; `Infinity` where the volume holds nothing but lung.
 *
 * @param point LPS mm.
 */
export function pleuralDistanceMm(host: CtVolume, lung: LungAnatomy, point: Vec3): number {
  const { size, spacing } = host;
  const [nx, ny, nz] = size;
  const from = worldToIndex(host, point);
  const at = from.map(round) as [number, number, number];
  const inside = (i: number, j: number, k: number): boolean => {
    const voxel = i + nx * (j + ny * k);
    return lung.mask[voxel] !== 0 || lung.airway[voxel] !== 0;
  };
  if (
    at.some((n, axis) => n < 0 || n >= size[axis as 0 | 1 | 2]) ||
    lung.mask[at[0] + nx * (at[1] + ny * at[2])] === 0
  )
    return 0;
  let best = Infinity;
  // Slices and rows from the point outwards, until they are farther away than what was found.
  for (const k of outwards(at[2], nz)) {
    const kk = ((k - from[2]) * spacing[2]) ** 2;
    if (kk >= best) continue;
    for (const j of outwards(at[1], ny)) {
      const jk = kk + ((j - from[1]) * spacing[1]) ** 2;
      if (jk >= best) continue;
      const reach = best === Infinity ? nx : sqrt(best - jk) / spacing[0];
      const last = min(nx - 1, floor(from[0] + reach));
      for (let i = max(0, ceil(from[0] - reach)); i <= last; i++) {
        const square = jk + ((i - from[0]) * spacing[0]) ** 2;
        if (square < best && !inside(i, j, k)) best = square;
      }
    }
  }
  return sqrt(best);
}

/** 0 … count-1, nearest to `middle` first. */
function* outwards(middle: number, count: number): Iterable<number> {
  for (let step = 0; step < count; step++) {
    if (middle - step >= 0) yield middle - step;
    if (step > 0 && middle + step < count) yield middle + step;
  }
}
