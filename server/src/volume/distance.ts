/**
 * Exact Euclidean distance transform in mm on an anisotropic grid: one lower envelope of parabolas per line and axis
 * (P. Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8, 2012).
 */
import type { Vec3 } from './ctVolume.ts';

const FAR = 1e20;
const INFINITE = 1e10;
const NONE = -Infinity;
// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { sqrt } = Math;

/**
 * Distance of every voxel centre to the nearest voxel centre where `features` is non-zero; infinite (1e10) where there
 * is none.
 *
 * @param axes which axes to measure along; `[0, 1]` treats every slice on its own.
 * @param furthest distances beyond it (mm) come out as infinite too, sooner
 */
export function distanceTo(
  features: Uint8Array,
  size: Vec3,
  spacing: Vec3,
  axes: readonly (0 | 1 | 2)[] = [0, 1, 2],
  furthest = Infinity,
): Float32Array {
  const squared = new Float64Array(features.length);
  const strides: Vec3 = [1, size[0], size[0] * size[1]];
  const longest = Math.max(...size);
  const line = new Float64Array(longest);
  const vertices = new Int32Array(longest);
  const borders = new Float64Array(longest + 1);
  const limit = Math.min(FAR, furthest * furthest);
  const [first] = axes;
  for (const axis of axes) {
    const [u, v] = axis === 0 ? ([1, 2] as const) : axis === 1 ? ([0, 2] as const) : ([0, 1] as const);
    for (let b = 0; b < size[v]; b++)
      for (let a = 0; a < size[u]; a++) {
        const start = a * strides[u] + b * strides[v];
        if (axis === first) scanLine(features, squared, start, strides[axis], size[axis], spacing[axis]);
        else
          transformLine(
            squared,
            start,
            strides[axis],
            size[axis],
            spacing[axis] * spacing[axis],
            limit,
            line,
            vertices,
            borders,
          );
      }
  }
  const distance = new Float32Array(features.length);
  for (let index = 0; index < distance.length; index++) {
    const value = squared[index]!;
    distance[index] = value > limit ? INFINITE : sqrt(value);
  }
  return distance;
}

/** The first axis: from feature to feature in both directions. */
function scanLine(
  features: Uint8Array,
  squared: Float64Array,
  start: number,
  stride: number,
  count: number,
  mm: number,
): void {
  let steps = Infinity;
  for (let q = 0, at = start; q < count; q++, at += stride) {
    steps = features[at] ? 0 : steps + 1;
    squared[at] = steps;
  }
  steps = Infinity;
  for (let q = 0, at = start + (count - 1) * stride; q < count; q++, at -= stride) {
    steps = features[at] ? 0 : steps + 1;
    const nearest = steps < squared[at]! ? steps : squared[at]!;
    squared[at] = nearest === Infinity ? FAR : nearest * nearest * mm * mm;
  }
}

function transformLine(
  squared: Float64Array,
  start: number,
  stride: number,
  count: number,
  unit: number,
  limit: number,
  line: Float64Array,
  vertices: Int32Array,
  borders: Float64Array,
): void {
  let found = 0;
  for (let q = 0, at = start; q < count; q++, at += stride) {
    const value = squared[at]!;
    line[q] = value;
    // What is too far along the other axes alone is nobody's nearest within the limit.
    if (value >= FAR || value > limit) continue;
    let cross = NONE;
    while (found > 0) {
      const p = vertices[found - 1]!;
      cross = (value + unit * q * q - (line[p]! + unit * p * p)) / (2 * unit * (q - p));
      if (cross > borders[found - 1]!) break;
      found--;
    }
    vertices[found] = q;
    borders[found] = found === 0 ? NONE : cross;
    found++;
  }
  if (found === 0) return;
  let envelope = 0;
  for (let q = 0, at = start; q < count; q++, at += stride) {
    while (envelope + 1 < found && borders[envelope + 1]! < q) envelope++;
    const p = vertices[envelope]!;
    squared[at] = unit * (q - p) * (q - p) + line[p]!;
  }
}
