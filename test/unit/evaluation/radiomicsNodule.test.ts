import { describe, expect, test } from '@jest/globals';
import { copyOriented, ORIENTATIONS } from '../../../server/src/dataset/augmentation/orientation.ts';
import { gaussianEllipsoid } from '../../../server/src/evaluation/controls/gaussianEllipsoid.ts';
import { noduleMask } from '../../../server/src/evaluation/noduleMask.ts';
import { largestDistance } from '../../../server/src/evaluation/radiomics/largestDistance.ts';
import { meshOf } from '../../../server/src/evaluation/radiomics/mesh.ts';
import { eigenvalues } from '../../../server/src/evaluation/radiomics/principalAxes.ts';
import {
  RADIOMIC_NAMES,
  radiomicFeatures,
  radiomicsOf,
} from '../../../server/src/evaluation/radiomics/radiomicFeatures.ts';
import { regionOf } from '../../../server/src/evaluation/radiomics/region.ts';
import type { Region } from '../../../server/src/evaluation/radiomics/region.ts';
import { shapeOf } from '../../../server/src/evaluation/radiomics/shape.ts';
import { Random } from '../../../server/src/nn/random.ts';
import type { Vec3 } from '../../../server/src/volume/ctVolume.ts';
import { ballPatch } from '../../support/nodulePatches.ts';

const UPRIGHT: readonly [Vec3, Vec3, Vec3] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** A region of an ellipsoid with these semi-axes, in voxels. */
function ellipsoidRegion(size: number, [a, b, c]: Vec3): Region {
  const middle = (size - 1) / 2;
  const mask = Array.from({ length: size ** 3 }, (_, at) => {
    const [x, y, z] = [at % size, Math.floor(at / size) % size, Math.floor(at / size ** 2)];
    return Math.hypot((x - middle) / a, (y - middle) / b, (z - middle) / c) < 1 ? 1 : 0;
  });
  return regionOf(mask, mask, [size, size, size])!;
}

/** Voxels that hang together as they like. */
function raggedRegion(seed: number, size: number): Region {
  const random = Random.of('ragged', seed);
  const mask = Array.from({ length: size ** 3 }, () => (random.uniform() < 0.4 ? 1 : 0));
  return regionOf(mask, mask, [size, size, size])!;
}

/** A nodule with texture, no symmetry and a dense spot. */
function lumpyPatch(size: number): Float32Array {
  const values = gaussianEllipsoid({
    ...{ size, spacingMm: 0.5, diameterMm: size / 5, meanHu: -150, axisRatios: [1, 0.8, 0.55] },
    rotation: UPRIGHT,
  });
  const random = Random.of('lumpy');
  return values.map((value, at) =>
    value < 0.2 ? value : Math.min(1, value + 0.1 * random.gaussian() + (at % size > size / 2 ? 0.1 : 0)),
  );
}

describe('the features of a nodule', () => {
  const patch = lumpyPatch(32);
  const features = radiomicFeatures(patch, 32, 0.5)!;

  test('are finite, one for each name, and no name stands twice', () => {
    expect(features).toHaveLength(RADIOMIC_NAMES.length);
    expect(features.every(Number.isFinite)).toBe(true);
    expect(new Set(RADIOMIC_NAMES).size).toBe(RADIOMIC_NAMES.length);
  });

  test('are the same however the patch is flipped and turned', () => {
    for (let orientation = 1; orientation < ORIENTATIONS; orientation += 6) {
      const turned = new Float32Array(patch.length);
      copyOriented(patch, 32, orientation, turned, 0);
      const again = radiomicFeatures(turned, 32, 0.5)!;
      features.forEach((value, n) => expect(again[n]!).toBeCloseTo(value, 6));
    }
  });

  test('do not go with the spacing, except the one that is a length', () => {
    const larger = radiomicFeatures(patch, 32, 1)!;
    features.forEach((value, n) =>
      expect(larger[n]!).toBeCloseTo(value + (RADIOMIC_NAMES[n]!.startsWith('size') ? Math.log(2) : 0), 6),
    );
  });

  test('are finite for a nodule of one level too', () => {
    const flat = ballPatch(24, 6, 'flat').map((value) => (value > 0.4 ? 0.5 : 0.0929));
    const found = radiomicFeatures(flat, 24, 0.5)!;
    expect(found.every(Number.isFinite)).toBe(true);
    expect(found[RADIOMIC_NAMES.indexOf('GLCM: correlation')]).toBe(1);
    expect(found[RADIOMIC_NAMES.indexOf('histogram: entropy')]).toBeCloseTo(0);
  });

  test('are null for a constant patch and for one that is nearly so', () => {
    expect(radiomicFeatures(new Float32Array(24 ** 3).fill(0.0929), 24, 0.5)).toBeNull();
    expect(radiomicFeatures(new Float32Array(24 ** 3).fill(1), 24, 0.5)).toBeNull();
    const faint = ballPatch(24, 5, 'faint').map((value) => 0.093 + (value - 0.093) / 10);
    expect(radiomicFeatures(faint, 24, 0.5)).toBeNull();
  });

  test('are refused for values that are no numbers', () => {
    const broken = ballPatch(24, 5, 'broken');
    broken[77] = NaN;
    expect(() => radiomicFeatures(broken, 24, 0.5)).toThrow(/NaN at voxel 77/);
  });

  test('change where the nodule is blurred or made noisy, in texture more than in shape', () => {
    const random = Random.of('speckle');
    const noisy = patch.map((value) => (value > 0.2 ? value + 0.1 * random.gaussian() : value));
    const after = radiomicFeatures(noisy, 32, 0.5)!;
    const contrast = RADIOMIC_NAMES.indexOf('GLCM: contrast (log)');
    const sphericity = RADIOMIC_NAMES.indexOf('shape: sphericity');
    expect(after[contrast]! - features[contrast]!).toBeGreaterThan(0.15);
    expect(Math.abs(after[sphericity]! - features[sphericity]!)).toBeLessThan(0.2);
  });

  test('say so where the nodule reaches a face of the patch, and are finite', () => {
    const cut = new Float32Array(24 ** 3).fill(0.0929);
    const whole = ballPatch(24, 6, 'cut');
    // Moved by half a patch along x: half of the ball is gone.
    for (let at = 0; at < cut.length; at++) if (at % 24 < 12) cut[at] = whole[at + 12]!;
    expect(noduleMask(whole, 24)!.touchesBorder).toBe(false);
    const nodule = noduleMask(cut, 24)!;
    expect(nodule.touchesBorder).toBe(true);
    expect(nodule.box.min[0]).toBe(0);
    expect(Object.values(radiomicsOf(nodule, 24, 1).shape).every(Number.isFinite)).toBe(true);
  });
});

