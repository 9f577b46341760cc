/**
 * The digital phantom of the Image Biomarker Standardisation Initiative (A. Zwanenburg et al., arXiv 1612.07003, figure
 * of section 5.1; CC BY 4.0): 5 × 4 × 4 voxels of 2 mm, 0 where a voxel is not of the region.
 */
import { regionOf } from '../../server/src/evaluation/radiomics/region.ts';
import type { Region } from '../../server/src/evaluation/radiomics/region.ts';

export const IBSI_SPACING_MM = 2;

// One line for each slice, x fastest.
const LEVELS = [
  [1, 4, 4, 1, 1, /**/ 1, 4, 6, 1, 1, /**/ 4, 1, 6, 4, 1, /**/ 4, 4, 6, 4, 1],
  [1, 4, 4, 1, 1, /**/ 1, 1, 6, 1, 1, /**/ 0, 1, 3, 1, 1, /**/ 4, 4, 6, 1, 1],
  [1, 4, 4, 0, 0, /**/ 1, 1, 1, 1, 1, /**/ 1, 1, 0, 1, 1, /**/ 1, 1, 6, 1, 1],
  [1, 4, 4, 0, 0, /**/ 1, 1, 1, 1, 1, /**/ 1, 1, 1, 1, 1, /**/ 1, 1, 6, 1, 1],
].flat();

export function ibsiPhantom(): Region {
  return regionOf(
    LEVELS,
    LEVELS.map((level) => (level > 0 ? 1 : 0)),
    [5, 4, 4],
  )!;
}
