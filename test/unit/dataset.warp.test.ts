import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IDENTITY, product, rotation, transpose } from '../../server/src/dataset/augmentation/affine.ts';
import { SEED_AUGMENTATION } from '../../server/src/dataset/augmentation/augmentation.ts';
import { drawVariation, warpOf } from '../../server/src/dataset/augmentation/augment.ts';
import {
  drawControlGrid,
  MOST_DISPLACEMENT,
  splineWeights,
  type ControlGrid,
} from '../../server/src/dataset/augmentation/elastic.ts';
import {
  copyOriented,
  ORIENTATIONS,
  orientationMatrix,
} from '../../server/src/dataset/augmentation/orientation.ts';
import { tailOf, warpPatch, type Warp } from '../../server/src/dataset/augmentation/warp.ts';
import { Random } from '../../server/src/nn/random.ts';
import { bare, patchOf, randomPatch, variation } from '../support/formulaPatches.ts';

type Point = readonly [number, number, number];
const { abs, exp, floor, hypot, max } = Math;

/** A ball in [0, 1] with an edge as soft as a voxel's. */
const ball = (size: number, [cz, cy, cx]: Point, radius: number): Float32Array =>
  patchOf(size, (z, y, x) => 1 / (1 + exp(3 * (hypot(z - cz, y - cy, x - cx) - radius))));

function warped(source: Float32Array, size: number, warp: Warp): Float32Array {
  const target = new Float32Array(size ** 3);
  warpPatch(source, 0, size, warp, target, 0);
  return target;
}

/** Centre of mass in (z, y, x) and the sum of all values. */
function mass(values: Float32Array, size: number): { centre: Point; sum: number } {
  let [sum, z, y, x] = [0, 0, 0, 0];
  for (let i = 0; i < size ** 3; i++) {
    const value = values[i]!;
    sum += value;
    z += value * floor(i / size ** 2);
    y += value * (floor(i / size) % size);
    x += value * (i % size);
  }
  return { centre: [z / sum, y / sum, x / sum], sum };
}

/** The displacement (z, y, x) that a grid means at a voxel, straight from its definition. */
function displacementAt({ spacing, points, displacements }: ControlGrid, voxel: Point): Point {
  const cells = voxel.map((v) => floor(v / spacing));
  const weights = voxel.map((v, axis) => splineWeights(v / spacing - cells[axis]!));
  const sum: [number, number, number] = [0, 0, 0];
  for (let a = 0; a < 4; a++)
    for (let b = 0; b < 4; b++)
      for (let c = 0; c < 4; c++) {
        const at = 3 * (((cells[0]! + a) * points + cells[1]! + b) * points + cells[2]! + c);
        const weight = weights[0]![a]! * weights[1]![b]! * weights[2]![c]!;
        for (let axis = 0; axis < 3; axis++) sum[axis]! += weight * displacements[at + axis]!;
      }
  return sum;
}

