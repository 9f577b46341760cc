/**
 * Exact Euclidean distance transform in mm on an anisotropic grid: one lower envelope of parabolas per line and axis
 * (P. Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8, 2012).
 */
import type { Vec3 } from './ctVolume.ts';

const FAR = 1e20;
const NONE = -Infinity;
// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { sqrt } = Math;

/**
 * Distance of every voxel centre to the nearest voxel centre where `features` is non-zero; infinite (1e10) where there
 * is none.
 *
 * @param axes which axes to measure along; `[0, 1]` treats every slice on its own.
 */
export function distanceTo(
  features: Uint8Array,
  size: Vec3,
  spacing: Vec3,
  axes: readonly (0 | 1 | 2)[] = [0, 1, 2],
): Float32Array {
  const squared = new Float64Array(features.length);
  for (let index = 0; index < squared.length; index++) squared[index] = features[index] ? 0 : FAR;
  const strides: Vec3 = [1, size[0], size[0] * size[1]];
  const longest = Math.max(...size);
  const line = new Float64Array(longest);
  const vertices = new Int32Array(longest);
  const borders = new Float64Array(longest + 1);
  for (const axis of axes) {
    const [u, v] = axis === 0 ? ([1, 2] as const) : axis === 1 ? ([0, 2] as const) : ([0, 1] as const);
    for (let b = 0; b < size[v]; b++)
      for (let a = 0; a < size[u]; a++)
        transformLine(
          squared,
          a * strides[u] + b * strides[v],
          strides[axis],
          size[axis],
          spacing[axis] * spacing[axis],
          line,
          vertices,
          borders,
        );
  }
  const distance = new Float32Array(features.length);
  for (let index = 0; index < distance.length; index++) distance[index] = sqrt(squared[index] ?? FAR);
  return distance;
}

function transformLine(
  squared: Float64Array,
  start: number,
  stride: number,
  count: number,
  unit: number,
  line: Float64Array,
  vertices: Int32Array,
  borders: Float64Array,
): void {
  let found = 0;
  for (let q = 0; q < count; q++) {
    const value = squared[start + q * stride] ?? FAR;
    line[q] = value;
    if (value >= FAR) continue;
    let cross = NONE;
    while (found > 0) {
      const p = vertices[found - 1] ?? 0;
      cross = (value + unit * q * q - ((line[p] ?? 0) + unit * p * p)) / (2 * unit * (q - p));
      if (cross > (borders[found - 1] ?? NONE)) break;
      found--;
    }
    vertices[found] = q;
    borders[found] = found === 0 ? NONE : cross;
    found++;
  }
  if (found === 0) return;
  let envelope = 0;
  for (let q = 0; q < count; q++) {
    while (envelope + 1 < found && (borders[envelope + 1] ?? q) < q) envelope++;
    const p = vertices[envelope] ?? 0;
    squared[start + q * stride] = unit * (q - p) * (q - p) + (line[p] ?? 0);
  }
}
