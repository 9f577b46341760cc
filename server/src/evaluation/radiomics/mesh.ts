/** Surface and volume of a region's marching cubes mesh, and where its vertices are. */
import type { Vec3 } from '../../volume/ctVolume.ts';
import { makeMeshTable } from './meshTable.ts';
import type { Region } from './region.ts';

const TABLE = makeMeshTable();

/** @returns area in voxel faces, volume in voxels */
export function meshOf({ size, mask }: Region): { readonly area: number; readonly volume: number } {
  const [nx, ny, nz] = size;
  const { area, volume, vector } = TABLE;
  const slice = nx * ny;
  let [totalArea, totalVolume] = [0, 0];
  for (let z = 0; z + 1 < nz; z++)
    for (let y = 0; y + 1 < ny; y++) {
      let at = nx * (y + ny * z);
      // The four corners at low x are the former cube's at high x.
      let left = 0;
      for (let x = -1; x + 1 < nx; x++, at++) {
        const right =
          x + 1 < nx
            ? mask[nx * (y + ny * z) + x + 1]! |
              (mask[nx * (y + ny * z) + x + 1 + nx]! << 2) |
              (mask[nx * (y + ny * z) + x + 1 + slice]! << 4) |
              (mask[nx * (y + ny * z) + x + 1 + nx + slice]! << 6)
            : 0;
        const cube = left | (right << 1);
        left = right;
        if (x < 0 || cube === 0 || cube === 255) continue;
        totalArea += area[cube]!;
        totalVolume +=
          volume[cube]! + (x * vector[3 * cube]! + y * vector[3 * cube + 1]! + z * vector[3 * cube + 2]!) / 3;
      }
    }
  return { area: totalArea, volume: totalVolume };
}

/** The mesh's vertices: half way between each voxel of the region and each of its six neighbours outside; x, y, z. */
export function meshVertices({ size, mask, voxels }: Region): Float32Array {
  const [nx, ny] = size;
  const steps: readonly (readonly [number, Vec3])[] = [
    [1, [0.5, 0, 0]],
    [-1, [-0.5, 0, 0]],
    [nx, [0, 0.5, 0]],
    [-nx, [0, -0.5, 0]],
    [nx * ny, [0, 0, 0.5]],
    [-nx * ny, [0, 0, -0.5]],
  ];
  const vertices: number[] = [];
  for (const voxel of voxels) {
    const x = voxel % nx;
    const y = ((voxel / nx) | 0) % ny;
    const z = (voxel / (nx * ny)) | 0;
    for (const [step, [dx, dy, dz]] of steps)
      if (mask[voxel + step] === 0) vertices.push(x + dx, y + dy, z + dz);
  }
  return Float32Array.from(vertices);
}

/**
 * The largest distance between two of the points. Points far from the middle come first: a pair whose distances from it
 * add up to no more than the best so far cannot be further apart.
 */
export function largestDistance(points: Float32Array): number {
  const count = points.length / 3;
  const middle = [0, 1, 2].map((axis) => {
    let sum = 0;
    for (let n = axis; n < points.length; n += 3) sum += points[n]!;
    return sum / count;
  });
  const from = new Float64Array(count);
  for (let n = 0; n < count; n++)
    from[n] = Math.hypot(
      points[3 * n]! - middle[0]!,
      points[3 * n + 1]! - middle[1]!,
      points[3 * n + 2]! - middle[2]!,
    );
  const order = Uint32Array.from({ length: count }, (_, n) => n).sort((a, b) => from[b]! - from[a]!);
  let best = 0;
  for (let a = 0; a < count; a++) {
    const p = order[a]!;
    if (2 * from[p]! <= best) break;
    const [x, y, z] = [points[3 * p]!, points[3 * p + 1]!, points[3 * p + 2]!];
    for (let b = a + 1; b < count; b++) {
      const q = order[b]!;
      if (from[p]! + from[q]! <= best) break;
      const [dx, dy, dz] = [points[3 * q]! - x, points[3 * q + 1]! - y, points[3 * q + 2]! - z];
      const square = dx * dx + dy * dy + dz * dz;
      if (square > best * best) best = Math.sqrt(square);
    }
  }
  return best;
}
