/** Paints tapered tubes (vessels, airways, spicules) into a volume, with partial volume along the slices. */
import type { Vec3 } from '../volume/ctVolume.ts';
import { worldToIndex } from '../volume/ctVolume.ts';
import type { PhantomSpace } from './space.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, max, min, sqrt } = Math;

export interface Tube {
  readonly from: Vec3;
  readonly to: Vec3;
  /** Radius at each end, mm. */
  readonly fromMm: number;
  readonly toMm: number;
}

const SUB_SLICES = [-1 / 3, 0, 1 / 3] as const;

/**
 * Calls `paint(voxel, coverage)` for every voxel that the tube touches; coverage in (0, 1] is the share of the voxel
 * inside the tube, averaged over the slice thickness.
 */
export function coverTube(
  space: PhantomSpace,
  tube: Tube,
  paint: (voxel: number, coverage: number) => void,
): void {
  const a = worldToIndex(space, tube.from);
  const b = worldToIndex(space, tube.to);
  const widest = max(tube.fromMm, tube.toMm);
  const { size, spacing } = space;
  const low = (axis: 0 | 1 | 2): number =>
    max(0, floor(min(a[axis], b[axis]) - widest / spacing[axis] - 0.5));
  const high = (axis: 0 | 1 | 2): number =>
    min(size[axis] - 1, ceil(max(a[axis], b[axis]) + widest / spacing[axis] + 0.5));
  const [i1, j1, k1] = [high(0), high(1), high(2)];
  const along: Vec3 = [(b[0] - a[0]) * spacing[0], (b[1] - a[1]) * spacing[1], (b[2] - a[2]) * spacing[2]];
  const square = along[0] ** 2 + along[1] ** 2 + along[2] ** 2 || 1e-6;
  const edge = spacing[0];
  for (let k = low(2); k <= k1; k++)
    for (let j = low(1); j <= j1; j++)
      for (let i = low(0); i <= i1; i++) {
        let coverage = 0;
        for (const offset of SUB_SLICES) {
          const x = (i - a[0]) * spacing[0];
          const y = (j - a[1]) * spacing[1];
          const z = (k + offset - a[2]) * spacing[2];
          const t = min(1, max(0, (x * along[0] + y * along[1] + z * along[2]) / square));
          const dx = x - t * along[0];
          const dy = y - t * along[1];
          const dz = z - t * along[2];
          const distance = sqrt(dx * dx + dy * dy + dz * dz);
          const radius = tube.fromMm + t * (tube.toMm - tube.fromMm);
          coverage += min(1, max(0, (radius - distance) / edge + 0.5)) * min(1, (2 * radius) / edge);
        }
        if (coverage > 0) paint(i + size[0] * (j + size[1] * k), coverage / SUB_SLICES.length);
      }
}
