import { describe, expect, test } from '@jest/globals';
import { featureSpaceSchema, fitSpace, project } from '../../../server/src/evaluation/featureSpace.ts';
import { rowsOf } from '../../../server/src/evaluation/sample.ts';
import { Random } from '../../../server/src/nn/random.ts';

const how = { name: 'radiomics', fixedBy: 'nodules of the train fold' };
const random = Random.of('space');
/** Three features of very different scales, of which the second follows the first, and one that never varies. */
const rows = rowsOf(
  Array.from({ length: 200 }, () => {
    const size = random.gaussian();
    return [1000 * size + 5000, size + 0.1 * random.gaussian(), 7, 1e-3 * random.gaussian()];
  }),
);
const names = ['volume', 'diameter', 'version', 'entropy'];
const space = fitSpace(rows, names, undefined, how);

describe('a feature space', () => {
  test('leaves out and names what does not vary', () => {
    expect(space.constant).toEqual(['version']);
    expect(space.components.map((direction) => direction[2])).toEqual([0, 0, 0]);
    expect(space.components).toHaveLength(3);
  });

  test('has orthonormal directions, the most varied first, whatever the units', () => {
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, v, k) => sum + v * b[k]!, 0);
    space.components.forEach((a, i) =>
      space.components.forEach((b, j) => expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 12)),
    );
    expect(space.components[0]![0]).toBeCloseTo(Math.SQRT1_2, 1);
    expect(space.components[0]![1]).toBeCloseTo(Math.SQRT1_2, 1);
    expect(space.explained[0]).toBeCloseTo(2 / 3, 1);
    expect(space.explained.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
  });

  test('gives what it was fitted to coordinates that are centred and uncorrelated, as varied as it says', () => {
    const { values, count, dimension } = project(space, rows);
    expect([count, dimension]).toEqual([200, 3]);
    const moment = (i: number, j: number): number => {
      let sum = 0;
      for (let row = 0; row < count; row++) sum += values[row * 3 + i]! * values[row * 3 + j]!;
      return sum / (count - 1);
    };
    for (let i = 0; i < 3; i++) {
      let sum = 0;
      for (let row = 0; row < count; row++) sum += values[row * 3 + i]!;
      expect(sum / count).toBeCloseTo(0, 12);
      for (let j = 0; j < 3; j++) expect(moment(i, j)).toBeCloseTo(i === j ? 3 * space.explained[i]! : 0, 10);
    }
  });

  test('keeps the distances of what varies when all directions are kept', () => {
    const standard = (row: number, k: number): number =>
      (rows.values[4 * row + k]! - space.mean[k]!) / space.scale[k]!;
    const { values } = project(space, rows);
    const known = Math.hypot(...[0, 1, 3].map((k) => standard(5, k) - standard(9, k)));
    expect(Math.hypot(...[0, 1, 2].map((k) => values[15 + k]! - values[27 + k]!))).toBeCloseTo(known, 10);
  });

  test('projects on the first directions, the same as through all of them', () => {
    const [all, two] = [project(space, rows), project(space, rows, 2)];
    expect(two.dimension).toBe(2);
    expect(two.values[2 * 33 + 1]).toBeCloseTo(all.values[3 * 33 + 1]!, 12);
    expect(() => project(space, rows, 4)).toThrow('has 3 directions and 4 were asked for');
  });

  test('has at most 32 directions, or as many as are asked for, and no more than the samples span', () => {
    const wide = (count: number) =>
      rowsOf(Array.from({ length: count }, () => Array.from({ length: 50 }, () => random.gaussian())));
    const numbered = Array.from({ length: 50 }, (_, k) => `feature ${k}`);
    expect(fitSpace(wide(100), numbered, undefined, how).components).toHaveLength(32);
    expect(fitSpace(wide(100), numbered, 5, how).components).toHaveLength(5);
    expect(fitSpace(wide(8), numbered, undefined, how).components).toHaveLength(7);
  });

  test('comes back from its file', () => {
    expect(featureSpaceSchema.parse(JSON.parse(JSON.stringify(space)))).toEqual(space);
    expect(featureSpaceSchema.safeParse({ ...space, mean: space.mean.slice(1) }).success).toBe(false);
  });

  test('refuses rows that are not finite, of other features, or that do not vary', () => {
    const values = Float64Array.from(rows.values);
    values[4 * 3 + 1] = Number.NaN;
    expect(() => fitSpace({ ...rows, values }, names, undefined, how)).toThrow(
      'Feature 1 (diameter) of row 3',
    );
    expect(() => project(space, { ...rows, values })).toThrow(
      'Feature 1 (diameter) of row 3 of the radiomics is NaN',
    );
    expect(() => project(space, rowsOf([[1, 2]]))).toThrow('The rows have 2 features and the space names 4');
    expect(() => fitSpace(rowsOf([[1], [1]]), ['one'], undefined, how)).toThrow(
      'None of the radiomics varies',
    );
  });
});
