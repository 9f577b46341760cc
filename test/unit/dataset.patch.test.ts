import { describe, expect, test } from '@jest/globals';
import { contextPatch, isolatedPatch, PATCH_SIZE } from '../../server/src/dataset/patch.ts';
import { SOFT_MARGIN } from '../../server/src/dataset/softMask.ts';
import type { BoxMask } from '../../server/src/lidc/boxMask.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { PARENCHYMA_HU, unwindowHu, windowHu } from '../../server/src/volume/window.ts';

const { fullMm: FULL_MM, rimMm: RIM_MM } = SOFT_MARGIN;

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

  test('keep the nodule and what lies within 3 mm of its mask, and nothing beyond 5 mm', () => {
    const { data } = isolatedPatch(whole.ct, whole.mask, FIELD);
    expect(data).toHaveLength(64 ** 3);
    expect(huAt(data, FIELD, [0, 0, 0])).toBeCloseTo(100, 0);
    expect(huAt(data, FIELD, [RADIUS_MM + FULL_MM - 0.1, 0, 0])).toBeGreaterThan(-610);
    const between = huAt(data, FIELD, [RADIUS_MM + (FULL_MM + RIM_MM) / 2, 0, 0]);
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

  test('a spicule stays up to 3 mm beyond the mask, chest wall at the mask does not come along', () => {
    const spicule = scene([60, 60, 60], [0.7, 0.7, 0.7], (x, y, z) =>
      x > 0 && Math.hypot(y, z) < 0.8 ? -250 : x < -RADIUS_MM + 0.4 ? 60 : -870,
    );
    const { data } = isolatedPatch(spicule.ct, spicule.mask, FIELD);
    const ofCt = (mm: number): number =>
      huAt(contextPatch(spicule.ct, [0, 0, 0], FIELD).data, FIELD, [mm, 0, 0]);
    for (const beyond of [0.5, 1.2, 2, FULL_MM - 0.3])
      expect(huAt(data, FIELD, [RADIUS_MM + beyond, 0, 0])).toBeCloseTo(ofCt(RADIUS_MM + beyond), 0);
    expect(ofCt(RADIUS_MM + 2)).toBeGreaterThan(-500);
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
    const small = scene([46, 46, 46], [0.7, 0.7, 0.7], wall);
    const large = scene([80, 80, 80], [0.7, 0.7, 0.7], wall);
    const a = isolatedPatch(small.ct, small.mask, 14).data;
    const b = isolatedPatch(large.ct, large.mask, 14).data;
    const differences = a.map((value, at) => Math.abs(value - (b[at] ?? 0)));
    expect(differences.reduce((most, one) => Math.max(most, one), 0)).toBeLessThan(1e-5);
  });

  test('are the blend of the CT and of parenchyma that their alpha says', () => {
    const { data, alpha } = isolatedPatch(whole.ct, whole.mask, FIELD);
    const context = contextPatch(whole.ct, [0, 0, 0], FIELD).data;
    const worst = data.reduce((most, value, at) => {
      const share = alpha[at] ?? -1;
      return Math.max(most, Math.abs(value - (share * (context[at] ?? 0) + (1 - share) * BACKGROUND)));
    }, 0);
    expect(worst).toBeLessThan(1e-5);
    expect(alpha.reduce((most, share) => Math.max(most, share), 0)).toBe(1);
    expect(alpha.filter((share) => share > 0.01 && share < 0.99).length).toBeGreaterThan(1000);
  });

  test.each([8, 16, 37, 96])(
    'of %i voxels an edge hold the same nodule in the same field of view',
    (size) => {
      const { data, alpha, spacing } = isolatedPatch(whole.ct, whole.mask, FIELD, size);
      expect([data.length, alpha.length, spacing[0]]).toEqual([size ** 3, size ** 3, FIELD / size]);
      const reference = isolatedPatch(whole.ct, whole.mask, FIELD);
      const volume = (values: Float32Array, mm: number): number =>
        values.reduce((sum, share) => sum + share, 0) * mm ** 3;
      const ofAlpha = volume(alpha, FIELD / size) / volume(reference.alpha, FIELD / PATCH_SIZE);
      const above = (values: Float32Array): number =>
        values.reduce((sum, value) => sum + (value - BACKGROUND), 0);
      const ofNodule = above(data) / size ** 3 / (above(reference.data) / PATCH_SIZE ** 3);
      for (const ratio of [ofAlpha, ofNodule])
        expect(Math.abs(ratio - 1)).toBeLessThan(size < 32 ? 0.12 : 0.05);
      expect(new Set(data.subarray(0, size * size))).toEqual(new Set([Math.fround(BACKGROUND)]));
    },
  );
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

  test('take any size', () => {
    const { data, spacing } = contextPatch(ct, [0, 0, 0], 32, 20);
    expect([data.length, spacing[2]]).toEqual([20 ** 3, 1.6]);
  });
});

