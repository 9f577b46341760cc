/**
 * Outlines → pixels. LIDC outlines run through the first pixels outside the lesion, for lesions and for holes alike:
 * the pixels of an outline never belong to the lesion. A lesion's outline gives what lies strictly inside it; a hole's
 * outline takes away its inside and itself.
 */
import type { IndexBox } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { boxSize, trim } from './boxMask.ts';
import type { BoxMask } from './boxMask.ts';
import type { LidcContour } from './xml.ts';

/** A whole CT of 512×512 pixels and 1,000 slices. */
const MOST_VOXELS = 2 ** 28;

/** A mark's outline with the index of its slice in the volume. */
export interface PlacedContour extends Pick<LidcContour, 'inclusion' | 'points'> {
  readonly slice: number;
}

/**
 * The voxels of one reader's mark, or undefined where no voxel lies inside its outlines (a mark so small that its
 * outline closes on itself).
 *
 * @throws NoduleLabError `unusable` where the outlines span more voxels than any lesion
 */
export function noduleMask(contours: readonly PlacedContour[]): BoxMask | undefined {
  const points = contours.flatMap((contour) => contour.points);
  if (points.length === 0) return undefined;
  const slices = contours.map(({ slice }) => slice);
  const low = [least(points.map(([x]) => x)), least(points.map(([, y]) => y)), least(slices)] as const;
  const high = [
    most(points.map(([x]) => x)) + 1,
    most(points.map(([, y]) => y)) + 1,
    most(slices) + 1,
  ] as const;
  const ni = high[0] - low[0];
  const nj = high[1] - low[1];
  const bits = emptyBits([ni, nj, high[2] - low[2]]);
  // Holes last: a hole counts wherever its outline stands in the file.
  for (const contour of contours.toSorted((a, b) => Number(b.inclusion) - Number(a.inclusion))) {
    const region = enclosedPixels(contour.points, low[0], low[1], ni, nj);
    const start = ni * nj * (contour.slice - low[2]);
    region.forEach((inside, pixel) => {
      if (inside) bits[start + pixel] = contour.inclusion ? 1 : 0;
    });
    if (!contour.inclusion)
      for (const [x, y] of contour.points) bits[start + (x - low[0]) + ni * (y - low[1])] = 0;
  }
  return bits.some((bit) => bit === 1) ? trim({ box: { min: low, max: high }, bits }) : undefined;
}

/** The outlines' own pixels, for lesions so small that nothing lies inside. Expects at least one point. */
export function outlineMask(contours: readonly PlacedContour[]): BoxMask {
  const voxels = contours.flatMap(({ points, slice }) =>
    points.map(([x, y]) => [Math.round(x), Math.round(y), slice] as const),
  );
  const low = (axis: 0 | 1 | 2): number => least(voxels.map((voxel) => voxel[axis]));
  const high = (axis: 0 | 1 | 2): number => most(voxels.map((voxel) => voxel[axis])) + 1;
  const box: IndexBox = { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] };
  const [ni, nj, nk] = boxSize(box);
  const bits = emptyBits([ni, nj, nk]);
  for (const [x, y, k] of voxels) bits[x - box.min[0] + ni * (y - box.min[1] + nj * (k - box.min[2]))] = 1;
  return { box, bits };
}

function emptyBits([ni, nj, nk]: readonly [number, number, number]): Uint8Array {
  if (ni * nj * nk > MOST_VOXELS)
    throw new NoduleLabError(
      'unusable',
      `A mark spans ${ni}×${nj}×${nk} voxels, more than any lesion: its outlines or their slices are damaged. Fetch the annotations again.`,
    );
  return new Uint8Array(ni * nj * nk);
}

/** Pixels strictly inside the closed polygon of pixel centres (even-odd rule), the polygon's own pixels left out. */
function enclosedPixels(
  points: LidcContour['points'],
  lowX: number,
  lowY: number,
  ni: number,
  nj: number,
): Uint8Array {
  const region = new Uint8Array(ni * nj);
  for (let j = 0; j < nj; j++) {
    const y = lowY + j;
    const crossings: number[] = [];
    points.forEach(([x1, y1], index) => {
      const [x2, y2] = points[(index + 1) % points.length] ?? [x1, y1];
      // Half-open in y, so that a vertex on the line counts once.
      if (y1 <= y !== y2 <= y) crossings.push(x1 + ((y - y1) * (x2 - x1)) / (y2 - y1));
    });
    crossings.sort((a, b) => a - b);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const from = Math.ceil(crossings[pair] ?? 0);
      const to = Math.floor(crossings[pair + 1] ?? -1);
      for (let x = from; x <= to; x++) region[x - lowX + ni * j] = 1;
    }
  }
  for (const [x, y] of points) region[x - lowX + ni * (y - lowY)] = 0;
  return region;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
