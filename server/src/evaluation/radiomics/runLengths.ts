/** Grey level run lengths in 13 directions, merged into one matrix (IBSI section 3.7, "3D, with merging"). */
import type { GreyLevels } from './greyLevels.ts';
import { directionSteps } from './region.ts';
import { zoneFeatures } from './zoneFeatures.ts';
import type { Pieces, ZoneFeatures } from './zoneFeatures.ts';

/** Runs of voxels of one level by level and length. */
export function runLengthMatrix({ region, levels, highest }: GreyLevels): Pieces[] {
  const { size, voxels } = region;
  const stride = Math.max(...size);
  const counts = new Uint32Array((highest + 1) * stride);
  for (const step of directionSteps(region))
    for (let n = 0; n < voxels.length; n++) {
      const voxel = voxels[n]!;
      const level = levels[voxel]!;
      if (levels[voxel - step] === level) continue;
      let length = 1;
      for (let next = voxel + step; levels[next] === level; next += step) length++;
      counts[level * stride + length]!++;
    }
  const runs: Pieces[] = [];
  for (let level = 1; level <= highest; level++)
    for (let extent = 1; extent < stride; extent++) {
      const count = counts[level * stride + extent]!;
      if (count > 0) runs.push({ level, extent, count });
    }
  return runs;
}

export function runLengths(grey: GreyLevels): ZoneFeatures {
  return zoneFeatures(runLengthMatrix(grey), 13 * grey.region.voxels.length);
}
