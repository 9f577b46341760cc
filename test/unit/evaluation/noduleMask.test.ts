import { describe, expect, test } from '@jest/globals';
import { cropAround, cropToNodule, CROP_DIAMETERS } from '../../../server/src/evaluation/noduleCrop.ts';
import { noduleMask } from '../../../server/src/evaluation/noduleMask.ts';
import { measurePatch, toHuPatch } from '../../../server/src/insertion/patchShape.ts';
import { PARENCHYMA_HU, unwindowHu, windowHu } from '../../../server/src/volume/window.ts';

interface Ball {
  readonly centre: readonly [number, number, number];
  readonly radius: number;
  readonly hu?: number;
}

/** Balls with soft edges on constant parenchyma. */
function patchWith(size: number, balls: readonly Ball[]): Float32Array {
  const values = new Float32Array(size ** 3);
  for (let z = 0, at = 0; z < size; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++, at++) {
        let hu = PARENCHYMA_HU;
        for (const { centre, radius, hu: level = 0 } of balls) {
          const r = Math.hypot(x - centre[0], y - centre[1], z - centre[2]);
          hu += (level - PARENCHYMA_HU) / (1 + Math.exp((r - radius) / 0.3));
        }
        values[at] = windowHu(hu);
      }
  return values;
}

describe('the nodule in a patch', () => {
  const values = patchWith(32, [{ centre: [13, 17, 15], radius: 7 }]);
  const nodule = noduleMask(values, 32)!;

  test('has the middle, diameter and level of the ball that was drawn', () => {
    nodule.centre.forEach((at, axis) => expect(at).toBeCloseTo([13, 17, 15][axis]!, 6));
    expect(nodule.equivalentVoxels).toBeGreaterThan(13.7);
    expect(nodule.equivalentVoxels).toBeLessThan(14.3);
    expect(nodule.meanHu).toBeLessThan(0);
    expect(nodule.meanHu).toBeGreaterThan(-100);
    expect(nodule.groundHu).toBeCloseTo(PARENCHYMA_HU, 0);
    expect(nodule.box).toEqual({ min: [6, 10, 8], max: [21, 25, 23] });
    expect(nodule.touchesBorder).toBe(false);
  });

  test('is what insertion measures', () => {
    const shape = measurePatch(toHuPatch(values));
    expect(nodule.centre).toEqual(shape.centre);
    expect(nodule.equivalentVoxels).toBe(shape.diameterVoxels);
    expect(nodule.halfHu).toBe(shape.halfHu);
  });

  test('is every voxel above half maximum, and no other', () => {
    const above = nodule.hu.map((hu) => (hu > nodule.halfHu ? 1 : 0));
    expect([...nodule.mask]).toEqual([...above]);
    expect(nodule.voxels).toBe(nodule.mask.reduce((sum, bit) => sum + bit, 0));
    const inside = nodule.hu.filter((_, at) => nodule.mask[at] === 1);
    expect(nodule.meanHu).toBeCloseTo(inside.reduce((sum, hu) => sum + hu, 0) / inside.length, 6);
  });

  test('is the largest of several pieces', () => {
    const two = noduleMask(
      patchWith(32, [
        { centre: [10, 10, 10], radius: 4 },
        { centre: [21, 21, 21], radius: 6 },
      ]),
      32,
    )!;
    expect(two.centre[0]).toBeCloseTo(21, 6);
    expect(two.mask[10 + 32 * (10 + 32 * 10)]).toBe(0);
  });

  test('is not there in a constant patch of any level, nor where only a few voxels stand out', () => {
    for (const level of [0, 0.0929, 0.5, 1])
      expect(noduleMask(new Float32Array(16 ** 3).fill(level), 16)).toBeNull();
    expect(noduleMask(patchWith(32, [{ centre: [15, 15, 15], radius: 1.5 }]), 32)).toBeNull();
  });
});

describe('the crop around a nodule', () => {
  const size = 32;
  const values = patchWith(size, [{ centre: [13, 17, 15], radius: 5 }]);
  const crop = cropToNodule(values, size)!;
  const again = noduleMask(crop.values, size)!;

  test('shows it in the middle, and as large in every crop', () => {
    again.centre.forEach((at) => expect(at).toBeCloseTo((size - 1) / 2, 1));
    expect(again.equivalentVoxels).toBeGreaterThan((0.97 * size) / CROP_DIAMETERS);
    expect(again.equivalentVoxels).toBeLessThan((1.03 * size) / CROP_DIAMETERS);
  });

  test('says how much finer its voxels are, so that the nodule keeps its size in mm', () => {
    expect(crop.scale).toBeCloseTo((1.5 * crop.nodule.equivalentVoxels) / size, 9);
    expect(again.equivalentVoxels * crop.scale).toBeCloseTo(crop.nodule.equivalentVoxels, 0);
  });

  test('keeps the level of the nodule and the constant ground', () => {
    const middle = size / 2 + size * (size / 2 + (size * size) / 2);
    expect(unwindowHu(crop.values[middle]!)).toBeCloseTo(0, 0);
    expect(unwindowHu(crop.values[0]!)).toBeCloseTo(PARENCHYMA_HU, 0);
  });

  test('reaches beyond the patch where the nodule lies near its border, into ground', () => {
    const near = cropToNodule(patchWith(size, [{ centre: [8, 15, 15], radius: 7 }]), size)!;
    const measured = noduleMask(near.values, size)!;
    expect(measured.centre[0]).toBeCloseTo((size - 1) / 2, 0);
    expect(unwindowHu(near.values[0]!)).toBeCloseTo(PARENCHYMA_HU, 0);
  });

  test('is low-pass filtered where it is coarser than the patch', () => {
    // A nodule that nearly fills the patch, with stripes of one voxel: coarser voxels cannot show them.
    const large = patchWith(size, [{ centre: [15.5, 15.5, 15.5], radius: 14.5, hu: -200 }]);
    const striped = large.map((value, at) => (value > 0.4 ? value + (at % 2 === 0 ? 0.1 : -0.1) : value));
    const { scale, values: seen } = cropAround(noduleMask(striped, size)!, size);
    expect(scale).toBeGreaterThan(1.2);
    const spread = (cube: Float32Array): number => {
      const row = cube.slice(size * (16 + size * 16) + 10, size * (16 + size * 16) + 22);
      return Math.max(...row) - Math.min(...row);
    };
    expect(spread(striped)).toBeGreaterThan(0.19);
    expect(spread(seen)).toBeLessThan(0.12);
  });

  test('is not there where there is no nodule', () => {
    expect(cropToNodule(new Float32Array(size ** 3).fill(0.0929), size)).toBeNull();
  });
});
