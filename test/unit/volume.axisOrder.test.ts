import { describe, expect, test } from '@jest/globals';
import { inLpsOrder } from '../../server/src/volume/axisOrder.ts';
import { indexToWorld, type CtVolume } from '../../server/src/volume/ctVolume.ts';
import { AXIS_ORDERS, storedAs } from '../support/storedCt.ts';

const LPS: CtVolume = {
  size: [3, 4, 5],
  spacing: [0.5, 1, 2],
  origin: [-10, 20, 30],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  data: Int16Array.from({ length: 60 }, (_, i) => i),
};

describe('a CT in the order L, P, S', () => {
  const all = AXIS_ORDERS.flatMap((order) => Array.from({ length: 8 }, (_, flips) => ({ order, flips })));

  test('is the same from each of the 48 ways to store it', () => {
    for (const { order, flips } of all) expect(inLpsOrder(storedAs(LPS, order, flips)).volume).toEqual(LPS);
  });

  test('copies nothing where it is in order already', () => {
    expect(inLpsOrder(LPS).volume).toBe(LPS);
  });

  test('gives a box back in the file’s own order, each value at its voxel', () => {
    const box = { min: [1, 0, 2], max: [3, 3, 4] } as const;
    const values = Int16Array.from({ length: 12 }, (_, i) => 1000 + i);
    for (const { order, flips } of all) {
      const stored = storedAs(LPS, order, flips);
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
      ...storedAs(LPS, [1, 2, 0], 5),
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
