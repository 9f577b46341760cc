/**
 * The largest distance between two vertices of a region's mesh. Both ends of it lie on the convex hull, so of every layer
 * of vertices only the hull in the plane is looked at.
 */
import type { Region } from './region.ts';

const { sqrt } = Math;

/** In voxels. */
export function largestDistance(region: Region): number {
  const points = hullsOfLayers(region);
  let [p, q, best] = [0, 0, 0];
  // From the farthest to the farthest: two points that lie nearly as far apart as any.
  for (;;) {
    const r = farthest(points, q);
    const further = distance(points, q, r);
    if (further <= best) break;
    [p, q, best] = [q, r, further];
  }
  // A pair that beats them lies farther from their middle, together, than they do.
  const middle = [0, 1, 2].map((axis) => (points[p + axis]! + points[q + axis]!) / 2);
  const [x, y, z] = middle as [number, number, number];
  const reach = new Float64Array(points.length / 3);
  for (let n = 0; n < reach.length; n++)
    reach[n] = sqrt(
      (points[3 * n]! - x) ** 2 + (points[3 * n + 1]! - y) ** 2 + (points[3 * n + 2]! - z) ** 2,
    );
  const order = Uint32Array.from(reach, (_, n) => n).sort((a, b) => reach[b]! - reach[a]!);
  for (let a = 0; a < order.length; a++) {
    const m = order[a]!;
    if (2 * reach[m]! <= best) break;
    for (let b = a + 1; b < order.length; b++) {
      const n = order[b]!;
      if (reach[m]! + reach[n]! <= best) break;
      const length = distance(points, 3 * m, 3 * n);
      if (length > best) best = length;
    }
  }
  return best;
}

/**
 * Vertices lie half way between a voxel of the region and a neighbour outside, so each has a layer (z) and a row (y) in
 * steps of half a voxel. Of a row only both ends can lie on a hull, of a layer only the rows' ends that are convex.
 *
 * @returns x, y, z of each point, one layer after the other
 */
function hullsOfLayers({ size: [nx, ny, nz], mask, voxels }: Region): Float64Array {
  const rows = 2 * ny;
  const low = new Float64Array(rows * 2 * nz).fill(Infinity);
  const high = new Float64Array(rows * 2 * nz).fill(-Infinity);
  const add = (x: number, row: number): void => {
    if (x < low[row]!) low[row] = x;
    if (x > high[row]!) high[row] = x;
  };
  const slice = nx * ny;
  for (let n = 0; n < voxels.length; n++) {
    const voxel = voxels[n]!;
    const z = (voxel / slice) | 0;
    const y = ((voxel - z * slice) / nx) | 0;
    const x = voxel - z * slice - y * nx;
    const row = 2 * y + rows * 2 * z;
    if (mask[voxel - 1] === 0) add(x - 0.5, row);
    if (mask[voxel + 1] === 0) add(x + 0.5, row);
    if (mask[voxel - nx] === 0) add(x, row - 1);
    if (mask[voxel + nx] === 0) add(x, row + 1);
    if (mask[voxel - slice] === 0) add(x, row - rows);
    if (mask[voxel + slice] === 0) add(x, row + rows);
  }
  const points: number[] = [];
  for (let layer = 0; layer < 2 * nz; layer++)
    for (const [ends, side] of [
      [low, -1],
      [high, 1],
    ] as const) {
      const chain: number[] = [];
      for (let row = 0; row < rows; row++) {
        const x = side * ends[row + rows * layer]!;
        if (x === -Infinity) continue;
        while (chain.length >= 2) {
          const [b, a] = [chain[chain.length - 1]!, chain[chain.length - 2]!];
          const xa = side * ends[a + rows * layer]!;
          const xb = side * ends[b + rows * layer]!;
          if ((xb - xa) * (row - a) > (x - xa) * (b - a)) break;
          chain.pop();
        }
        chain.push(row);
      }
      for (const row of chain) points.push(ends[row + rows * layer]!, row / 2, layer / 2);
    }
  return Float64Array.from(points);
}

/** Where the point begins that lies farthest from the one that begins at `from`. */
function farthest(points: Float64Array, from: number): number {
  let [best, at] = [-1, 0];
  for (let n = 0; n < points.length; n += 3) {
    const length = distance(points, from, n);
    if (length > best) [best, at] = [length, n];
  }
  return at;
}

function distance(points: Float64Array, p: number, q: number): number {
  const dx = points[p]! - points[q]!;
  const dy = points[p + 1]! - points[q + 1]!;
  const dz = points[p + 2]! - points[q + 2]!;
  return sqrt(dx * dx + dy * dy + dz * dz);
}
