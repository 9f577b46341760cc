/** Cubes brought to another number of voxels, zoomed and shifted, by means over what each new voxel covers. */

const { ceil, floor, max, min } = Math;

export interface Framing {
  /** Edge of what is seen as a multiple of the cube's edge: above 1 the nodule becomes smaller. */
  readonly zoom: number;
  /** The middle of what is seen from the middle of the cube, (z, y, x) in parts of the cube's edge. */
  readonly shift: readonly [number, number, number];
}
export const WHOLE: Framing = { zoom: 1, shift: [0, 0, 0] };

/** For each new voxel along an axis the old ones that it covers, and their parts. */
interface Cover {
  readonly first: Int32Array;
  readonly width: number;
  readonly weights: Float64Array;
}

/**
 * The cube of `size`³ values as `target`³: each new voxel is the mean over the box that it covers, axis by axis. Without
 * zoom and shift a cube of twice the size becomes means of 2×2×2 voxels. Beyond the cube its outermost voxels go on.
 */
export function areaResample(
  values: Float32Array,
  size: number,
  target: number,
  { zoom, shift }: Framing = WHOLE,
): Float32Array {
  // Three times along the slowest axis: (z, y, x) → (y, x, z) → (x, z, y) → (z, y, x).
  let result = values;
  for (let axis = 0; axis < 3; axis++)
    result = alongFirst(result, size, target, coverOf(size, target, zoom, shift[axis]!));
  return result;
}

/** Resamples the first of three axes, `size` long, and makes it the last. */
function alongFirst(values: Float32Array, size: number, target: number, cover: Cover): Float32Array {
  const others = values.length / size;
  const result = new Float32Array(others * target);
  const { first, width, weights } = cover;
  const sums = new Float64Array(others);
  for (let o = 0; o < target; o++) {
    sums.fill(0);
    for (let k = 0; k < width; k++) {
      const weight = weights[o * width + k]!;
      if (weight === 0) continue;
      for (let i = 0, from = (first[o]! + k) * others; i < others; i++, from++)
        sums[i]! += weight * values[from]!;
    }
    for (let i = 0, at = o; i < others; i++, at += target) result[at] = sums[i]!;
  }
  return result;
}

function coverOf(size: number, target: number, zoom: number, shift: number): Cover {
  const step = (size / target) * zoom;
  const begin = size * (0.5 + shift) - (target / 2) * step;
  const width = min(size, ceil(step) + 1);
  const first = new Int32Array(target);
  const weights = new Float64Array(target * width);
  for (let o = 0; o < target; o++) {
    const low = begin + o * step;
    const high = low + step;
    first[o] = min(size - width, max(0, floor(low)));
    for (let voxel = floor(low); voxel < high; voxel++) {
      const part = min(high, voxel + 1) - max(low, voxel);
      const known = min(size - 1, max(0, voxel)) - first[o]!;
      weights[o * width + known]! += part / step;
    }
  }
  return { first, width, weights };
}