describe('resampling in one pass', () => {
  const ramp = scene([50, 50, 30], [0.7, 0.7, 1.25], () => 0).ct;
  const value = (x: number, y: number, z: number): number => 20 * x - 14 * y + 8 * z - 300;
  for (let at = 0; at < ramp.data.length; at++)
    ramp.data[at] = Math.round(
      value(
        ramp.origin[0] + 0.7 * (at % 50),
        ramp.origin[1] + 0.7 * (Math.floor(at / 50) % 50),
        ramp.origin[2] + 1.25 * Math.floor(at / 2500),
      ),
    );

  test.each([
    ['finer than the CT', 64, 24],
    ['coarser than the CT in the plane and finer along z', 24, 24],
    ['coarser than the CT on every axis', 8, 16],
  ])('a linear ramp stays exact: %s', (_, size, mm) => {
    const { data } = contextPatch(ramp, [0, 0, 0], mm, size);
    const at = (index: number): number => (index - (size - 1) / 2) * (mm / size);
    let worst = 0;
    for (let index = 0; index < data.length; index++) {
      const x = at(index % size);
      const y = at(Math.floor(index / size) % size);
      const z = at(Math.floor(index / size ** 2));
      worst = Math.max(worst, Math.abs(unwindowHu(data[index] ?? 0) - value(x, y, z)));
    }
    // The CT holds whole HU: half of one is its own rounding.
    expect(worst).toBeLessThan(0.6);
  });

  test('one bright voxel becomes one trilinear tent, as wide as two CT voxels and no wider', () => {
    const size: Vec3 = [41, 41, 25];
    const { ct } = scene(size, [0.7, 0.7, 1.25], () => -800);
    ct.data.fill(-800);
    ct.data[20 + 41 * (20 + 41 * 12)] = 200;
    const patch = contextPatch(ct, [0.13, -0.07, 0.2], 12, 64);
    const tent = (mm: number, spacing: number): number => Math.max(0, 1 - Math.abs(mm) / spacing);
    let worst = 0;
    patch.data.forEach((got, index) => {
      const [x, y, z] = [index % 64, Math.floor(index / 64) % 64, Math.floor(index / 4096)].map(
        (voxel, axis) => (patch.origin[axis] ?? 0) + voxel * (patch.spacing[axis] ?? 0),
      );
      const expected = -800 + 1000 * tent(x ?? 0, 0.7) * tent(y ?? 0, 0.7) * tent(z ?? 0, 1.25);
      worst = Math.max(worst, Math.abs(unwindowHu(got) - expected));
    });
    expect(worst).toBeLessThan(0.01);
  });

  test('a patch coarser than the CT averages what it cannot show instead of picking voxels', () => {
    const stripes = scene([64, 64, 64], [0.5, 0.5, 0.5], () => 0).ct;
    // Stripes of one CT voxel: nothing that a 1.6 mm voxel could show but their mean.
    for (let at = 0; at < stripes.data.length; at++) stripes.data[at] = at % 2 ? 100 : -900;
    const { data } = contextPatch(stripes, [0, 0, 0], 16, 10);
    const hu = [...data].map(unwindowHu);
    expect(Math.max(...hu) - Math.min(...hu)).toBeLessThan(100);
    expect(hu.reduce((sum, one) => sum + one, 0) / hu.length).toBeCloseTo(-400, -1);
  });
});
