/**
 * A patch as a CT would have seen it: sampled on the CT's own grid, then brought back to the patch's, the way that real
 * patches go (filteredResample.ts). What is finer than the CT's voxels is averaged away, and between them lie straight
 * lines: a generated patch that skips this differs from every real one by its grid alone.
 */
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { filteredResample } from '../volume/filteredResample.ts';

const { ceil } = Math;
const direction: VolumeGeometry['direction'] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/**
 * @param values size³, x fastest
 * @param spacingMm between voxels of the patch
 * @param ctSpacing between voxels of the CT, (x, y, z) mm
 * @param shift where in a voxel of the CT the patch begins, (x, y, z) in [0, 1)
 * @returns size³ values, within the range of those given
 */
export function scanPatch(
  values: Float32Array,
  size: number,
  spacingMm: number,
  ctSpacing: Vec3,
  shift: Vec3,
): Float32Array {
  const patch = {
    size: [size, size, size],
    spacing: [spacingMm, spacingMm, spacingMm],
    origin: [0, 0, 0],
    direction,
    data: values,
  } as const;
  const edgeMm = (size - 1) * spacingMm;
  const voxels = (axis: 0 | 1 | 2): number => ceil(edgeMm / ctSpacing[axis]) + 2;
  const ct = filteredResample(patch, {
    size: [voxels(0), voxels(1), voxels(2)],
    spacing: ctSpacing,
    origin: [-shift[0] * ctSpacing[0], -shift[1] * ctSpacing[1], -shift[2] * ctSpacing[2]],
    direction,
  });
  return new Float32Array(filteredResample(ct, patch).data);
}
