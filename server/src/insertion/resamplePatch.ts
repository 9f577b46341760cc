/**
 * Puts a patch onto the host's grid the way a scanner would have seen it: point spread in the plane, average over the
 * slice thickness (partial volume), smooth cubic interpolation between patch voxels.
 */
import type { IndexBox, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { worldToIndex } from '../volume/ctVolume.ts';
import type { HuPatch } from './patchShape.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, ceil, exp, floor, max, min } = Math;

export interface PatchPlacement {
  /** Where the patch's `anchor` comes to lie, LPS mm. */
  readonly centre: Vec3;
  /** Patch index that is placed at `centre`. */
  readonly anchor: Vec3;
  /** Size of a patch voxel in the host, mm. */
  readonly voxelMm: number;
  /** Unit vectors of the patch's x, y, z axes in LPS. */
  readonly axes: readonly [Vec3, Vec3, Vec3];
  /** Width of the host's slices, mm: at least the distance between them. */
  readonly sliceMm: number;
  /** Applied to each interpolated value, before the slice is averaged. */
  readonly remap: (hu: number) => number;
  /** Of the patch: where there is anything to interpolate. */
  readonly cells: Uint8Array;
}

/** Smallest host box that holds everything of the patch within `reachMm` (along i, j, k) of the centre, cut to the host. */
export function boxAround(host: VolumeGeometry, centre: Vec3, reachMm: Vec3): IndexBox {
  const index = worldToIndex(host, centre);
  const from = (axis: 0 | 1 | 2): number =>
    min(host.size[axis] - 1, max(0, floor(index[axis] - reachMm[axis] / host.spacing[axis])));
  const to = (axis: 0 | 1 | 2): number =>
    max(1, min(host.size[axis], ceil(index[axis] + reachMm[axis] / host.spacing[axis]) + 1));
  return { min: [from(0), from(1), from(2)], max: [to(0), to(1), to(2)] };
}

/** Gaussian of `sigma` patch voxels along x, y and z; the patch's border value continues outside it. */
export function blurPatch({ edge, hu }: HuPatch, sigma: Vec3): HuPatch {
  let from = hu;
  for (const axis of [0, 1, 2] as const) from = blurAlong(from, edge, edge ** axis, sigma[axis]);
  return { edge, hu: from };
}

/** First voxel of every line of a cube along the axis of this stride. */
export function lineStarts(edge: number, stride: number): Int32Array {
  return Int32Array.from({ length: edge * edge }, (_, n) => (n % stride) + floor(n / stride) * stride * edge);
}

function blurAlong(from: Float32Array, edge: number, stride: number, sigma: number): Float32Array {
  if (sigma < 0.25) return from;
  const radius = ceil(3 * sigma);
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, n) =>
    exp(-((n - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  const line = new Float32Array(edge + 2 * radius);
  const to = new Float32Array(from.length);
  for (const start of lineStarts(edge, stride)) {
    for (let n = 0; n < line.length; n++) line[n] = from[start + stride * min(edge - 1, max(0, n - radius))]!;
    for (let n = 0; n < edge; n++) {
      let sum = 0;
      for (let m = 0; m < kernel.length; m++) sum += kernel[m]! * line[n + m]!;
      to[start + stride * n] = sum / total;
    }
  }
  return to;
}

/**
 * Samples the patch on the host voxels of a box, averaged over the width of the slice.
 *
 * @returns HU per voxel of the box, i fastest; `outsideHu` beyond the patch.
 */
export function samplePatch(
  patch: HuPatch,
  placement: PatchPlacement,
  host: VolumeGeometry,
  box: IndexBox,
  outsideHu: number,
): Float32Array {
  const size = [box.max[0] - box.min[0], box.max[1] - box.min[1], box.max[2] - box.min[2]] as const;
  const out = new Float32Array(size[0] * size[1] * size[2]);
  const { axes, anchor, voxelMm, centre, sliceMm, remap, cells } = placement;
  const { edge } = patch;
  const start = worldToIndex(host, centre);
  // Patch index per host step: affine, so three column vectors suffice.
  const perStep = ([0, 1, 2] as const).map((axis) =>
    axes.map((patchAxis) => (dot(host.direction[axis], patchAxis) * host.spacing[axis]) / voxelMm),
  ) as [number[], number[], number[]];
  const width = sliceMm / host.spacing[2];
  const samples = max(1, min(8, ceil(sliceMm / voxelMm / 1.5)));
  let at = 0;
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let j = box.min[1]; j < box.max[1]; j++)
      for (let i = box.min[0]; i < box.max[0]; i++) {
        let sum = 0;
        for (let n = 0; n < samples; n++) {
          const di = i - start[0];
          const dj = j - start[1];
          const dk = k - start[2] + width * ((n + 0.5) / samples - 0.5);
          const x = anchor[0] + perStep[0][0]! * di + perStep[1][0]! * dj + perStep[2][0]! * dk;
          const y = anchor[1] + perStep[0][1]! * di + perStep[1][1]! * dj + perStep[2][1]! * dk;
          const z = anchor[2] + perStep[0][2]! * di + perStep[1][2]! * dj + perStep[2][2]! * dk;
          const isOut = x < 0 || y < 0 || z < 0 || x >= edge - 1 || y >= edge - 1 || z >= edge - 1;
          const cell = isOut ? -1 : floor(x) + edge * (floor(y) + edge * floor(z));
          sum += cell < 0 || cells[cell] === 0 ? outsideHu : remap(cubicAt(patch, x, y, z));
        }
        out[at++] = sum / samples;
      }
  return out;
}

/** Differences from the ground that no eye and no measurement finds, HU. */
const NOTHING_HU = 4;

/** 1 for every cell (named by its first corner) whose interpolation sees anything but the ground. */
export function cellsWithContent({ edge, hu }: HuPatch, groundHu: number): Uint8Array {
  let from = Uint8Array.from(hu, (value) => (abs(value - groundHu) > NOTHING_HU ? 1 : 0));
  // A voxel is seen from the cells that begin two before it to one after it; at the ends of a line the next line's
  // cells are marked too, which only costs their interpolation.
  for (const stride of [1, edge, edge * edge])
    from = from.map(
      (here, at) => here | (from[at - stride] ?? 0) | (from[at + stride] ?? 0) | (from[at + 2 * stride] ?? 0),
    );
  return from;
}

const weightsX = new Float64Array(4);
const weightsY = new Float64Array(4);
const weightsZ = new Float64Array(4);

/** Catmull-Rom weights for the four neighbours of a position with fractional part `t`. */
function catmullRom(t: number, weights: Float64Array): void {
  weights[0] = 0.5 * t * (-1 + t * (2 - t));
  weights[1] = 0.5 * (2 + t * t * (-5 + 3 * t));
  weights[2] = 0.5 * t * (1 + t * (4 - 3 * t));
  weights[3] = 0.5 * t * t * (t - 1);
}

function cubicAt({ edge, hu }: HuPatch, x: number, y: number, z: number): number {
  const x0 = floor(x);
  const y0 = floor(y);
  const z0 = floor(z);
  catmullRom(x - x0, weightsX);
  catmullRom(y - y0, weightsY);
  catmullRom(z - z0, weightsZ);
  let sum = 0;
  for (let c = 0; c < 4; c++) {
    const k = min(edge - 1, max(0, z0 + c - 1));
    for (let b = 0; b < 4; b++) {
      const j = min(edge - 1, max(0, y0 + b - 1));
      const row = edge * (j + edge * k);
      let line = 0;
      for (let a = 0; a < 4; a++) line += weightsX[a]! * hu[row + min(edge - 1, max(0, x0 + a - 1))]!;
      sum += weightsZ[c]! * weightsY[b]! * line;
    }
  }
  return sum;
}

function dot(a: Vec3, b: readonly number[]): number {
  return a[0] * b[0]! + a[1] * b[1]! + a[2] * b[2]!;
}
