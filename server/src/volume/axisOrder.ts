/**
 * A CT with its axes in the order in which anatomy and insertion look at it, whatever order a file keeps them in: i
 * towards L, j towards P, k towards S, as nearly as its grid allows. Voxels move, none is computed.
 */
import { indexToWorld } from './ctVolume.ts';
import type { CtVolume, IndexBox, Vec3 } from './ctVolume.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { abs } = Math;

export interface OrderedCt {
  /** Same voxels, same places in the patient; the stored volume itself where its axes are in order already. */
  readonly volume: CtVolume;
  /** A box of `volume` and its values (i fastest) as they lie in the stored volume. */
  toStored(box: IndexBox, values: Int16Array): { readonly box: IndexBox; readonly values: Int16Array };
}

type Axis = 0 | 1 | 2;
type Axes = readonly [Axis, Axis, Axis];

const AXES: Axes = [0, 1, 2];

const ORDERS: readonly Axes[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

export function inLpsOrder(stored: CtVolume): OrderedCt {
  const { direction, size, spacing } = stored;
  // Which stored axis runs along L, P and S: the assignment under which all three run along them most.
  const alongness = (axes: Axes): number =>
    axes.reduce<number>((sum, axis, patient) => sum + abs(direction[axis][patient as Axis]), 0);
  const axes = ORDERS.reduce((best, order) => (alongness(order) > alongness(best) + 1e-6 ? order : best));
  const flipped = each((to) => direction[axes[to]][to] < 0);
  if (axes.every((axis, to) => axis === to) && !flipped.includes(true))
    return { volume: stored, toStored: (box, values) => ({ box, values }) };

  const start: [number, number, number] = [0, 0, 0];
  for (const to of AXES) start[axes[to]] = flipped[to] ? size[axes[to]] - 1 : 0;
  const storedStrides: Vec3 = [1, size[0], size[0] * size[1]];
  const steps = each((to) => (flipped[to] ? -1 : 1) * storedStrides[axes[to]]);
  const ordered: Vec3 = each((to) => size[axes[to]]);
  const data = new Int16Array(stored.data.length);
  const first = start[0] + size[0] * (start[1] + size[1] * start[2]);
  let at = 0;
  for (let k = 0; k < ordered[2]; k++)
    for (let j = 0; j < ordered[1]; j++) {
      let from = first + j * steps[1] + k * steps[2];
      for (let i = 0; i < ordered[0]; i++, from += steps[0]) data[at++] = stored.data[from]!;
    }
  return {
    volume: {
      data,
      size: ordered,
      spacing: each((to) => spacing[axes[to]]),
      origin: indexToWorld(stored, start),
      direction: each((to): Vec3 => {
        const [x, y, z] = direction[axes[to]];
        return flipped[to] ? [0 - x, 0 - y, 0 - z] : [x, y, z];
      }),
    },
    toStored: (box, values) => boxToStored(box, values, axes, flipped, ordered),
  };
}

function boxToStored(
  { min, max }: IndexBox,
  values: Int16Array,
  axes: Axes,
  flipped: readonly [boolean, boolean, boolean],
  ordered: Vec3,
): { box: IndexBox; values: Int16Array } {
  const storedMin: [number, number, number] = [0, 0, 0];
  const storedMax: [number, number, number] = [0, 0, 0];
  for (const to of AXES) {
    storedMin[axes[to]] = flipped[to] ? ordered[to] - max[to] : min[to];
    storedMax[axes[to]] = flipped[to] ? ordered[to] - min[to] : max[to];
  }
  const [wide, high] = [storedMax[0] - storedMin[0], storedMax[1] - storedMin[1]];
  const strides: Vec3 = [1, wide, wide * high];
  const steps = each((to) => (flipped[to] ? -1 : 1) * strides[axes[to]]);
  const length = each((to) => max[to] - min[to]);
  const first = each((to) => (flipped[to] ? length[to] - 1 : 0) * strides[axes[to]]).reduce((a, b) => a + b);
  const result = new Int16Array(values.length);
  let from = 0;
  for (let k = 0; k < length[2]; k++)
    for (let j = 0; j < length[1]; j++)
      for (let i = 0; i < length[0]; i++)
        result[first + i * steps[0] + j * steps[1] + k * steps[2]] = values[from++]!;
  return { box: { min: storedMin, max: storedMax }, values: result };
}

const each = <T>(value: (axis: Axis) => T): readonly [T, T, T] => [value(0), value(1), value(2)];
