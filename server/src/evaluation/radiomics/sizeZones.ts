/** Grey level size zones: voxels of one level that hang together by faces, edges or corners (IBSI section 3.8, 3D). */
import type { GreyLevels } from './greyLevels.ts';
import { directionSteps } from './region.ts';
import { zoneFeatures } from './zoneFeatures.ts';
import type { Pieces, ZoneFeatures } from './zoneFeatures.ts';

/** Zones by level and number of voxels. */
export function sizeZoneMatrix({ region, levels }: GreyLevels): Pieces[] {
  const zones = new Map<number, { level: number; extent: number; count: number }>();
  const steps = directionSteps(region);
  const left = levels.slice();
  const queue = new Int32Array(region.voxels.length);
  for (const first of region.voxels) {
    const level = left[first]!;
    if (level === 0) continue;
    left[first] = 0;
    queue[0] = first;
    let size = 1;
    for (let done = 0; done < size; done++) {
      const voxel = queue[done]!;
      for (let d = 0; d < steps.length; d++) {
        const step = steps[d]!;
        if (left[voxel + step] === level) {
          left[voxel + step] = 0;
          queue[size++] = voxel + step;
        }
        if (left[voxel - step] === level) {
          left[voxel - step] = 0;
          queue[size++] = voxel - step;
        }
      }
    }
    const name = 256 * size + level;
    const same = zones.get(name);
    if (same === undefined) zones.set(name, { level, extent: size, count: 1 });
    else same.count++;
  }
  return [...zones.values()];
}

export function sizeZones(grey: GreyLevels): ZoneFeatures {
  return zoneFeatures(sizeZoneMatrix(grey), grey.region.voxels.length);
}
