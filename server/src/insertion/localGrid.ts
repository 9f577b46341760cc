/** A box of a CT as a small grid of its own: its voxels, its masks and the way back to the host's voxels. */
import type { CtVolume, IndexBox, Vec3 } from '../volume/ctVolume.ts';

const { ceil, exp, floor, max, min } = Math;

export interface LocalGrid {
  readonly host: CtVolume;
  readonly box: IndexBox;
  readonly size: Vec3;
  readonly spacing: Vec3;
  readonly voxels: number;
}

/** The box widened by so many mm on every side, cut to the host. */
export function gridAround(host: CtVolume, box: IndexBox, marginMm: number): LocalGrid {
  const low = (axis: 0 | 1 | 2): number => max(0, box.min[axis] - ceil(marginMm / host.spacing[axis]));
  const high = (axis: 0 | 1 | 2): number =>
    min(host.size[axis], box.max[axis] + ceil(marginMm / host.spacing[axis]));
  return gridOf(host, { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] });
}

export function gridOf(host: CtVolume, box: IndexBox): LocalGrid {
  const size: Vec3 = [box.max[0] - box.min[0], box.max[1] - box.min[1], box.max[2] - box.min[2]];
  return { host, box, size, spacing: host.spacing, voxels: size[0] * size[1] * size[2] };
}

/** Index in the host of each voxel of the grid, i fastest. */
export function hostIndices({ host, box, size, voxels }: LocalGrid): Int32Array {
  const indices = new Int32Array(voxels);
  const [nx, ny] = host.size;
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) {
      const row = box.min[0] + nx * (box.min[1] + j + ny * (box.min[2] + k));
      for (let i = 0; i < size[0]; i++) indices[at++] = row + i;
    }
  return indices;
}

/** A mask on another box of the same host, on the voxels of this grid; 0 beyond that box. */
export function maskOn(grid: LocalGrid, box: IndexBox, mask: Uint8Array): Uint8Array {
  const out = new Uint8Array(grid.voxels);
  const [ni, nj] = [box.max[0] - box.min[0], box.max[1] - box.min[1]];
  const [li, lj] = grid.size;
  const from = (axis: 0 | 1 | 2): number => max(box.min[axis], grid.box.min[axis]);
  const to = (axis: 0 | 1 | 2): number => min(box.max[axis], grid.box.max[axis]);
  for (let k = from(2); k < to(2); k++)
    for (let j = from(1); j < to(1); j++)
      for (let i = from(0); i < to(0); i++)
        out[i - grid.box.min[0] + li * (j - grid.box.min[1] + lj * (k - grid.box.min[2]))] =
          mask[i - box.min[0] + ni * (j - box.min[1] + nj * (k - box.min[2]))]! === 0 ? 0 : 1;
  return out;
}

/** Gaussian smoothing, one axis after the other; the outermost voxels continue beyond the grid. */
export function smooth(values: Float32Array, { size }: LocalGrid, sigmas: Vec3): Float32Array {
  let from = values;
  for (const axis of [0, 1, 2] as const) {
    const sigma = sigmas[axis];
    if (sigma < 0.15) continue;
    const reach = ceil(3 * sigma);
    const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, n) =>
      exp(-((n - reach) ** 2) / (2 * sigma * sigma)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const stride = axis === 0 ? 1 : axis === 1 ? size[0] : size[0] * size[1];
    const count = size[axis];
    const to = new Float32Array(values.length);
    for (let at = 0; at < values.length; at++) {
      const n = floor(at / stride) % count;
      let sum = 0;
      for (let d = -reach; d <= reach; d++)
        sum += weights[d + reach]! * from[at + (min(count - 1, max(0, n + d)) - n) * stride]!;
      to[at] = sum / total;
    }
    from = to;
  }
  return from;
}
