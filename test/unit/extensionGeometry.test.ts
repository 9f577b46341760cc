import { describe, expect, test } from '@jest/globals';
import type { Contour, PointLps, PreviewBox } from '@nodulelab/contract';
import { decodeHu, GridMismatch, patchOf, type VolumeGrid } from '../../extension/src/geometry/box.ts';
import { ballOnPlane, outlinesOnPlane, sliceNormal } from '../../extension/src/geometry/outline.ts';
import { meetingPoint } from '../../extension/src/geometry/planes.ts';

const base64OfHu = (values: readonly number[]): string =>
  Buffer.from(Int16Array.from(values).buffer).toString('base64');

const grid: VolumeGrid = {
  dimensions: [10, 8, 6],
  spacing: [0.7, 0.7, 2.5],
  origin: [-100, -50, 20],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

const boxAt = (start: readonly [number, number, number], size: [number, number, number]): PreviewBox => ({
  size,
  origin: start.map((index, axis) => grid.origin[axis]! + index * grid.spacing[axis]!) as PointLps,
  spacing: [0.7, 0.7, 2.5],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  hu: base64OfHu(Array.from({ length: size[0] * size[1] * size[2] }, (_, n) => n - 1000)),
  alpha: '',
});

describe('a preview box in the volume of the viewer', () => {
  test('negative HU survive the way through base64', () => {
    expect([...decodeHu(base64OfHu([-1000, -1, 0, 400]))]).toEqual([-1000, -1, 0, 400]);
  });

  test('each voxel lands where its point lies, i fastest', () => {
    const { indices, values, slices } = patchOf(grid, boxAt([2, 3, 1], [2, 2, 2]));
    const at = (i: number, j: number, k: number): number => i + 10 * (j + 8 * k);
    expect([...indices]).toEqual([
      at(2, 3, 1),
      at(3, 3, 1),
      at(2, 4, 1),
      at(3, 4, 1),
      at(2, 3, 2),
      at(3, 3, 2),
      at(2, 4, 2),
      at(3, 4, 2),
    ]);
    expect(values[7]).toBe(-993);
    expect(slices).toEqual([1, 2]);
  });

  test('a viewer that orders its slices the other way still gets every voxel at its own point', () => {
    const flipped: VolumeGrid = {
      ...grid,
      origin: [-100, -50, 20 + 5 * 2.5],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, -1],
    };
    const { indices, slices } = patchOf(flipped, boxAt([2, 3, 1], [1, 1, 2]));
    expect([...indices]).toEqual([2 + 10 * (3 + 8 * 4), 2 + 10 * (3 + 8 * 3)]);
    expect(slices).toEqual([3, 4]);
  });

  test.each([
    ['lies half a voxel off the grid', { ...boxAt([2, 3, 1], [2, 2, 2]), origin: [-98.25, -47.9, 22.5] }],
    ['has another slice distance', { ...boxAt([2, 3, 1], [2, 2, 2]), spacing: [0.7, 0.7, 2] }],
    ['reaches out of the volume', boxAt([9, 3, 1], [2, 2, 2])],
    ['has fewer values than voxels', { ...boxAt([2, 3, 1], [2, 2, 2]), hu: base64OfHu([1, 2, 3]) }],
  ])('a box that %s is refused', (_, box) => {
    expect(() => patchOf(grid, box as PreviewBox)).toThrow(GridMismatch);
  });
});

/** A 6 x 6 mm square around (0, 0) on the slice at height z. */
const square = (z: number, inclusion = true): Contour => ({
  sopInstanceUID: `1.2.${Math.abs(Math.round(z * 10))}`,
  inclusion,
  points: [
    [-3, -3, z],
    [3, -3, z],
    [3, 3, z],
    [-3, 3, z],
  ],
});
const drawn = [square(0), square(2.5), square(5)];

describe("readers' outlines on a plane", () => {
  test('the normal of the slices is found from the outlines themselves', () => {
    expect(sliceNormal(drawn)?.map(Math.abs)).toEqual([0, 0, 1]);
  });

  test('on its own slice an outline is seen whole', () => {
    const found = outlinesOnPlane(drawn, { point: [50, 50, 2.6], normal: [0, 0, -1] }, 2.5);
    expect(found).toEqual([{ points: square(2.5).points, inclusion: true }]);
  });

  test('a slice beyond the drawn ones shows nothing', () => {
    expect(outlinesOnPlane(drawn, { point: [0, 0, 7.5], normal: [0, 0, 1] }, 2.5)).toEqual([]);
  });

  test('a hole stays a hole', () => {
    const found = outlinesOnPlane(
      [square(0), square(0, false)],
      { point: [0, 0, 0], normal: [0, 0, 1] },
      2.5,
    );
    expect(found.map(({ inclusion }) => inclusion)).toEqual([true, false]);
  });

  test('a sagittal plane shows the silhouette, half a slice beyond the first and last outline', () => {
    const [outline, ...others] = outlinesOnPlane(drawn, { point: [1, 9, 9], normal: [1, 0, 0] }, 2.5);
    expect(others).toEqual([]);
    const heights = outline!.points.map((point) => point[2]);
    expect(Math.min(...heights)).toBeCloseTo(-1.25);
    expect(Math.max(...heights)).toBeCloseTo(6.25);
    expect(
      outline!.points.every(([x, y]) => Math.abs(x - 1) < 1e-9 && Math.abs(Math.abs(y) - 3) < 1e-9),
    ).toBe(true);
  });

  test('two lesions of one reader with slices between them stay two silhouettes', () => {
    const found = outlinesOnPlane([square(0), square(25)], { point: [0, 0, 0], normal: [1, 0, 0] }, 2.5);
    expect(found).toHaveLength(2);
  });

  test('a plane beside the lesion shows nothing', () => {
    expect(outlinesOnPlane(drawn, { point: [4, 0, 0], normal: [1, 0, 0] }, 2.5)).toEqual([]);
  });
});

describe('rings and crosshairs', () => {
  test('a plane through the centre of a ball shows its full radius, one beside it shows none', () => {
    expect(ballOnPlane([1, 2, 3], 10, { point: [9, 9, 3], normal: [0, 0, 1] })).toBeCloseTo(5);
    expect(ballOnPlane([1, 2, 3], 10, { point: [9, 9, 6], normal: [0, 0, 1] })).toBeCloseTo(4);
    expect(ballOnPlane([1, 2, 3], 10, { point: [9, 9, 8.1], normal: [0, 0, 1] })).toBeNull();
  });

  test('three planes meet in the point that each of them contains, also when they are tilted', () => {
    const c = Math.SQRT1_2;
    const point = meetingPoint([
      { point: [99, 99, 7], normal: [0, 0, 1] },
      { point: [4, 5, 99], normal: [c, c, 0] },
      { point: [4, 5, -99], normal: [c, -c, 0] },
    ]);
    expect(point?.map((value) => Math.round(value * 1e6) / 1e6)).toEqual([4, 5, 7]);
  });

  test('parallel planes meet nowhere', () => {
    const plane = { point: [0, 0, 0] as PointLps, normal: [0, 0, 1] as PointLps };
    expect(meetingPoint([plane, plane, { point: [0, 0, 0], normal: [1, 0, 0] }])).toBeNull();
  });
});
