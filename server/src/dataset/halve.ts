/** Means of 2×2×2 voxels of a cube of size³ values. */
export function halve(values: Float32Array, size: number): Float32Array {
  const half = size / 2;
  const result = new Float32Array(half ** 3);
  let i = 0;
  for (let z = 0; z < half; z++)
    for (let y = 0; y < half; y++)
      for (let x = 0; x < half; x++, i++) {
        const near = (2 * z * size + 2 * y) * size + 2 * x;
        const far = near + size * size;
        result[i] =
          (values[near]! +
            values[near + 1]! +
            (values[near + size]! + values[near + size + 1]!) +
            (values[far]! + values[far + 1]!) +
            (values[far + size]! + values[far + size + 1]!)) /
          8;
      }
  return result;
}
