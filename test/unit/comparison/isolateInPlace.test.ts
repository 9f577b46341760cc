import { describe, expect, test } from '@jest/globals';
import { isolateInPlace } from '../../../server/src/services/comparison/isolateInPlace.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { PARENCHYMA_HU, windowHu } from '../../../server/src/volume/window.ts';

const SIZE = 48;
const SPACING = 0.5;
const MARGIN = { fullMm: 1, rimMm: 3 };
const ground = windowHu(PARENCHYMA_HU);

/** Noisy lung with balls in it: centre and radius in voxels. */
function lungWith(
  ...balls: readonly { at: readonly [number, number, number]; radius: number }[]
): Float32Array {
  const random = Random.of('lung');
  const values = new Float32Array(SIZE ** 3);
  for (let k = 0, index = 0; k < SIZE; k++)
    for (let j = 0; j < SIZE; j++)
      for (let i = 0; i < SIZE; i++, index++) {
        const bright = balls.some(({ at, radius }) => Math.hypot(i - at[0], j - at[1], k - at[2]) <= radius);
        values[index] = (bright ? 0.72 : 0.1) + 0.02 * random.uniform();
      }
  return values;
}
const NODULE = { at: [23.5, 23.5, 23.5], radius: 9 } as const;
const index = (i: number, j: number, k: number): number => i + SIZE * (j + SIZE * k);

describe('the nodule of a context patch alone', () => {
  test('stands on constant ground with its margin, whatever lies further out', () => {
    // Larger than the nodule, in a corner: the chest wall.
    const wall = { at: [2, 2, 2], radius: 14 } as const;
    const values = lungWith(NODULE, wall);
    const alone = isolateInPlace(values, SIZE, SPACING, 9, MARGIN)!;
    expect(alone[index(23, 23, 23)]).toBeCloseTo(values[index(23, 23, 23)]!, 5);
    expect(alone[index(2, 2, 2)]).toBeCloseTo(ground, 6);
    // 7.5 mm from the middle: nodule to 4.5 mm, margin to 3 mm beyond.
    expect(alone[index(23, 23, 40)]).toBeCloseTo(ground, 6);
    // Just outside the nodule the lung stays.
    expect(alone[index(23, 23, 34)]).not.toBeCloseTo(ground, 4);
  });

  test('is the same for the same nodule in other surroundings', () => {
    const one = isolateInPlace(lungWith(NODULE), SIZE, SPACING, 9, MARGIN)!;
    const other = isolateInPlace(
      lungWith(NODULE, { at: [44, 44, 44], radius: 6 }),
      SIZE,
      SPACING,
      9,
      MARGIN,
    )!;
    expect(Buffer.from(other.buffer).equals(Buffer.from(one.buffer))).toBe(true);
  });

  test('is null where nothing stands out from the lung', () => {
    expect(isolateInPlace(lungWith(), SIZE, SPACING, 9, MARGIN)).toBeNull();
  });
});
