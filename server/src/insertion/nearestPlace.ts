/** The nearest voxel of the lung's coarse grid that is good enough. */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { worldToIndex } from '../volume/ctVolume.ts';
import type { PlaceJudge } from './placeJudge.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, hypot, max, min, sqrt } = Math;

/** Shells that are searched one after the other grow by this factor, from the first radius (mm) on. */
const SHELL = { first: 4, growth: 1.6 } as const;

/**
 * Looks in widening shells around a point for the voxel whose centre is nearest, among those that are wanted.
 *
 * @param point LPS mm, anywhere.
 * @returns null where no voxel of the grid is wanted.
 */
export function nearestVoxel(
  { size }: Pick<PlaceJudge, 'size'>,
  { depth }: Pick<LungAnatomy, 'depth'>,
  point: Vec3,
  wanted: (i: number, j: number, k: number) => boolean,
): Vec3 | null {
  const from = worldToIndex(depth, point);
  const { spacing } = depth;
  const farthest = hypot(
    ...([0, 1, 2] as const).map((axis) => max(from[axis], size[axis] - from[axis]) * spacing[axis]),
  );
  const nearest = hypot(
    ...([0, 1, 2] as const).map((axis) => max(0, -from[axis], from[axis] - size[axis] + 1) * spacing[axis]),
  );
  let inner = -1;
  for (
    let outer = nearest + SHELL.first;
    inner < farthest;
    outer = nearest + (outer - nearest) * SHELL.growth
  ) {
    const found = nearestInShell(size, spacing, from, inner, outer, wanted);
    if (found !== null) return found;
    inner = outer;
  }
  return null;
}

function nearestInShell(
  size: Vec3,
  spacing: Vec3,
  from: Vec3,
  inner: number,
  outer: number,
  wanted: (i: number, j: number, k: number) => boolean,
): Vec3 | null {
  const low = (axis: 0 | 1 | 2, reach: number): number => max(0, ceil(from[axis] - reach / spacing[axis]));
  const high = (axis: 0 | 1 | 2, reach: number): number =>
    min(size[axis] - 1, floor(from[axis] + reach / spacing[axis]));
  const innerSquare = inner < 0 ? -1 : inner * inner;
  let best = outer * outer;
  let found: Vec3 | null = null;
  for (let k = low(2, outer); k <= high(2, outer); k++) {
    const kk = ((k - from[2]) * spacing[2]) ** 2;
    for (let j = low(1, outer); j <= high(1, outer); j++) {
      const jk = kk + ((j - from[1]) * spacing[1]) ** 2;
      if (jk > best) continue;
      const reach = sqrt(best - jk);
      for (let i = low(0, reach); i <= high(0, reach); i++) {
        const square = jk + ((i - from[0]) * spacing[0]) ** 2;
        if (square <= innerSquare || square > best || (found !== null && square === best)) continue;
        if (!wanted(i, j, k)) continue;
        best = square;
        found = [i, j, k];
      }
    }
  }
  return found;
}
