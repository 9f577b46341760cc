import { describe, expect, test } from '@jest/globals';
import { scanPatch } from '../../server/src/dataset/scanPatch.ts';
import { Random } from '../../server/src/nn/random.ts';

const SIZE = 16;
const at = (i: number, j: number, k: number): number => i + SIZE * (j + SIZE * k);
const patchOf = (value: (i: number, j: number, k: number) => number): Float32Array =>
  Float32Array.from({ length: SIZE ** 3 }, (_, index) =>
    value(index % SIZE, Math.floor(index / SIZE) % SIZE, Math.floor(index / SIZE ** 2)),
  );
const spread = (values: Float32Array): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

describe('a patch scanned on the grid of a CT', () => {
  test('stays as it is where that grid is its own', () => {
    const random = Random.of('noise');
    const patch = patchOf(() => random.uniform());
    const scanned = scanPatch(patch, SIZE, 0.5, [0.5, 0.5, 0.5], [0, 0, 0]);
    scanned.forEach((value, i) => expect(value).toBeCloseTo(patch[i]!, 5));
  });

  test('keeps what is constant and what rises evenly', () => {
    const even = scanPatch(
      new Float32Array(SIZE ** 3).fill(0.3),
      SIZE,
      0.4,
      [0.7, 0.7, 2.5],
      [0.2, 0.6, 0.4],
    );
    for (const value of even) expect(value).toBeCloseTo(0.3, 6);
    const ramp = patchOf((i) => i / SIZE);
    const scanned = scanPatch(ramp, SIZE, 0.4, [0.7, 0.7, 2.5], [0.2, 0.6, 0.4]);
    // Beyond the patch the ramp ends, so its outermost voxels are not asked.
    for (let i = 4; i < 12; i++) expect(scanned[at(i, 8, 8)]).toBeCloseTo(ramp[at(i, 8, 8)]!, 3);
  });

  test('lies on straight lines between the slices of the CT, along the body only', () => {
    const random = Random.of('slices');
    const patch = patchOf(() => random.uniform());
    // Every fourth plane of the patch is a slice of the CT.
    const scanned = scanPatch(patch, SIZE, 0.5, [0.5, 0.5, 2], [0, 0, 0]);
    const bend = (k: number, along: 0 | 2): number => {
      const value = (step: number): number => scanned[along === 2 ? at(5, 6, k + step) : at(k + step, 6, 5)]!;
      return Math.abs(value(-1) - 2 * value(0) + value(1));
    };
    for (const k of [5, 6, 7, 9, 10, 11]) expect(bend(k, 2)).toBeLessThan(1e-5);
    expect(bend(8, 2)).toBeGreaterThan(1e-3);
    expect(bend(6, 0)).toBeGreaterThan(1e-3);
  });

  test('averages what is finer than its voxels, and reads no voxel alone', () => {
    const random = Random.of('fine');
    const patch = patchOf(() => random.gaussian());
    const scanned = scanPatch(patch, SIZE, 0.25, [0.75, 0.75, 1.5], [0.3, 0.1, 0.7]);
    // 3 × 3 × 6 voxels go into one of the CT.
    expect(spread(scanned)).toBeLessThan(0.35 * spread(patch));
    expect(spread(scanned)).toBeGreaterThan(0.05 * spread(patch));
  });

  test('depends on where its voxels begin', () => {
    const random = Random.of('shift');
    const patch = patchOf(() => random.uniform());
    const [first, second] = [0, 0.5].map((z) => scanPatch(patch, SIZE, 0.5, [0.5, 0.5, 2], [0, 0, z]));
    expect(first).not.toEqual(second);
  });
});
