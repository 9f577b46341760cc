/** What a preview adds to a CT, laid elsewhere in it: a picture to drag by, until the server has made the real one. */
import type { PointLps, PreviewBox } from '@nodulelab/contract';
import { type VolumeGrid, worldToIndex } from './box.ts';
import { carrying, type Pose } from './pose.ts';
import { add, scale, subtract } from './vector.ts';

/** The difference that a box makes, HU, in the order of its voxels. */
export interface Lump {
  readonly box: Pick<PreviewBox, 'size' | 'origin' | 'spacing' | 'direction'>;
  readonly difference: Float32Array;
}

/** Voxels of the volume and what is added to each, HU. */
export interface Laid {
  readonly indices: Int32Array;
  readonly added: Int16Array;
}

const { ceil, floor, max, min, round } = Math;
const AXES = [0, 1, 2] as const;
const CORNERS = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [n & 1, (n >> 1) & 1, n >> 2] as const);

const pointAt = ({ origin, spacing, direction }: Lump['box'], index: PointLps): PointLps =>
  AXES.reduce((point, axis) => add(point, scale(direction[axis], spacing[axis] * index[axis])), origin);

const gridOf = ({ size, origin, spacing, direction }: Lump['box']): VolumeGrid => ({
  ...{ dimensions: size, spacing, origin },
  direction: direction.flat(),
});

function worldOf({ origin, spacing, direction }: VolumeGrid, index: PointLps): PointLps {
  return AXES.map((along) =>
    AXES.reduce(
      (sum, axis) => sum + index[axis] * spacing[axis] * direction[3 * axis + along]!,
      origin[along],
    ),
  ) as PointLps;
}

/** The smallest block of the volume's voxels that holds all of the carried box: first and last of each axis. */
function blockOf(grid: VolumeGrid, box: Lump['box'], forward: (point: PointLps) => PointLps) {
  const corners = CORNERS.map((corner) =>
    worldToIndex(
      grid,
      forward(pointAt(box, corner.map((end, axis) => end * (box.size[axis]! - 1)) as PointLps)),
    ),
  );
  return AXES.map((axis) => {
    const along = corners.map((corner) => corner[axis]);
    return [max(0, ceil(min(...along))), min(grid.dimensions[axis] - 1, floor(max(...along)))] as const;
  });
}

/** @param from the pose that the difference was made for */
export function laidAt(grid: VolumeGrid, { box, difference }: Lump, from: Pose, to: Pose): Laid {
  const block = blockOf(grid, box, carrying(from, to));
  const source = gridOf(box);
  const back = carrying(to, from);
  // Every step of the way is affine: where four voxels come from tells it of all.
  const cameFrom = (index: PointLps): PointLps => worldToIndex(source, back(worldOf(grid, index)));
  const zero = cameFrom([0, 0, 0]);
  const [di, dj, dk] = [cameFrom([1, 0, 0]), cameFrom([0, 1, 0]), cameFrom([0, 0, 1])].map((at) =>
    subtract(at, zero),
  ) as [PointLps, PointLps, PointLps];
  const [[i0, i1], [j0, j1], [k0, k1]] = block as [
    readonly [number, number],
    readonly [number, number],
    readonly [number, number],
  ];
  const [width, height] = grid.dimensions;
  const most = max(0, i1 - i0 + 1) * max(0, j1 - j0 + 1) * max(0, k1 - k0 + 1);
  const indices = new Int32Array(most);
  const added = new Int16Array(most);
  let found = 0;
  for (let k = k0; k <= k1; k++)
    for (let j = j0; j <= j1; j++)
      for (let i = i0; i <= i1; i++) {
        const value = round(
          between(
            difference,
            box.size,
            zero[0] + i * di[0] + j * dj[0] + k * dk[0],
            zero[1] + i * di[1] + j * dj[1] + k * dk[1],
            zero[2] + i * di[2] + j * dj[2] + k * dk[2],
          ),
        );
        if (value === 0) continue;
        indices[found] = i + width * (j + height * k);
        added[found++] = value;
      }
  return { indices: indices.subarray(0, found), added: added.subarray(0, found) };
}

/** Rounding must not cut off the last voxels of a box that was not moved at all. */
const EDGE = 1e-4;

/** Trilinear; nothing outside. */
function between(
  values: Float32Array,
  [ni, nj, nk]: readonly [number, number, number],
  x: number,
  y: number,
  z: number,
): number {
  if (x < -EDGE || y < -EDGE || z < -EDGE || x > ni - 1 + EDGE || y > nj - 1 + EDGE || z > nk - 1 + EDGE)
    return 0;
  const [i, j, k] = [low(x, ni), low(y, nj), low(z, nk)];
  const [u, v, w] = [x - i, y - j, z - k];
  const stepI = ni > 1 ? 1 : 0;
  const stepJ = nj > 1 ? ni : 0;
  const stepK = nk > 1 ? ni * nj : 0;
  const at = i + ni * (j + nj * k);
  const row = (n: number): number => values[n]! * (1 - u) + values[n + stepI]! * u;
  const slice = (n: number): number => row(n) * (1 - v) + row(n + stepJ) * v;
  return slice(at) * (1 - w) + slice(at + stepK) * w;
}

const low = (at: number, count: number): number => max(0, min(count - 2, floor(at)));
