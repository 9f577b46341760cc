/**
 * Resampling in one pass that does not alias: each target voxel is one weighted sum over source voxels, straight from
 * the source grid.
 *
 * Along an axis on which the target is at least as fine as the source the weights are those of linear interpolation,
 * exactly. Where the target is coarser, interpolation alone reads two voxels and skips the rest, and detail too fine
 * for the target comes back as a pattern that is not there. There the linearly interpolated source is averaged under a
 * tent; the two kernels together have the variance of a tent as wide as the target's spacing, so that nothing jumps
 * where the spacings are equal. The weights sum to 1 and keep linear ramps exact. Pure; loops over typed arrays.
 */
import type { ScalarVolume, Vec3, VolumeGeometry } from './ctVolume.ts';
import { indexMap, resample } from './resample.ts';
import type { Sampled } from './resample.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { abs, ceil, floor, hypot, max, min, sqrt } = Math;

/** Steps off an axis of the source below this (source voxels for each target voxel) count as parallel to it. */
const PARALLEL = 1e-9;
/** A target voxel up to this many source voxels wide is interpolated: the tent would change nothing. */
const WIDER = 1.01;

/**
 * Samples `source` at every voxel centre of `target` (LPS mm in both). Beyond its outermost voxels the source goes on
 * with the nearest voxel's value.
 *
 * @param filtered false: trilinear on every axis, however coarse the target (for fields that are no image, such as
 *   distances, whose peaks a filter would take away)
 * @returns values on the target grid, i fastest
 */
export function filteredResample(source: Sampled, target: VolumeGeometry, filtered = true): ScalarVolume {
  const { start, step } = indexMap(source, target);
  const tentOn = (axis: 0 | 1 | 2): number => {
    const voxels = hypot(step[0][axis], step[1][axis], step[2][axis]);
    return filtered && voxels > WIDER ? sqrt(voxels * voxels - 1) : 0;
  };
  const tents: Vec3 = [tentOn(0), tentOn(1), tentOn(2)];
  const parallel = step.every((along, axis) =>
    along.every((value, other) => other === axis || abs(value) < PARALLEL),
  );
  if (parallel) {
    const steps: Vec3 = [step[0][0], step[1][1], step[2][2]];
    return { ...geometryOf(target), data: separable(source, target.size, start, steps, tents) };
  }
  return tents.every((value) => value === 0)
    ? resample(source, target, 'nearest')
    : { ...geometryOf(target), data: general(source, target.size, start, step, tents) };
}

/**
 * Linear interpolation's kernel (a tent of half width 1) averaged under a tent of half width `tent`, at a distance in
 * source voxels: of unit area, 0 from 1 + `tent` on.
 */
function kernel(distance: number, tent: number): number {
  const x = abs(distance);
  if (tent === 0) return max(0, 1 - x);
  // A tent is the second difference of a ramp; two of them averaged are differences of a cubic.
  const outer = cubic(x + 1 + tent) - 2 * cubic(x + 1) + cubic(x + 1 - tent);
  const middle = cubic(x + tent) - 2 * cubic(x) + cubic(x - tent);
  const inner = cubic(x - 1 + tent) - 2 * cubic(x - 1) + cubic(x - 1 - tent);
  return x >= 1 + tent ? 0 : max(0, outer - 2 * middle + inner) / (6 * tent * tent);
}

const cubic = (x: number): number => (x > 0 ? x * x * x : 0);

/** The weights of one axis: target index t reads the source voxels `first[t]` … with `weights[t * taps]` …. */
interface Taps {
  readonly taps: number;
  readonly first: Int32Array;
  readonly weights: Float64Array;
}

function tapsOf(count: number, start: number, step: number, tent: number, voxels: number): Taps {
  const reach = 1 + tent;
  const taps = min(voxels, ceil(2 * reach));
  const first = new Int32Array(count);
  const weights = new Float64Array(count * taps);
  for (let t = 0; t < count; t++) {
    const at = start + t * step;
    const low = floor(at - reach) + 1;
    const high = ceil(at + reach) - 1;
    const from = max(0, min(voxels - taps, low));
    first[t] = from;
    for (let i = low; i <= high; i++)
      // What lies beyond the source counts as its nearest voxel.
      weights[t * taps + max(0, min(voxels - 1, i)) - from]! += kernel(at - i, tent);
  }
  return { taps, first, weights };
}

