/** Surface and volume of a region's marching cubes mesh. */
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
