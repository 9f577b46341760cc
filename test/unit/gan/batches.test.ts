import { describe, expect, test } from '@jest/globals';
import {
  BatchReader,
  batchesPerEpoch,
  copyOriented,
  halve,
  ORIENTATIONS,
  type PatchSource,
} from '../../../server/src/gan/batches.ts';

/** Patch i is the constant i / count. */
const constants = (count: number, size = 4): PatchSource => ({
  count,
  size,
  patch: (index) => Promise.resolve(new Float32Array(size ** 3).fill(index / count)),
});

describe('batches', () => {
  test('show every patch once an epoch, in another order in the next, in [−1, 1]', async () => {
    const reader = new BatchReader(constants(12), 4, 4, 1);
    expect(batchesPerEpoch(12, 4)).toBe(3);
    const epoch = async (first: number): Promise<number[]> => {
      const shown: number[] = [];
      for (let b = first; b < first + 3; b++) {
        const batch = await reader.batch(b);
        for (let i = 0; i < 4; i++) shown.push(Math.round(((batch[i * 64]! + 1) / 2) * 12));
      }
      return shown;
    };
    const [one, two] = [await epoch(0), await epoch(3)];
    const all = Array.from({ length: 12 }, (_, i) => i);
    expect([...one].sort((a, b) => a - b)).toEqual(all);
    expect([...two].sort((a, b) => a - b)).toEqual(all);
    expect(one).not.toEqual(two);
  });

  test('depend on seed and number only, not on what was asked before', async () => {
    const source: PatchSource = {
      ...constants(12),
      patch: (i) => Float32Array.from({ length: 64 }, (_, v) => (v + i) / 80),
    };
    const inOrder = new BatchReader(source, 4, 4, 1);
    await inOrder.batch(0);
    await inOrder.batch(1);
    expect(await new BatchReader(source, 4, 4, 1).batch(2)).toEqual(await inOrder.batch(2));
    expect(await new BatchReader(source, 4, 4, 2).batch(2)).not.toEqual(await inOrder.batch(2));
  });

  test('repeat patches when there are fewer than a batch holds', async () => {
    const batch = await new BatchReader(constants(2), 4, 5, 1).batch(0);
    const values = [0, 1, 2, 3, 4].map((i) => batch[i * 64]);
    expect([...new Set(values)].sort()).toEqual([-1, 0]);
  });

  test('of coarser stages hold means of the fine voxels', async () => {
    const ramp: PatchSource = {
      count: 1,
      size: 4,
      patch: () => Float32Array.from({ length: 64 }, (_, i) => i / 63),
    };
    const batch = await new BatchReader(ramp, 2, 1, 1).batch(0);
    const expected = [...halve(ramp.patch(0) as Float32Array, 4)].map((v) => 2 * v - 1);
    expect([...batch].sort((a, b) => a - b)).toEqual([...Float32Array.from(expected)].sort((a, b) => a - b));
  });
});

test('halving averages blocks of eight voxels', () => {
  const fine = Float32Array.from({ length: 64 }, (_, i) => i);
  // The block at the origin: 0, 1, 4, 5, 16, 17, 20, 21.
  expect(halve(fine, 4)[0]).toBe(84 / 8);
  expect(halve(fine, 4)[7]).toBe(84 / 8 + 2 + 8 + 32);
});

describe('orientations', () => {
  const cube = Float32Array.from({ length: 27 }, (_, i) => i);
  const oriented = (orientation: number): Float32Array => {
    const result = new Float32Array(27);
    copyOriented(cube, 3, orientation, result, 0);
    return result;
  };

  test('are 48 different rearrangements, the first of which changes nothing', () => {
    expect(oriented(0)).toEqual(cube);
    const all = Array.from({ length: ORIENTATIONS }, (_, i) => oriented(i));
    expect(new Set(all.map((values) => values.join())).size).toBe(48);
    for (const values of all) expect([...values].sort((a, b) => a - b)).toEqual([...cube]);
  });

  test('keep neighbours neighbours: the centre stays and faces stay faces', () => {
    for (let i = 0; i < ORIENTATIONS; i++) {
      const values = oriented(i);
      expect(values[13]).toBe(13);
      expect([4, 10, 12, 14, 16, 22].map((at) => values[at]!).sort((a, b) => a - b)).toEqual([
        4, 10, 12, 14, 16, 22,
      ]);
    }
  });
});