/** One axis after the other: the same weighted sum as in one loop over all source voxels, with fewer products. */
function separable(source: Sampled, size: Vec3, start: Vec3, step: Vec3, tents: Vec3): Float32Array {
  const [si, sj, sk] = source.size;
  const [ti, tj, tk] = size;
  const x = tapsOf(ti, start[0], step[0], tents[0], si);
  const y = tapsOf(tj, start[1], step[1], tents[1], sj);
  const z = tapsOf(tk, start[2], step[2], tents[2], sk);
  // Only the rows and columns that the target needs.
  const [left, columns] = extentOf(x);
  const [top, rows] = extentOf(y);
  const slice = new Float64Array(columns * rows);
  const row = new Float64Array(columns);
  const result = new Float32Array(ti * tj * tk);
  let at = 0;
  for (let k = 0; k < tk; k++) {
    slice.fill(0);
    for (let tap = 0; tap < z.taps; tap++) {
      const weight = z.weights[k * z.taps + tap]!;
      if (weight === 0) continue;
      for (let j = 0; j < rows; j++) {
        const line = left + si * (top + j + sj * (z.first[k]! + tap));
        for (let i = 0; i < columns; i++) slice[i + columns * j]! += weight * source.data[line + i]!;
      }
    }
    for (let j = 0; j < tj; j++) {
      row.fill(0);
      for (let tap = 0; tap < y.taps; tap++) {
        const weight = y.weights[j * y.taps + tap]!;
        if (weight === 0) continue;
        const line = columns * (y.first[j]! + tap - top);
        for (let i = 0; i < columns; i++) row[i]! += weight * slice[line + i]!;
      }
      for (let i = 0; i < ti; i++) {
        const from = x.first[i]! - left;
        let sum = 0;
        for (let tap = 0; tap < x.taps; tap++) sum += x.weights[i * x.taps + tap]! * row[from + tap]!;
        result[at++] = sum;
      }
    }
  }
  return result;
}

/** First source index that is read, and how many from there. */
function extentOf({ taps, first }: Taps): readonly [number, number] {
  let low = Infinity;
  let high = 0;
  for (const index of first) {
    low = min(low, index);
    high = max(high, index + taps);
  }
  return [low, high - low];
}

/** Grids that are turned against each other: the kernels multiplied over every source voxel within their reach. */
function general(
  source: Sampled,
  size: Vec3,
  start: Vec3,
  step: readonly [Vec3, Vec3, Vec3],
  tents: Vec3,
): Float32Array {
  const [ni, nj, nk] = source.size;
  const [rx, ry, rz] = [1 + tents[0], 1 + tents[1], 1 + tents[2]];
  const result = new Float32Array(size[0] * size[1] * size[2]);
  const within = (index: number, count: number): number => max(0, min(count - 1, index));
  let at = 0;
  for (let c = 0; c < size[2]; c++)
    for (let b = 0; b < size[1]; b++)
      for (let a = 0; a < size[0]; a++) {
        const x = start[0] + a * step[0][0] + b * step[1][0] + c * step[2][0];
        const y = start[1] + a * step[0][1] + b * step[1][1] + c * step[2][1];
        const z = start[2] + a * step[0][2] + b * step[1][2] + c * step[2][2];
        let sum = 0;
        for (let k = ceil(z - rz); k <= z + rz; k++)
          for (let j = ceil(y - ry); j <= y + ry; j++) {
            const line = ni * (within(j, nj) + nj * within(k, nk));
            const share = kernel(z - k, tents[2]) * kernel(y - j, tents[1]);
            if (share === 0) continue;
            for (let i = ceil(x - rx); i <= x + rx; i++)
              sum += share * kernel(x - i, tents[0]) * source.data[line + within(i, ni)]!;
          }
        result[at++] = sum;
      }
  return result;
}

function geometryOf({ size, spacing, origin, direction }: VolumeGeometry): VolumeGeometry {
  return { size, spacing, origin, direction };
}
