import { describe, expect, test } from '@jest/globals';
import {
  boundingBox,
  close,
  depthInMask,
  dilate,
  erode,
  fillHolesPerSlice,
  stepInPlane,
} from '../../server/src/anatomy/morphology.ts';
import { connectedComponents } from '../../server/src/volume/components.ts';
import type { Vec3 } from '../../server/src/volume/ctVolume.ts';
import { distanceTo } from '../../server/src/volume/distance.ts';

const size: Vec3 = [21, 19, 9];
const spacing: Vec3 = [1, 1, 2.5];
const place = (i: number, j: number, k: number): number => i + size[0] * (j + size[1] * k);
const maskOf = (...voxels: number[]): Uint8Array => {
  const mask = new Uint8Array(size[0] * size[1] * size[2]);
  for (const voxel of voxels) mask[voxel] = 1;
  return mask;
};

describe('on random masks of many shapes', () => {
  let state = 1;
  const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  const cases = Array.from({ length: 60 }, () => {
    const grid: Vec3 = [
      1 + Math.floor(random() * 14),
      1 + Math.floor(random() * 14),
      1 + Math.floor(random() * 6),
    ];
    const share = 0.1 + 0.8 * random();
    return {
      grid,
      mask: Uint8Array.from({ length: grid[0] * grid[1] * grid[2] }, () => (random() < share ? 1 : 0)),
    };
  });
  const complement = (mask: Uint8Array): Uint8Array => mask.map((value) => 1 - value);

  test('depth is the exact distance to what lies outside', () => {
    for (const { grid, mask } of cases) {
      const exact = distanceTo(complement(mask), grid, spacing);
      depthInMask(mask, grid, spacing, 1000).forEach((mm, at) => {
        expect(mm).toBeCloseTo(Math.min(1000, exact[at]!), 3);
      });
    }
  });

  test('dilation takes all that is within the radius, and nothing else', () => {
    for (const { grid, mask } of cases) {
      const exact = distanceTo(mask, grid, spacing);
      expect([...dilate(mask, grid, spacing, 2.6)]).toEqual([...exact].map((mm) => (mm <= 2.6 ? 1 : 0)));
    }
  });

  test('a step in the plane is a dilation by one pixel in every slice, and shrinking grows what is outside', () => {
    for (const { grid, mask } of cases) {
      const flat: Vec3 = [1, 1, 100];
      expect(stepInPlane(mask, grid, 'grow')).toEqual(dilate(mask, grid, flat, 1));
      expect(stepInPlane(mask, grid, 'shrink')).toEqual(complement(dilate(complement(mask), grid, flat, 1)));
    }
  });
});

test('components joined by faces are one, by corners two', () => {
  const { counts } = connectedComponents(
    maskOf(place(2, 2, 2), place(3, 2, 2), place(3, 2, 3), place(4, 3, 3)),
    size,
    6,
  );
  expect(counts.slice(1)).toEqual([3, 1]);
});

describe('a ring in one slice', () => {
  const ring = new Uint8Array(size[0] * size[1] * size[2]);
  for (let j = 4; j <= 12; j++)
    for (let i = 4; i <= 12; i++) if (i === 4 || i === 12 || j === 4 || j === 12) ring[place(i, j, 3)] = 1;

  test('is filled in its own slice only', () => {
    const filled = fillHolesPerSlice(ring, size);
    expect(filled[place(8, 8, 3)]).toBe(1);
    expect(filled[place(8, 8, 2)]).toBe(0);
    expect(filled[place(1, 1, 3)]).toBe(0);
  });

  test('stays open where the hole is larger than allowed', () => {
    expect(fillHolesPerSlice(ring, size, 48)[place(8, 8, 3)]).toBe(0);
    expect(fillHolesPerSlice(ring, size, 49)[place(8, 8, 3)]).toBe(1);
  });

  test('has a box with one voxel to spare', () => {
    expect(boundingBox(ring, size, spacing, 0)).toEqual({ min: [3, 3, 2], max: [14, 14, 5] });
  });
});

test('erosion undoes dilation of a single voxel, and closing keeps the mask and bridges a gap', () => {
  const voxel = maskOf(place(10, 9, 4));
  expect(erode(dilate(voxel, size, spacing, 3), size, spacing, 3)[place(10, 9, 4)]).toBe(1);
  const split = new Uint8Array(voxel.length);
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 4; i < 17; i++) if (i < 9 || i > 11) split[place(i, j, k)] = 1;
  const closed = close(split, size, spacing, 3);
  expect(closed[place(10, 9, 4)]).toBe(1);
  expect(closed[place(1, 9, 4)]).toBe(0);
  split.forEach((value, at) => {
    if (value === 1) expect(closed[at]).toBe(1);
  });
});

test('depth is zero outside the mask and grows to its middle', () => {
  const block = maskOf();
  for (let k = 1; k < 8; k++)
    for (let j = 3; j < 16; j++) for (let i = 3; i < 18; i++) block[place(i, j, k)] = 1;
  const depth = depthInMask(block, size, spacing, 100);
  expect(depth[place(0, 0, 0)]).toBe(0);
  expect(depth[place(3, 9, 4)]).toBeCloseTo(1);
  expect(depth[place(10, 9, 4)]).toBeGreaterThan(depth[place(5, 9, 4)]!);
});
