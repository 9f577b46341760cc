import { describe, expect, test } from '@jest/globals';
import { halve } from '../../../server/src/dataset/halve.ts';
import { areaResample } from '../../../server/src/networks/areaResample.ts';
import { bare, patchOf, randomPatch } from '../../support/formulaPatches.ts';

const SIZE = 16;
const noise = bare(randomPatch(SIZE, 1), SIZE);

/** Values of a cube of 8³ at (z, y, x). */
const at = (cube: Float32Array, z: number, y: number, x: number): number => cube[(z * 8 + y) * 8 + x]!;

describe('resampling by means over what a voxel covers', () => {
  test('is the mean of 2×2×2 voxels for a cube of twice the size', () => {
    const expected = halve(noise, SIZE);
    areaResample(noise, SIZE, 8).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  });

  test('leaves a cube of the same size as it is', () => {
    expect(areaResample(noise, SIZE, SIZE)).toEqual(noise);
  });

  test('keeps a constant, whatever the framing', () => {
    const flat = new Float32Array(SIZE ** 3).fill(0.3);
    const seen = areaResample(flat, SIZE, 6, { zoom: 1.37, shift: [0.2, -0.31, 0.05] });
    expect(seen).toHaveLength(216);
    for (const value of seen) expect(value).toBeCloseTo(0.3, 6);
  });

  test('sees a ramp at the places that zoom and shift name, in the order (z, y, x)', () => {
    const ramp = bare(
      patchOf(SIZE, (z, y, x) => z + 100 * y + 10_000 * x),
      SIZE,
    );
    const zoom = 0.5;
    const shift = [1 / 16, -2 / 16, 0] as const;
    const seen = areaResample(ramp, SIZE, 8, { zoom, shift });
    // Half of 16 voxels in 8 steps: one voxel each, from 4 on.
    const expected = (z: number, y: number, x: number): number =>
      z + 4 + 1 + 100 * (y + 4 - 2) + 10_000 * (x + 4);
    for (const [z, y, x] of [
      [0, 0, 0],
      [7, 3, 1],
      [2, 7, 6],
    ] as const)
      expect(at(seen, z, y, x)).toBeCloseTo(expected(z, y, x), 1);
  });

  test('goes on with the outermost voxels beyond the cube', () => {
    const ramp = bare(
      patchOf(SIZE, (z) => z),
      SIZE,
    );
    const seen = areaResample(ramp, SIZE, 8, { zoom: 2, shift: [0, 0, 0] });
    expect(at(seen, 0, 4, 4)).toBe(0);
    expect(at(seen, 7, 4, 4)).toBe(15);
  });
});