describe('shape', () => {
  test('of a ball has the volume of a ball, and the sphericity that marching cubes give to it', () => {
    const ball = shapeOf(ellipsoidRegion(40, [16, 16, 16]), 0.5);
    expect(ball.volume / ((4 / 3) * Math.PI * 8 ** 3)).toBeCloseTo(1, 1);
    expect(ball.elongation).toBeCloseTo(1, 6);
    // Stairs make the surface of a binary ball about 9 % too large, however fine the voxels are.
    expect(ball.sphericity).toBeGreaterThan(0.89);
    expect(ball.sphericity).toBeLessThan(0.95);
    expect(ball.maximum3dDiameter).toBeCloseTo(16, 0);
  });

  test('of an ellipsoid gives its axes back', () => {
    const shape = shapeOf(ellipsoidRegion(40, [18, 12, 9]), 0.5);
    // IBSI's axes are four standard deviations; those of a solid ellipsoid are 2 / √5 of its own.
    expect(shape.majorAxis * (Math.sqrt(5) / 2)).toBeCloseTo(18, 0);
    expect(shape.elongation).toBeCloseTo(12 / 18, 1);
    expect(shape.flatness).toBeCloseTo(9 / 18, 1);
    expect(shape.ellipsoidVolumeDensity).toBeCloseTo((Math.sqrt(5) / 2) ** 3, 1);
    expect(shape.centreOfMassShift).toBeCloseTo(0, 6);
  });

  test('of a box of voxels has all its faces but the edges that marching cubes cut off', () => {
    const mask = new Array<number>(6 ** 3).fill(1);
    const { area, volume } = meshOf(regionOf(mask, mask, [6, 6, 6])!);
    // 5³ between the centres, slabs of half a voxel on six sides, an eighth of a voxel along 12 edges, corners of 1/48.
    expect(volume).toBeCloseTo(125 + 6 * 12.5 + (12 * 5) / 8 + 8 / 48, 9);
    expect(area).toBeCloseTo(6 * 25 + 12 * 5 * Math.SQRT1_2 + 8 * (Math.sqrt(3) / 8), 9);
  });

  test('of two regions that do not touch is the sum of both, wherever they are', () => {
    const one = meshOf(regionOf([1, 1], [1, 1], [2, 1, 1])!);
    const mask = [1, 1, 0, 0, 0, 0, 1, 1];
    const two = meshOf(regionOf(mask, mask, [8, 1, 1])!);
    expect(two.volume).toBeCloseTo(2 * one.volume, 12);
    expect(two.area).toBeCloseTo(2 * one.area, 12);
  });

  test('counts a hole’s surface, and takes its volume away', () => {
    const full = Array.from({ length: 125 }, () => 1);
    const hollow = full.with(62, 0);
    const [a, b] = [full, hollow].map((mask) => meshOf(regionOf(mask, mask, [5, 5, 5])!)) as [
      ReturnType<typeof meshOf>,
      ReturnType<typeof meshOf>,
    ];
    expect(b.area).toBeGreaterThan(a.area);
    expect(b.volume).toBeLessThan(a.volume);
  });

  test('finds the largest distance between vertices, as a look at all pairs does', () => {
    for (let seed = 0; seed < 12; seed++) {
      const region = seed < 8 ? raggedRegion(seed, 4) : ellipsoidRegion(10, [4.5, 1 + seed / 4, 3]);
      expect(largestDistance(region)).toBeCloseTo(largestByAllPairs(region), 9);
    }
  });

  test('finds the eigenvalues of a symmetric matrix', () => {
    expect(eigenvalues([2, 2, 5], [1, 0, 0])).toEqual([
      expect.closeTo(5, 9),
      expect.closeTo(3, 9),
      expect.closeTo(1, 9),
    ]);
    expect(eigenvalues([4, 4, 4], [0, 0, 0])).toEqual([4, 4, 4]);
  });
});

function largestByAllPairs({ size: [nx, ny], mask, voxels }: Region): number {
  const vertices: number[][] = [];
  for (const voxel of voxels)
    [1, nx, nx * ny].forEach((step, axis) => {
      for (const side of [-1, 1]) {
        if (mask[voxel + side * step] !== 0) continue;
        const vertex = [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny))];
        vertex[axis]! += side / 2;
        vertices.push(vertex);
      }
    });
  let best = 0;
  for (const a of vertices)
    for (const b of vertices) best = Math.max(best, Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!));
  return best;
}
