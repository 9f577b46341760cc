import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cropVolume } from '../../server/src/volume/crop.ts';
import {
  indexToWorld,
  type CtVolume,
  type ScalarVolume,
  type Vec3,
} from '../../server/src/volume/ctVolume.ts';
import { cubicGrid, resample } from '../../server/src/volume/resample.ts';

const geometry = {
  size: [7, 6, 5] as Vec3,
  spacing: [0.7, 0.8, 2.5] as Vec3,
  origin: [-30, 12, 100] as Vec3,
  direction: [
    [0, 1, 0],
    [-1, 0, 0],
    [0, 0, 1],
  ] as const,
};

function ramp(a: number, b: number, c: number, d: number): ScalarVolume {
  const data = new Float32Array(7 * 6 * 5);
  for (let at = 0; at < data.length; at++) {
    const [x, y, z] = indexToWorld(geometry, [at % 7, Math.floor(at / 7) % 6, Math.floor(at / 42)]);
    data[at] = a * x + b * y + c * z + d;
  }
  return { ...geometry, data };
}

describe('trilinear resampling', () => {
  test('reproduces any linear field inside the source, whatever the grids', () => {
    const coefficient = fc.double({ min: -5, max: 5, noNaN: true });
    fc.assert(
      fc.property(coefficient, coefficient, coefficient, coefficient, (a, b, c, d) => {
        const source = ramp(a, b, c, d);
        const target = cubicGrid(indexToWorld(geometry, [3, 2.5, 2]), 4, 0.5);
        resample(source, target, 'nearest').data.forEach((value, at) => {
          const [x, y, z] = indexToWorld(target, [at % 4, Math.floor(at / 4) % 4, Math.floor(at / 16)]);
          expect(value).toBeCloseTo(a * x + b * y + c * z + d, 2);
        });
      }),
    );
  });

  test('repeats the border voxel or fades to the given value beyond the source', () => {
    const source: ScalarVolume = { ...cubicGrid([0, 0, 0], 1, 1), data: Float32Array.of(10) };
    const target = { ...cubicGrid([0, 0, 0], 1, 1), origin: [0.25, 0, 0] as Vec3 };
    expect(resample(source, target, 'nearest').data[0]).toBe(10);
    expect(resample(source, target, 2).data[0]).toBe(8);
    expect(resample(source, { ...target, origin: [5, 0, 0] }, 2).data[0]).toBe(2);
  });
});

test('a cropped volume keeps its voxels and its place', () => {
  const ct: CtVolume = { ...geometry, data: Int16Array.from({ length: 210 }, (_, at) => at) };
  const part = cropVolume(ct, { min: [2, 1, 3], max: [5, 4, 5] });
  expect(part.size).toEqual([3, 3, 2]);
  expect(part.data[0]).toBe(2 + 7 * (1 + 6 * 3));
  expect(part.data[17]).toBe(4 + 7 * (3 + 6 * 4));
  expect(indexToWorld(part, [1, 2, 1])).toEqual(indexToWorld(ct, [3, 3, 4]));
});