describe('a rotation', () => {
  const size = 33;
  // The unit axes in (z, y, x), and where a point on one of the other axes goes in a right-handed quarter turn.
  test.each([
    ['z', [1, 0, 0], [0, 8, 0], [0, 0, 8]],
    ['y', [0, 1, 0], [0, 0, 8], [8, 0, 0]],
    ['x', [0, 0, 1], [8, 0, 0], [0, 8, 0]],
  ] satisfies [string, Point, Point, Point][])(
    'about %s carries a point there by the angle',
    (_, axis, from, quarter) => {
      const centre = (size - 1) / 2;
      const source = ball(size, [centre + from[0], centre + from[1], centre + from[2]], 3);
      for (const degrees of [0.0001, 15, -15, 40, 90]) {
        const angle = (degrees * Math.PI) / 180;
        const found = mass(warped(source, size, warpOf(variation({ axis, degrees }))), size).centre;
        for (const i of [0, 1, 2]) {
          const expected = Math.cos(angle) * from[i]! + Math.sin(angle) * quarter[i]!;
          expect(found[i]! - centre).toBeCloseTo(expected, 1);
        }
      }
    },
  );

  test('keeps lengths, right angles and handedness, and its inverse is its transpose', () => {
    const unit = fc
      .tuple(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
      )
      .map(([z, turn]): Point => {
        const flat = Math.sqrt(1 - z * z);
        return [z, flat * Math.cos(turn), flat * Math.sin(turn)];
      });
    fc.assert(
      fc.property(unit, fc.double({ min: -180, max: 180, noNaN: true }), (axis, degrees) => {
        const m = rotation(axis, degrees);
        product(m, transpose(m)).forEach((value, i) => expect(value).toBeCloseTo(IDENTITY[i]!, 12));
        const determinant =
          m[0] * (m[4] * m[8] - m[5] * m[7]) -
          m[1] * (m[3] * m[8] - m[5] * m[6]) +
          m[2] * (m[3] * m[7] - m[4] * m[6]);
        expect(determinant).toBeCloseTo(1, 12);
        expect((m[0] + m[4] + m[8] - 1) / 2).toBeCloseTo(Math.cos((degrees * Math.PI) / 180), 12);
      }),
    );
  });

  test('of a ball around the centre changes next to nothing', () => {
    const source = ball(size, [16, 16, 16], 9);
    const turned = warped(source, size, warpOf(variation({ axis: [0.6, 0, 0.8], degrees: 37 })));
    const differences = turned.map((value, i) => abs(value - source[i]!));
    // Trilinear look-up smooths the ball's edge, which is one voxel wide.
    expect(max(...differences)).toBeLessThan(0.15);
    expect(mass(turned, size).sum / mass(source, size).sum).toBeCloseTo(1, 2);
  });
});

describe('a scaling', () => {
  test.each([0.9, 0.95, 1.1, 1.5])(
    'by %d changes a ball’s diameter by that, within a tenth of a voxel',
    (scale) => {
      const size = 40;
      const centre = (size - 1) / 2;
      const radius = 10;
      const found = mass(
        warped(ball(size, [centre, centre, centre], radius), size, warpOf(variation({ scale }))),
        size,
      );
      // The sum over a ball with a soft edge is that over a hard one but for a small share, which the ratio cancels.
      const before = mass(ball(size, [centre, centre, centre], radius), size);
      expect(abs(2 * radius * Math.cbrt(found.sum / before.sum) - 2 * radius * scale)).toBeLessThan(0.1);
      for (const at of found.centre) expect(at).toBeCloseTo(centre, 6);
    },
  );
});

