/** From the server's preview box (LPS mm, base64) to voxels of the volume that the viewer holds. */
import type { PointLps, PreviewBox } from '@nodulelab/contract';
import { add, dot, scale, subtract } from './vector.ts';

/** Geometry of a volume in the viewer: `direction` holds the unit vectors of i, j and k one after the other. */
export interface VolumeGrid {
  readonly dimensions: readonly [number, number, number];
  readonly spacing: readonly [number, number, number];
  readonly origin: PointLps;
  readonly direction: ArrayLike<number>;
}

/** Voxels to change: `indices` are offsets into the whole volume (i fastest), `values` their HU. */
export interface VoxelPatch {
  readonly indices: Uint32Array;
  readonly values: Int16Array;
  /** The slices (k) that are touched, ascending. */
  readonly slices: readonly number[];
}

/** Largest allowed mismatch of the two grids, in voxels. */
const TOLERANCE = 0.02;

export class GridMismatch extends Error {
  constructor() {
    super(
      'The preview does not lie on the grid of the CT that is shown. Show the original CT series and preview again.',
    );
    this.name = 'GridMismatch';
  }
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** Little-endian Int16 HU. */
export function decodeHu(base64: string): Int16Array {
  const view = new DataView(bytesOf(base64).buffer);
  return Int16Array.from({ length: view.byteLength >> 1 }, (_, n) => view.getInt16(2 * n, true));
}

/** Voxel coordinates (i, j, k) of a point, fractional. */
export function worldToIndex(grid: VolumeGrid, point: PointLps): PointLps {
  const offset = subtract(point, grid.origin);
  const along = (axis: 0 | 1 | 2): number => {
    const d = grid.direction;
    return dot(offset, [d[3 * axis]!, d[3 * axis + 1]!, d[3 * axis + 2]!]) / grid.spacing[axis];
  };
  return [along(0), along(1), along(2)];
}

function whole(index: PointLps): PointLps {
  const rounded = index.map(Math.round) as PointLps;
  if (rounded.some((value, axis) => Math.abs(value - index[axis]!) > TOLERANCE)) throw new GridMismatch();
  return rounded;
}

/**
 * Where each voxel of the box lies in the volume. The two grids must coincide, but their axes may be flipped or
 * swapped: the viewer orders slices by its own rule.
 */
export function patchOf(grid: VolumeGrid, box: PreviewBox): VoxelPatch {
  const start = whole(worldToIndex(grid, box.origin));
  const steps = ([0, 1, 2] as const).map((axis) =>
    subtract(
      whole(worldToIndex(grid, add(box.origin, scale(box.direction[axis], box.spacing[axis])))),
      start,
    ),
  );
  const [width, height] = grid.dimensions;
  const [ni, nj, nk] = box.size;
  const values = decodeHu(box.hu);
  if (values.length !== ni * nj * nk) throw new GridMismatch();
  // The box is convex: when both ends lie inside the volume, everything between them does.
  const end = add(
    add(add(start, scale(steps[0]!, ni - 1)), scale(steps[1]!, nj - 1)),
    scale(steps[2]!, nk - 1),
  );
  for (const corner of [start, end])
    if (corner.some((value, axis) => value < 0 || value >= grid.dimensions[axis]!)) throw new GridMismatch();
  const offsetOf = (index: PointLps): number => index[0] + width * (index[1] + height * index[2]);
  const first = offsetOf(start);
  const [strideI, strideJ, strideK] = [offsetOf(steps[0]!), offsetOf(steps[1]!), offsetOf(steps[2]!)];
  const indices = new Uint32Array(values.length);
  for (let k = 0, n = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) indices[n++] = first + i * strideI + j * strideJ + k * strideK;
  const [low, high] = [Math.min(start[2], end[2]), Math.max(start[2], end[2])];
  return { indices, values, slices: Array.from({ length: high - low + 1 }, (_, n) => low + n) };
}
