import { describe, expect, test } from '@jest/globals';
import { distanceTo } from '../../server/src/volume/distance.ts';
import { filteredResample } from '../../server/src/volume/filteredResample.ts';
import { cubicGrid, resample } from '../../server/src/volume/resample.ts';
import type { Sampled } from '../../server/src/volume/resample.ts';
import type { VolumeGeometry } from '../../server/src/volume/ctVolume.ts';

/** Noise, the same every time. */
const source: Sampled = {
  size: [20, 18, 9],
  spacing: [0.7, 0.7, 2],
  origin: [-3, 2, 5],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  data: Int16Array.from({ length: 20 * 18 * 9 }, (_, at) => ((at * 7919) % 2001) - 1000),
};

/** The same grid turned about z. */
function turned(grid: VolumeGeometry, angle: number): VolumeGeometry {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return {
    ...grid,
    direction: [
      [cos, sin, 0],
      [-sin, cos, 0],
      [0, 0, 1],
    ],
  };
}

const worst = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? Infinity))), 0);

describe('resampling that does not alias', () => {
  test('is trilinear interpolation where the target is no coarser than the source, borders included', () => {
    for (const spacing of [0.2, 0.5, 0.7]) {
      const grid = cubicGrid([3, 7, 12], 32, spacing);
      expect(worst(filteredResample(source, grid).data, resample(source, grid, 'nearest').data)).toBeLessThan(
        1e-3,
      );
    }
  });

  test('gives the same on grids that are parallel and on those that are all but parallel', () => {
    const grid = cubicGrid([3, 7, 12], 7, 2.3);
    const parallel = filteredResample(source, grid).data;
    expect(worst(parallel, filteredResample(source, turned(grid, 1e-7)).data)).toBeLessThan(0.05);
    expect(worst(parallel, resample(source, grid, 'nearest').data)).toBeGreaterThan(100);
  });

  test('keeps a constant on grids that are turned, and damps noise as much as on others', () => {
    const grid = turned(cubicGrid([4, 8, 13], 4, 2.1), 0.6);
    const flat = { ...source, data: new Int16Array(source.data.length).fill(-870) };
    for (const value of filteredResample(flat, grid).data) expect(value).toBeCloseTo(-870, -1);
    const spread = (values: Float32Array): number =>
      Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    expect(spread(filteredResample(source, grid).data)).toBeLessThan(
      spread(resample(source, grid, 'nearest').data) / 2,
    );
  });

  test('leaves fields that are no image as interpolation gives them', () => {
    const grid = cubicGrid([3, 7, 12], 7, 2.3);
    expect(
      worst(filteredResample(source, grid, false).data, resample(source, grid, 'nearest').data),
    ).toBeLessThan(1e-3);
  });
});

test('distances up to a limit are those without it, further ones are infinite', () => {
  const size = [17, 13, 7] as const;
  const features = Uint8Array.from({ length: 17 * 13 * 7 }, (_, at) => (at % 211 === 3 ? 1 : 0));
  const whole = distanceTo(features, size, [0.6, 0.8, 2.5]);
  const near = distanceTo(features, size, [0.6, 0.8, 2.5], [0, 1, 2], 3.1);
  const expected = whole.map((mm) => (mm <= 3.1 ? mm : 1e10));
  expect(worst(near, expected)).toBe(0);
  expect(expected.filter((mm) => mm > 3.1).length).toBeGreaterThan(10);
  expect(expected.filter((mm) => mm <= 3.1).length).toBeGreaterThan(100);
});