describe('a warp', () => {
  test('that moves nothing gives the same bits', () => {
    const source = randomPatch(13, 1);
    expect(warped(source, 13, { matrix: IDENTITY })).toEqual(bare(source, 13));
    const still = drawControlGrid(Random.of(1), 13, 4, 0);
    expect(warped(source, 13, { matrix: IDENTITY, elastic: still })).toEqual(bare(source, 13));
  });

  test('by any of the 48 symmetries is the exact copy', () => {
    const source = randomPatch(6, 2);
    for (let orientation = 0; orientation < ORIENTATIONS; orientation++) {
      const expected = new Float32Array(6 ** 3);
      copyOriented(bare(source, 6), 6, orientation, expected, 0);
      expect(warped(source, 6, { matrix: orientationMatrix(orientation) })).toEqual(expected);
    }
  });

  test('turns the mirrored patch, not the turning', () => {
    const size = 21;
    const source = ball(size, [10, 10, 16], 2.5);
    const orientation = 4;
    const mirrored = new Float32Array(size ** 3 + tailOf(size));
    copyOriented(bare(source, size), size, orientation, mirrored, 0);
    const turn = { axis: [1, 0, 0], degrees: 30 } as const;
    const together = mass(warped(source, size, warpOf(variation({ ...turn, orientation }))), size).centre;
    const oneByOne = mass(warped(mirrored, size, warpOf(variation(turn))), size).centre;
    const turnedOnly = mass(warped(source, size, warpOf(variation(turn))), size).centre;
    together.forEach((value, i) => expect(value).toBeCloseTo(oneByOne[i]!, 6));
    expect(abs(together[2] - turnedOnly[2])).toBeGreaterThan(5);
  });

  test('leaves a constant patch constant up to its border, whatever it is', () => {
    const grey = Math.fround(0.093);
    const source = patchOf(24, () => grey);
    for (let i = 0; i < 10; i++) {
      const random = Random.of('constant', i);
      const drawn = drawVariation(SEED_AUGMENTATION, random.integer(8), 24, 24, random);
      const values = warped(source, 24, warpOf(drawn));
      expect(new Set(values)).toEqual(new Set([grey]));
    }
  });

  test('reads a patch from the middle of a set as it would read it alone', () => {
    const size = 9;
    const [one, two, three] = [1, 2, 3].map((seed) => randomPatch(size, seed)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const set = new Float32Array(3 * size ** 3 + tailOf(size));
    [one, two, three].forEach((patch, i) => set.set(bare(patch, size), i * size ** 3));
    const random = Random.of('set');
    const warp = warpOf(
      drawVariation(
        { ...SEED_AUGMENTATION, elastic: { gridVoxels: 4, displacementVoxels: 1.5 } },
        3,
        size,
        size,
        random,
      ),
    );
    const target = new Float32Array(2 * size ** 3);
    warpPatch(set, size ** 3, size, warp, target, size ** 3);
    expect(target.slice(size ** 3)).toEqual(warped(two, size, warp));
    expect(target.slice(0, size ** 3).every((value) => value === 0)).toBe(true);
  });
});

describe('an elastic deformation', () => {
  const size = 24;

  test('moves every voxel by what the splines between its control points say', () => {
    // The patch tells where it was looked up: its value is a straight function of the position.
    const slopes: Point = [0.011, 0.017, 0.013];
    const at = (z: number, y: number, x: number): number => slopes[0] * z + slopes[1] * y + slopes[2] * x;
    const source = patchOf(size, at);
    // 6 divides the patch, 7.5 does not fall on voxels.
    for (const spacing of [6, 7.5]) {
      const elastic = drawControlGrid(Random.of('elastic', spacing), size, spacing, 0.4 * spacing);
      const values = warped(source, size, { matrix: IDENTITY, elastic });
      let inside = 0;
      for (let z = 0; z < size; z++)
        for (let y = 0; y < size; y++)
          for (let x = 0; x < size; x++) {
            const [dz, dy, dx] = displacementAt(elastic, [z, y, x]);
            const [sz, sy, sx] = [z + dz, y + dy, x + dx];
            if ([sz, sy, sx].some((p) => p < 0 || p > size - 1)) continue;
            inside++;
            if (abs(values[(z * size + y) * size + x]! - at(sz, sy, sx)) > 1e-6)
              throw new Error(
                `at ${z}, ${y}, ${x}: ${values[(z * size + y) * size + x]} instead of ${at(sz, sy, sx)}`,
              );
          }
      expect(inside).toBeGreaterThan(size ** 3 / 2);
    }
  });

  test('is turned and scaled along with the patch', () => {
    const source = patchOf(size, (_, __, x) => x / size);
    const elastic = drawControlGrid(Random.of('turned'), size, 8, 3);
    // A quarter turn about z: what lies along y in the result lay along x in the source.
    const { matrix } = warpOf(variation({ axis: [1, 0, 0], degrees: 90, scale: 2 }));
    const values = warped(source, size, { matrix, elastic });
    const centre = (size - 1) / 2;
    for (const voxel of [
      [12, 11, 12],
      [9, 14, 10],
      [15, 8, 13],
    ] satisfies Point[]) {
      const [, dy, dx] = displacementAt(elastic, voxel);
      const [y, x] = [voxel[1] + dy - centre, voxel[2] + dx - centre];
      const expected = centre + (matrix[7] * y + matrix[8] * x);
      expect(values[(voxel[0] * size + voxel[1]) * size + voxel[2]]! * size).toBeCloseTo(expected, 4);
      expect(abs(matrix[7])).toBeCloseTo(0.5, 12);
    }
  });

  test('moves voxels by less than its bound, by about 2 voxels where the seed’s is used', () => {
    const { gridVoxels, displacementVoxels } = SEED_AUGMENTATION.elastic;
    let [sum, count] = [0, 0];
    for (let i = 0; i < 40; i++) {
      const random = Random.of('bounds', i);
      const grid = drawControlGrid(random, 64, gridVoxels, displacementVoxels);
      for (let j = 0; j < 25; j++) {
        const moved = displacementAt(grid, [random.integer(64), random.integer(64), random.integer(64)]);
        for (const along of moved) expect(abs(along)).toBeLessThan(displacementVoxels);
        sum += hypot(...moved);
        count++;
      }
    }
    expect(sum / count).toBeGreaterThan(1.2);
    expect(sum / count).toBeLessThan(2.5);
  });

  test('as strong as is allowed never folds: every voxel keeps its neighbours’ order', () => {
    for (let i = 0; i < 20; i++) {
      const spacing = 5;
      const grid = drawControlGrid(Random.of('fold', i), 15, spacing, MOST_DISPLACEMENT * spacing);
      // The worst that can be drawn: every displacement at its bound.
      for (let at = 0; at < grid.displacements.length; at++)
        grid.displacements[at] = MOST_DISPLACEMENT * spacing * Math.sign(grid.displacements[at]!);
      const h = 0.01;
      for (let j = 0; j < 30; j++) {
        const random = Random.of('fold', i, j);
        const p: Point = [1 + 12 * random.uniform(), 1 + 12 * random.uniform(), 1 + 12 * random.uniform()];
        const columns = [0, 1, 2].map((axis) => {
          const shifted = p.map((v, k) => (k === axis ? v + h : v)) as unknown as Point;
          const [a, b] = [displacementAt(grid, p), displacementAt(grid, shifted)];
          return [0, 1, 2].map((k) => (k === axis ? 1 : 0) + (b[k]! - a[k]!) / h);
        }) as [number[], number[], number[]];
        const [u, v, w] = columns;
        const determinant =
          u[0]! * (v[1]! * w[2]! - v[2]! * w[1]!) -
          v[0]! * (u[1]! * w[2]! - u[2]! * w[1]!) +
          w[0]! * (u[1]! * v[2]! - u[2]! * v[1]!);
        expect(determinant).toBeGreaterThan(0);
      }
    }
  });
});

describe('orientations', () => {
  const cube = Float32Array.from({ length: 27 }, (_, i) => i);
  const oriented = (orientation: number): Float32Array => {
    const result = new Float32Array(27);
    copyOriented(cube, 3, orientation, result, 0);
    return result;
  };

  test('are 48 different rearrangements, the first of which changes nothing', () => {
    expect(oriented(0)).toEqual(cube);
    const all = Array.from({ length: ORIENTATIONS }, (_, i) => oriented(i));
    expect(new Set(all.map((values) => values.join())).size).toBe(48);
    for (const values of all) expect([...values].sort((a, b) => a - b)).toEqual([...cube]);
  });

  test('keep neighbours neighbours: the centre stays and faces stay faces', () => {
    for (let i = 0; i < ORIENTATIONS; i++) {
      const values = oriented(i);
      expect(values[13]).toBe(13);
      expect([4, 10, 12, 14, 16, 22].map((at) => values[at]!).sort((a, b) => a - b)).toEqual([
        4, 10, 12, 14, 16, 22,
      ]);
    }
  });
});
