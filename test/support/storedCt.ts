/** One CT as different programs store it: its axes in any order, each forwards or backwards. */
import { indexToWorld, type CtVolume, type Vec3 } from '../../server/src/volume/ctVolume.ts';

export const AXIS_ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;
export type AxisOrder = (typeof AXIS_ORDERS)[number];

/**
 * @param order stored axis a runs along axis `order[a]` of the volume
 * @param flips bit a: stored axis a runs backwards
 */
export function storedAs(volume: CtVolume, order: AxisOrder, flips: number): CtVolume {
  const backwards = order.map((_, a) => ((flips >> a) & 1) === 1);
  const size = order.map((axis) => volume.size[axis]) as unknown as Vec3;
  const indexOf = (stored: Vec3): Vec3 => {
    const index: [number, number, number] = [0, 0, 0];
    order.forEach((axis, a) => (index[axis] = backwards[a] ? size[a]! - 1 - stored[a]! : stored[a]!));
    return index;
  };
  const data = new Int16Array(volume.data.length);
  let at = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++) {
        const [x, y, z] = indexOf([i, j, k]);
        data[at++] = volume.data[x + volume.size[0] * (y + volume.size[1] * z)]!;
      }
  return {
    size,
    data,
    spacing: order.map((axis) => volume.spacing[axis]) as unknown as Vec3,
    origin: indexToWorld(volume, indexOf([0, 0, 0])),
    direction: order.map((axis, a) =>
      volume.direction[axis].map((part) => (backwards[a] ? 0 - part : part)),
    ) as unknown as CtVolume['direction'],
  };
}
