import { describe, expect, test } from '@jest/globals';
import {
  BOX_REACH,
  BOX_SIZE,
  detectorBox,
  editedDetectorBox,
} from '../../server/src/networks/detectorBox.ts';
import { cropVolume } from '../../server/src/volume/crop.ts';
import { indexToWorld, type CtVolume, type Vec3 } from '../../server/src/volume/ctVolume.ts';

const [NX, NY, NZ] = BOX_SIZE;

/** A CT whose HU are a linear function of the place in the patient, on a grid of any orientation. */
function ramp(
  size: Vec3,
  spacing: Vec3,
  direction: CtVolume['direction'],
  huAt: (place: Vec3) => number,
): CtVolume {
  const grid = { size, spacing, direction, origin: [-20, 35, 110] as const };
  const data = new Int16Array(size[0] * size[1] * size[2]);
  let at = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++) data[at++] = Math.round(huAt(indexToWorld(grid, [i, j, k])));
  return { ...grid, data };
}

const UPRIGHT: CtVolume['direction'] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
/** Columns run towards the head, rows to the left, slices backwards. */
const TURNED: CtVolume['direction'] = [
  [0, 0, 1],
  [1, 0, 0],
  [0, -1, 0],
];

/** Within rounding to whole HU. */
const ONE_HU = 2 / 1400;

describe('the box that the detector sees', () => {
  test.each([
    ['isotropic voxels', [60, 60, 60], [0.7, 0.7, 0.7], UPRIGHT],
    ['slices far apart', [60, 60, 30], [0.6, 0.6, 2.5], UPRIGHT],
    ['another order of axes', [60, 30, 60], [0.6, 2.5, 0.6], TURNED],
  ] as const)(
    'holds the CT of 0.9 diameters to each side in the plane and half a one along the body (%s)',
    (_, size, spacing, direction) => {
      const slopes: Vec3 = [9, -6, 4];
      const grid = { size, spacing, direction, origin: [-20, 35, 110] as const };
      const centre = indexToWorld(grid, [0, 1, 2].map((axis) => size[axis as 0] / 2) as unknown as Vec3);
      const hu = (place: Vec3): number =>
        -400 + slopes.reduce((sum, slope, axis) => sum + slope * (place[axis as 0] - centre[axis as 0]), 0);
      const diameterMm = 12;
      const box = detectorBox(ramp(size, spacing, direction, hu), centre, diameterMm);
      expect(box).toHaveLength(NX * NY * NZ);
      for (const [x, y, z] of [
        [0, 0, 0],
        [31, 0, 15],
        [5, 20, 9],
      ] as const) {
        const offset = ([x, y, z] as const).map(
          (index, axis) =>
            ((index + 0.5) / BOX_SIZE[axis as 0] - 0.5) * 2 * BOX_REACH[axis as 0] * diameterMm,
        );
        const expected = hu([0, 1, 2].map((a) => centre[a as 0] + offset[a]!) as unknown as Vec3);
        const value = box[x + NX * (y + NY * z)]!;
        expect(Math.abs(value - (2 * ((expected + 1000) / 1400) - 1))).toBeLessThan(ONE_HU);
      }
    },
  );

  test('shows a nodule as large as the box says, whatever its size in mm', () => {
    const shares = [10, 24].map((diameterMm) => {
      const centre: Vec3 = [0, 57, 135];
      const ct = ramp([50, 50, 40], [0.9, 0.95, 1.2], UPRIGHT, ([x, y, z]) =>
        (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2 < diameterMm ** 2 / 4 ? 100 : -850,
      );
      const box = detectorBox(ct, centre, diameterMm);
      return box.filter((value) => value > 0).length / box.length;
    });
    // π/6 · d³ of 1.8 · 1.8 · 1 · d³.
    for (const share of shares) expect(share).toBeCloseTo(Math.PI / 6 / 1.8 ** 2, 1);
    expect(Math.abs(shares[0]! - shares[1]!)).toBeLessThan(0.02);
  });

  test('goes on with the border beyond the CT', () => {
    const ct = ramp([20, 20, 8], [1, 1, 2.5], UPRIGHT, ([x]) => -600 + 10 * x);
    const corner = indexToWorld(ct, [0, 0, 0]);
    const box = detectorBox(ct, corner, 20);
    const border = 2 * ((ct.data[0]! + 1000) / 1400) - 1;
    expect(box[0]).toBeCloseTo(border, 5);
    expect(box[NX / 4 + NX * (NY / 2)]).toBeCloseTo(border, 5);
    expect(box.every(Number.isFinite)).toBe(true);
    expect(box[NX - 1]).toBeGreaterThan(border + 0.1);
  });

  test('of an edit is the box of the CT with the edit in it, at a border and across the axes', () => {
    for (const [size, spacing, direction, index] of [
      [[50, 50, 20], [0.7, 0.7, 2.5], UPRIGHT, [25, 25, 10]],
      [[50, 50, 20], [0.7, 0.7, 2.5], UPRIGHT, [4, 46, 1]],
      [[40, 20, 40], [0.7, 2.5, 0.7], TURNED, [20, 10, 20]],
    ] as const) {
      const ct = ramp(size, spacing, direction, ([x, y, z]) => -700 + 3 * x + 2 * y - z);
      const box = {
        min: index.map((at) => Math.max(0, at - 3)) as unknown as Vec3,
        max: index.map((at, axis) => Math.min(size[axis as 0], at + 4)) as unknown as Vec3,
      };
      const hu = cropVolume(ct, box).data.map((value, at) => value + 300 + (at % 17));
      const edited = { ...ct, data: ct.data.slice() };
      let from = 0;
      for (let k = box.min[2]; k < box.max[2]; k++)
        for (let j = box.min[1]; j < box.max[1]; j++)
          for (let i = box.min[0]; i < box.max[0]; i++)
            edited.data[i + size[0] * (j + size[1] * k)] = hu[from++]!;
      const before = ct.data.slice();
      const centre = indexToWorld(ct, index);
      const seen = editedDetectorBox(ct, { box, hu }, centre, 9);
      const expected = detectorBox(edited, centre, 9);
      const { abs } = Math;
      expect(seen.every((value, at) => abs(value - expected[at]!) < 1e-5)).toBe(true);
      expect(seen[NX * NY * NZ * 0.5 + NX * 16 + 16]).not.toBe(
        detectorBox(ct, centre, 9)[NX * NY * NZ * 0.5 + NX * 16 + 16],
      );
      expect(ct.data.every((value, at) => value === before[at])).toBe(true);
    }
  });

  test.each([0, -3, NaN])('is not cut for a diameter of %s mm', (diameterMm) => {
    const ct = ramp([8, 8, 8], [1, 1, 1], UPRIGHT, () => -800);
    expect(() => detectorBox(ct, [0, 0, 0], diameterMm)).toThrow(/diameter above 0/);
  });
});
