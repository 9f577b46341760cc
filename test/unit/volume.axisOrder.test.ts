import { describe, expect, test } from '@jest/globals';
import { inLpsOrder } from '../../server/src/volume/axisOrder.ts';
import { indexToWorld, type CtVolume, type Vec3 } from '../../server/src/volume/ctVolume.ts';

const SIZE: Vec3 = [3, 4, 5];
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;
const LPS: CtVolume = {
  size: SIZE,
  spacing: [0.5, 1, 2],
  origin: [-10, 20, 30],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  data: Int16Array.from({ length: 60 }, (_, i) => i),
};

/** The same volume as another program might store it: stored axis a runs along LPS axis `order[a]`, backwards or not. */
function storedAs(order: (typeof ORDERS)[number], flips: number): CtVolume {
  const flipped = order.map((_, axis) => ((flips >> axis) & 1) === 1);
  const size = order.map((axis) => SIZE[axis]) as unknown as Vec3;
  const data = new Int16Array(60);
  const indexOf = (stored: Vec3): Vec3 => {
    const index: [number, number, number] = [0, 0, 0];
    order.forEach((axis, a) => (index[axis] = flipped[a] ? size[a]! - 1 - stored[a]! : stored[a]!));
    return index;
  };
  let at = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++) {
        const [x, y, z] = indexOf([i, j, k]);
        data[at++] = LPS.data[x + SIZE[0] * (y + SIZE[1] * z)]!;
      }
  return {
    size,
    data,
    spacing: order.map((axis) => LPS.spacing[axis]) as unknown as Vec3,
    origin: indexToWorld(LPS, indexOf([0, 0, 0])),
    direction: order.map((axis, a) =>
      [0, 1, 2].map((row) => (row === axis ? (flipped[a] ? -1 : 1) : 0)),
    ) as unknown as CtVolume['direction'],
  };
}

describe('a CT in the order L, P, S', () => {
  const all = ORDERS.flatMap((order) => Array.from({ length: 8 }, (_, flips) => ({ order, flips })));

  test('is the same from each of the 48 ways to store it', () => {
    for (const { order, flips } of all) expect(inLpsOrder(storedAs(order, flips)).volume).toEqual(LPS);
  });

  test('copies nothing where it is in order already', () => {
    expect(inLpsOrder(LPS).volume).toBe(LPS);
  });

  test('gives a box back in the file’s own order, each value at its voxel', () => {
    const box = { min: [1, 0, 2], max: [3, 3, 4] } as const;
    const values = Int16Array.from({ length: 12 }, (_, i) => 1000 + i);
    for (const { order, flips } of all) {
      const stored = storedAs(order, flips);
      const back = inLpsOrder(stored).toStored(box, values);
      const changed = stored.data.slice();
      const [ni, nj] = stored.size;
      let from = 0;
      for (let k = back.box.min[2]; k < back.box.max[2]; k++)
        for (let j = back.box.min[1]; j < back.box.max[1]; j++)
          for (let i = back.box.min[0]; i < back.box.max[0]; i++)
            changed[i + ni * (j + nj * k)] = back.values[from++]!;
      expect(from).toBe(12);
      const expected = LPS.data.slice();
      let at = 0;
      for (let k = 2; k < 4; k++)
        for (let j = 0; j < 3; j++) for (let i = 1; i < 3; i++) expected[i + 3 * (j + 4 * k)] = values[at++]!;
      expect(inLpsOrder({ ...stored, data: changed }).volume.data).toEqual(expected);
    }
  });

  test('follows an oblique grid to the nearest axes and keeps every voxel’s place in the patient', () => {
    const [c, s] = [Math.cos(0.2), Math.sin(0.2)];
    const oblique: CtVolume = {
      ...storedAs([1, 2, 0], 5),
      direction: [
        [s, -c, 0],
        [0, 0, 1],
        [-c, -s, 0],
      ],
    };
    const { volume } = inLpsOrder(oblique);
    expect(volume.direction[0]).toEqual([c, s, 0]);
    expect(volume.direction[1]).toEqual([-s, c, 0]);
    expect(volume.direction[2]).toEqual([0, 0, 1]);
    // Voxel (0, 0, 0) of the result is the last one of both flipped axes.
    const corner = indexToWorld(oblique, [oblique.size[0] - 1, 0, oblique.size[2] - 1]);
    volume.origin.forEach((mm, axis) => expect(mm).toBeCloseTo(corner[axis]!, 10));
    expect(volume.data[0]).toBe(
      oblique.data[oblique.size[0] - 1 + oblique.size[0] * oblique.size[1] * (oblique.size[2] - 1)],
    );
  });
});
