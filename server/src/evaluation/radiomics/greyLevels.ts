/**
 * Discretised intensities: fixed bin width from a fixed lower bound (IBSI section 2.7, "fixed bin size"), so that a
 * level means the same HU in every nodule. Levels begin at 1; 0 is outside the region.
 */
import type { Region } from './region.ts';

const { floor, log2, max } = Math;

export interface GreyLevels {
  readonly region: Region;
  /** Like the region's mask. */
  readonly levels: Uint8Array;
  /** The highest level that occurs. */
  readonly highest: number;
}

/** @param bins their lower bound, and their width; at most 255 of them are told apart */
export function greyLevels(
  region: Region,
  { from, width }: { readonly from: number; readonly width: number },
): GreyLevels {
  const levels = new Uint8Array(region.mask.length);
  let highest = 0;
  for (const voxel of region.voxels) {
    const level = max(1, floor((region.intensity[voxel]! - from) / width) + 1);
    levels[voxel] = level;
    if (level > highest) highest = level;
  }
  return { region, levels, highest };
}

/** Intensity histogram features (IBSI section 3.4): discretised entropy, in bits, and uniformity. */
export function histogram({ region: { voxels }, levels, highest }: GreyLevels): {
  readonly entropy: number;
  readonly uniformity: number;
} {
  const counts = new Float64Array(highest + 1);
  for (const voxel of voxels) counts[levels[voxel]!]! += 1;
  let entropy = 0;
  let uniformity = 0;
  for (const count of counts) {
    if (count === 0) continue;
    const part = count / voxels.length;
    entropy -= part * log2(part);
    uniformity += part * part;
  }
  return { entropy, uniformity };
}
