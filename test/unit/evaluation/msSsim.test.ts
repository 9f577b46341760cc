import { describe, expect, test } from '@jest/globals';
import { msSsim, msSsimOf, prepareMsSsim, scalesOf } from '../../../server/src/evaluation/msSsim.ts';
import { Random } from '../../../server/src/nn/random.ts';

const size = 32;
const random = Random.of('patches');
const patch = Float32Array.from({ length: size ** 3 }, () => random.uniform());
const noisy = (amount: number): Float32Array => patch.map((v) => v + amount * (random.uniform() - 0.5));

describe('MS-SSIM', () => {
  test('is exactly 1 between equal patches, constant ones too', () => {
    expect(msSsim(patch, Float32Array.from(patch), size)).toBe(1);
    const constant = new Float32Array(size ** 3).fill(0.3);
    expect(msSsim(constant, Float32Array.from(constant), size)).toBeCloseTo(1, 12);
  });

  test('falls as patches differ more, and does not depend on their order', () => {
    const values = [0.1, 0.5, 2].map((amount) => {
      const other = noisy(amount);
      const value = msSsim(patch, other, size);
      expect(msSsim(other, patch, size)).toBeCloseTo(value, 12);
      return value;
    });
    expect(values[0]).toBeGreaterThan(0.95);
    expect(values[1]).toBeLessThan(values[0]!);
    expect(values[2]).toBeLessThan(values[1]!);
    expect(
      msSsim(
        patch,
        patch.map((v) => 1 - v),
        size,
      ),
    ).toBe(0);
  });

  test('of constant patches is their luminance at the coarsest scale', () => {
    const [a, b] = [0.2, 0.6].map((value) => new Float32Array(size ** 3).fill(value)) as [
      Float32Array,
      Float32Array,
    ];
    const luminance = (2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4);
    expect(msSsim(a, b, size)).toBeCloseTo(luminance ** (0.2856 / (0.0448 + 0.2856)), 5);
  });

  test('has as many scales as hold the window', () => {
    expect([128, 64, 32, 22, 21, 11, 10].map(scalesOf)).toEqual([4, 3, 2, 2, 1, 1, 0]);
  });

  test('is the same from prepared patches, and refuses what cannot be compared', () => {
    const other = noisy(0.3);
    expect(msSsimOf(prepareMsSsim(patch, size), prepareMsSsim(other, size))).toBe(msSsim(patch, other, size));
    expect(() => msSsim(new Float32Array(1000), new Float32Array(1000), 10)).toThrow('at least 11³ voxels');
    expect(() => prepareMsSsim(patch, 31)).toThrow('said to have 31 an edge');
    const broken = Float32Array.from(patch);
    broken[77] = Number.NaN;
    expect(() => prepareMsSsim(broken, size)).toThrow('Voxel 77 of a patch is NaN');
    expect(() => msSsimOf(prepareMsSsim(patch, size), prepareMsSsim(patch.slice(0, 16 ** 3), 16))).toThrow(
      'A patch of 32³ voxels cannot be compared with one of 16³',
    );
  });
});
