/**
 * Sum of the six neighbours of voxel (x, y, z); beyond the patch lies what its outermost voxels hold.
 * @param values size³, x fastest
 */
export function sumAround(values: Float32Array, size: number, x: number, y: number, z: number): number {
  const plane = size * size;
  const last = size - 1;
  const at = z * plane + y * size + x;
  return (
    values[z > 0 ? at - plane : at]! +
    values[z < last ? at + plane : at]! +
    values[y > 0 ? at - size : at]! +
    values[y < last ? at + size : at]! +
    values[x > 0 ? at - 1 : at]! +
    values[x < last ? at + 1 : at]!
  );
}
