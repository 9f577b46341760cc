import { describe, expect, test } from '@jest/globals';
import type { QualityCheck } from '@nodulelab/contract';
import { candidateChecks } from '../../server/src/insertion/candidateChecks.ts';
import { windowHu } from '../../server/src/volume/window.ts';

const SIZE = 64;

/** A ball on plain parenchyma; `hu` of a voxel by its distance from the middle. */
function ball(centre: readonly [number, number, number], radius: number, hu = 0): Float32Array {
  const patch = new Float32Array(SIZE ** 3).fill(windowHu(-870));
  for (let z = 0; z < SIZE; z++)
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++)
        if (Math.hypot(x - centre[0], y - centre[1], z - centre[2]) <= radius)
          patch[x + SIZE * (y + SIZE * z)] = windowHu(hu);
  return patch;
}

const lights = (patch: Float32Array, support: number | null = 40): Record<string, QualityCheck['verdict']> =>
  Object.fromEntries(candidateChecks(patch, support).map(({ name, verdict }) => [name, verdict]));

const ALL_GOOD = {
  extent: 'good',
  'cut-off': 'good',
  'dark-voxels': 'good',
  'bright-voxels': 'good',
  support: 'good',
};

describe('the lights of a candidate without a place', () => {
  test('a whole solid ball in the middle has all of them green', () => {
    expect(lights(ball([32, 32, 32], 14))).toEqual(ALL_GOOD);
  });

  test('one that shows nothing is bad, and what could not be measured of it is not called good', () => {
    expect(lights(new Float32Array(SIZE ** 3).fill(windowHu(-870)))).toEqual({
      ...{ extent: 'bad', 'cut-off': 'unknown', 'dark-voxels': 'unknown', 'bright-voxels': 'unknown' },
      support: 'good',
    });
  });

  test.each([
    ['a speck', ball([32, 32, 32], 3), 'extent', 'fair'],
    ['one that its patch cuts off', ball([60, 32, 32], 14), 'cut-off', 'bad'],
    ['one that reaches near a face', ball([18, 32, 32], 16), 'cut-off', 'fair'],
    ['one that is all at the top of the range', ball([32, 32, 32], 14, 400), 'bright-voxels', 'bad'],
  ] as const)('%s has that light and no other changed', (_, patch, name, verdict) => {
    expect(lights(patch)).toEqual({ ...ALL_GOOD, [name]: verdict });
  });

  test('holes beside the nodule, darker than any lung around, are counted', () => {
    const patch = ball([32, 32, 32], 14);
    const hole = ball([32, 32, 10], 6, -1000);
    const both = patch.map((value, at) => (hole[at] === 0 ? 0 : value));
    expect(lights(both)).toEqual({ ...ALL_GOOD, 'dark-voxels': 'fair' });
    const value = candidateChecks(both, 40).find(({ name }) => name === 'dark-voxels')!.value!;
    expect(value).toBeCloseTo(100 * (6 / 14) ** 3, 0);
  });

  test('a wish that the training set knows little of says so, and one without conditions says nothing', () => {
    const patch = ball([32, 32, 32], 14);
    expect([0, 1, 4, 5].map((support) => lights(patch, support)['support'])).toEqual([
      'bad',
      'fair',
      'fair',
      'good',
    ]);
    expect(lights(patch, null)['support']).toBe('unknown');
  });
});
