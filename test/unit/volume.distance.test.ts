import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { connectedComponents, largestComponent } from '../../server/src/volume/components.ts';
import { distanceTo } from '../../server/src/volume/distance.ts';
import type { Vec3 } from '../../server/src/volume/ctVolume.ts';

const SIZE: Vec3 = [5, 4, 3];
const SPACING: Vec3 = [0.7, 0.8, 2.5];

function at(index: number): Vec3 {
  return [
    (index % 5) * SPACING[0],
    (Math.floor(index / 5) % 4) * SPACING[1],
    Math.floor(index / 20) * SPACING[2],
  ];
}

test('the distance transform agrees with trying every pair of voxels', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 60, maxLength: 60, max: 5 }), (random) => {
      const features = random.map((value) => (value === 0 ? 1 : 0));
      fc.pre(features.includes(1));
      const distance = distanceTo(features, SIZE, SPACING);
      for (let a = 0; a < 60; a++) {
        let nearest = Infinity;
        for (let b = 0; b < 60; b++) {
          if (!features[b]) continue;
          const [p, q] = [at(a), at(b)];
          nearest = Math.min(nearest, Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
        }
        expect(distance[a]).toBeCloseTo(nearest, 4);
      }
    }),
  );
});

test('measured along two axes, slices know nothing of each other', () => {
  const features = new Uint8Array(60);
  features[0] = 1;
  const distance = distanceTo(features, SIZE, SPACING, [0, 1]);
  expect(distance[1]).toBeCloseTo(0.7, 5);
  expect(distance[20]).toBe(1e10);
});

test('voxels that touch at a corner are one component, and the largest one is kept', () => {
  const mask = new Uint8Array(60);
  for (const index of [0, 26, 4, 44]) mask[index] = 1;
  const { counts } = connectedComponents(mask, SIZE);
  expect(counts.slice(1).toSorted()).toEqual([1, 1, 2]);
  const kept = largestComponent(mask, SIZE);
  expect(Array.from(kept.keys()).filter((index) => kept[index])).toEqual([0, 26]);
});
