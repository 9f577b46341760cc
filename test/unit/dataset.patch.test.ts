import { describe, expect, test } from '@jest/globals';
import { contextPatch, isolatedPatch, PATCH_SIZE } from '../../server/src/dataset/patch.ts';
import { FULL_MM, RIM_MM } from '../../server/src/dataset/softMask.ts';
import type { BoxMask } from '../../server/src/lidc/boxMask.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { PARENCHYMA_HU, unwindowHu, windowHu } from '../../server/src/volume/window.ts';

const BACKGROUND = windowHu(PARENCHYMA_HU);
const RADIUS_MM = 4;

/** A ball of 100 HU with its centre at the patient's origin, in a CT that `around` gives. */
function scene(size: Vec3, spacing: Vec3, around: (x: number, y: number, z: number) => number) {
  const origin = [0, 1, 2].map((axis) => -(((size[axis] ?? 1) - 1) / 2) * (spacing[axis] ?? 1));
  const data = new Int16Array(size[0] * size[1] * size[2]);
  const bits = new Uint8Array(data.length);
  for (let index = 0; index < data.length; index++) {
    const x = (origin[0] ?? 0) + (index % size[0]) * spacing[0];
    const y = (origin[1] ?? 0) + (Math.floor(index / size[0]) % size[1]) * spacing[1];
    const z = (origin[2] ?? 0) + Math.floor(index / (size[0] * size[1])) * spacing[2];
    const inside = Math.hypot(x, y, z) <= RADIUS_MM;
    bits[index] = inside ? 1 : 0;
    data[index] = inside ? 100 : around(x, y, z);
  }
  const ct: CtVolume = {
    size,
    spacing,
    origin: [origin[0] ?? 0, origin[1] ?? 0, origin[2] ?? 0],
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    data,
  };
  const mask: BoxMask = { box: { min: [0, 0, 0], max: size }, bits };
  return { ct, mask };
}

/** HU at a patient point of a patch of `mm` around the origin (nearest voxel). */
function huAt(data: Float32Array, mm: number, [x, y, z]: Vec3): number {
  const index = ([x, y, z] as const).map((at) => Math.round(at / (mm / PATCH_SIZE) + (PATCH_SIZE - 1) / 2));
  return unwindowHu(
    data[(index[0] ?? 0) + PATCH_SIZE * ((index[1] ?? 0) + PATCH_SIZE * (index[2] ?? 0))] ?? 0,
  );
}

describe('isolated patches', () => {
  const FIELD = 24;
  const whole = scene([60, 60, 60], [0.7, 0.7, 0.7], (x) => (x > 0 ? -600 : -900));

  test('keep the nodule and what lies close to its mask, and nothing beyond 3 mm', () => {
    const { data } = isolatedPatch(whole.ct, whole.mask, FIELD);
    expect(data).toHaveLength(64 ** 3);
    expect(huAt(data, FIELD, [0, 0, 0])).toBeCloseTo(100, 0);
    expect(huAt(data, FIELD, [RADIUS_MM + FULL_MM - 0.1, 0, 0])).toBeGreaterThan(-610);
    const between = huAt(data, FIELD, [RADIUS_MM + 2, 0, 0]);
    expect(between).toBeGreaterThan(-800);
    expect(between).toBeLessThan(-650);
    expect(huAt(data, FIELD, [RADIUS_MM + RIM_MM + 0.5, 0, 0])).toBeCloseTo(PARENCHYMA_HU, 0);
  });

  test('are exactly parenchyma on all six faces, however tight the field of view', () => {
    const { data } = isolatedPatch(whole.ct, whole.mask, 9);
    const faces = new Set<number>();
    for (let a = 0; a < 64; a++)
      for (let b = 0; b < 64; b++)
        for (const index of [
          a + 64 * b,
          a + 64 * (b + 64 * 63),
          a + 64 * 64 * b,
          a + 64 * (63 + 64 * b),
          64 * (a + 64 * b),
          63 + 64 * (a + 64 * b),
        ])
          faces.add(data[index] ?? -1);
    expect([...faces]).toEqual([Math.fround(BACKGROUND)]);
  });

  test('a spicule that ends within the rim stays, chest wall at the mask does not come along', () => {
    const spicule = scene([60, 60, 60], [0.7, 0.7, 0.7], (x, y, z) =>
      x > 0 && Math.hypot(y, z) < 0.8 ? -250 : x < -RADIUS_MM + 0.4 ? 60 : -870,
    );
    const { data } = isolatedPatch(spicule.ct, spicule.mask, FIELD);
    expect(huAt(data, FIELD, [RADIUS_MM + 1.2, 0, 0])).toBeGreaterThan(-450);
    expect(huAt(data, FIELD, [-RADIUS_MM - 1.6, 0, 0])).toBeCloseTo(PARENCHYMA_HU, 0);
    // The same wall is still there where the nodule itself is.
    expect(huAt(data, FIELD, [-RADIUS_MM + 0.8, 0, 0])).toBeGreaterThan(40);
  });

  test('a cut-out that ends with the nodule closes in a cap instead of repeating its last slice', () => {
    const slab = scene([60, 60, 3], [0.7, 0.7, 2.5], () => -600);
    const { data } = isolatedPatch(slab.ct, slab.mask, FIELD);
    // Three slices of 2.5 mm: the box ends 3.75 mm above the middle.
    expect(huAt(data, FIELD, [0, 0, 2.5])).toBeGreaterThan(0);
    expect(huAt(data, FIELD, [0, 0, 3.75 + 0.8])).toBeCloseTo(PARENCHYMA_HU, 0);
    const widthAt = (z: number): number => {
      let width = 0;
      for (let x = -12; x < 12; x += FIELD / 64)
        if (huAt(data, FIELD, [x, 0, z]) > PARENCHYMA_HU + 20) width++;
      return width;
    };
    expect(widthAt(3.2)).toBeLessThan(widthAt(0) * 0.8);
    expect(widthAt(3.2)).toBeGreaterThan(0);
  });

  test('do not depend on how much CT lies around them', () => {
    const wall = (x: number, y: number): number => (x + y > 5 ? 50 : -880);
    const small = scene([40, 40, 40], [0.7, 0.7, 0.7], wall);
    const large = scene([80, 80, 80], [0.7, 0.7, 0.7], wall);
    const a = isolatedPatch(small.ct, small.mask, 14).data;
    const b = isolatedPatch(large.ct, large.mask, 14).data;
    const differences = a.map((value, at) => Math.abs(value - (b[at] ?? 0)));
    expect(differences.reduce((most, one) => Math.max(most, one), 0)).toBeLessThan(1e-5);
  });
});

describe('context patches', () => {
  const { ct } = scene([60, 60, 60], [0.7, 0.7, 0.7], (x) => x * 20 - 500);

  test('are the CT as it is', () => {
    const { data, spacing } = contextPatch(ct, [0, 0, 0], 32);
    expect(spacing).toEqual([0.5, 0.5, 0.5]);
    expect(huAt(data, 32, [10.25, 10.25, 0.25])).toBeCloseTo(10.25 * 20 - 500, -1);
  });

  test('are refused where they would leave the CT', () => {
    expect(() => contextPatch(ct, [10, 0, 0], 32)).toThrow(
      /32 mm context patch around \(10\.0, 0\.0, 0\.0\) mm leaves the CT/,
    );
  });
});
