/** A coarse map of labels in the patient, as a viewport's plane cuts it. */
import type { PointLps } from '@nodulelab/contract';
import { dot, subtract } from './vector.ts';

/** Voxel (i, j, k) lies at `origin + i*spacing[0]*direction[0] + …`, LPS mm; one label a voxel, i fastest. */
export interface LabelMap {
  readonly size: readonly [number, number, number];
  readonly origin: PointLps;
  readonly spacing: readonly [number, number, number];
  readonly direction: readonly [PointLps, PointLps, PointLps];
  readonly labels: Uint8Array;
}

/** The pixels of a picture in the patient, LPS mm. */
export interface PixelPlane {
  /** Centre of the first pixel. */
  readonly origin: PointLps;
  /** From a pixel to its right neighbour. */
  readonly right: PointLps;
  /** From a pixel to the one below it. */
  readonly down: PointLps;
}

const { floor, min, max, ceil } = Math;

const alongAxes = (map: LabelMap, vector: PointLps): PointLps =>
  ([0, 1, 2] as const).map((axis) => dot(vector, map.direction[axis]) / map.spacing[axis]) as PointLps;

/** The label of the voxel around a point; 0 outside the map. */
export function labelAt(map: LabelMap, point: PointLps): number {
  const [i, j, k] = alongAxes(map, subtract(point, map.origin)).map((index) =>
    floor(index + 0.5),
  ) as PointLps;
  const [ni, nj, nk] = map.size;
  if (i < 0 || j < 0 || k < 0 || i >= ni || j >= nj || k >= nk) return 0;
  return map.labels[i + ni * (j + nj * k)]!;
}

/** First and last whole steps n in [0, count) for which start + n*step lies in [-0.5, size - 0.5). */
function within(start: number, step: number, size: number, count: number): [number, number] {
  if (step === 0) return start >= -0.5 && start < size - 0.5 ? [0, count] : [0, 0];
  const a = (-0.5 - start) / step;
  const b = (size - 0.5 - start) / step;
  return [max(0, ceil(min(a, b))), min(count, floor(max(a, b)) + 1)];
}

/**
 * The label of the nearest voxel for each pixel, row by row; 0 outside the map.
 *
 * @param out width * height labels
 */
export function samplePlane(
  map: LabelMap,
  plane: PixelPlane,
  width: number,
  height: number,
  out: Uint8Array,
): void {
  const start = alongAxes(map, subtract(plane.origin, map.origin));
  const right = alongAxes(map, plane.right);
  const down = alongAxes(map, plane.down);
  const [ni, nj, nk] = map.size;
  const { labels } = map;
  out.fill(0);
  for (let y = 0; y < height; y++) {
    const row = start.map((value, axis) => value + y * down[axis]!) as PointLps;
    // Only the stretch of the row that meets the map is walked.
    let first = 0;
    let last = width;
    for (const axis of [0, 1, 2] as const) {
      const [from, to] = within(row[axis], right[axis], map.size[axis], width);
      first = max(first, from);
      last = min(last, to);
    }
    for (let x = first; x < last; x++) {
      const i = floor(row[0] + x * right[0] + 0.5);
      const j = floor(row[1] + x * right[1] + 0.5);
      const k = floor(row[2] + x * right[2] + 0.5);
      // At the very ends rounding may fall on either side.
      if (i >= 0 && j >= 0 && k >= 0 && i < ni && j < nj && k < nk)
        out[y * width + x] = labels[i + ni * (j + nj * k)]!;
    }
  }
}
