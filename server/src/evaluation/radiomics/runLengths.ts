/** Grey level run lengths in 13 directions, merged into one matrix (IBSI section 3.7, "3D, with merging"). */
import type { GreyLevels } from './greyLevels.ts';
import { directionSteps } from './region.ts';
import { ZoneCounts } from './zoneFeatures.ts';
import type { ZoneFeatures } from './zoneFeatures.ts';

/** Runs of voxels of one level by level and length. */
export function runLengthMatrix({ region, levels }: GreyLevels): ZoneCounts {
  const counts = new ZoneCounts();
  const steps = directionSteps(region);
  for (const voxel of region.voxels) {
    const level = levels[voxel]!;
    for (let d = 0; d < steps.length; d++) {
      const step = steps[d]!;
      if (levels[voxel - step] === level) continue;
      let length = 1;
      for (let next = voxel + step; levels[next] === level; next += step) length++;
      counts.add(level, length);
    }
  }
  return counts;
}

export function runLengths(grey: GreyLevels): ZoneFeatures {
  return runLengthMatrix(grey).features(13 * grey.region.voxels.length);
}
