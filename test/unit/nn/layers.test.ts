import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../server/src/engine/reference.ts';
import * as layers from '../../../server/src/nn/layers.ts';
import { input } from '../../../server/src/tensor/index.ts';
import { smoothValues } from '../tensor/numeric.ts';

const cube = (size: number, value: (z: number, y: number, x: number) => number): number[] =>
  Array.from({ length: size ** 3 }, (_, i) =>
    value(Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size),
  );

describe('linear upsampling', () => {
  const upsampled = (values: readonly number[]): Float64Array =>
    evaluate({ y: layers.upsampleLinear(input('x', [1, 1, 4, 4, 4])) }, { x: values }).y;

  test('continues a ramp along each axis between voxel centres and holds it beyond them', () => {
    // Fine voxel f has its centre at (f − 0.5) / 2 coarse voxels.
    const at = (f: number): number => Math.min(3, Math.max(0, (f - 0.5) / 2));
    const expected = cube(8, (z, y, x) => 100 * at(z) + 10 * at(y) + at(x));
    const actual = upsampled(cube(4, (z, y, x) => 100 * z + 10 * y + x));
    actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 9));
  });

  test('keeps a constant', () => {
    upsampled(new Array<number>(64).fill(3)).forEach((value) => expect(value).toBeCloseTo(3, 12));
  });
});

test('average pooling gives the means of blocks of eight voxels', () => {
  const pooled = evaluate(
    { y: layers.averagePool(input('x', [1, 1, 4, 4, 4])) },
    { x: cube(4, (z, y, x) => 100 * z + 10 * y + x) },
  ).y;
  const expected = cube(2, (z, y, x) => 100 * (2 * z + 0.5) + 10 * (2 * y + 0.5) + 2 * x + 0.5);
  pooled.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 9));
});

test('pixel normalisation makes the mean square over channels one, voxel by voxel', () => {
  const x = smoothValues(2 * 3 * 8, 1);
  const y = evaluate({ y: layers.pixelNormalisation(input('x', [2, 3, 2, 2, 2])) }, { x }).y;
  for (let sample = 0; sample < 2; sample++)
    for (let voxel = 0; voxel < 8; voxel++) {
      const channels = [0, 1, 2].map((channel) => y[(sample * 3 + channel) * 8 + voxel]!);
      expect(channels.reduce((sum, v) => sum + v * v, 0) / 3).toBeCloseTo(1, 6);
      expect(Math.sign(channels[0]!)).toBe(Math.sign(x[sample * 24 + voxel]!));
    }
});

test('the minibatch channel holds the mean deviation over the batch and leaves the others alone', () => {
  // Two samples, two channels, one voxel: deviations (unbiased) are |1 − 3|/√2 and |10 − 20|/√2.
  const x = [1, 10, 3, 20];
  const y = evaluate({ y: layers.minibatchStandardDeviation(input('x', [2, 2, 1, 1, 1])) }, { x }).y;
  const expected = (2 / Math.SQRT2 + 10 / Math.SQRT2) / 2;
  [1, 10, expected, 3, 20, expected].forEach((value, i) => expect(y[i]).toBeCloseTo(value, 6));
});

test('a transposed convolution doubles each axis and gives each kernel element its place', () => {
  const layer = layers.transposedConvolution('up', 1, 1, 4, { stride: 2, padding: 1 });
  const [weight, bias] = layer.parameters;
  expect(weight).toMatchObject({ name: 'up.weight', shape: [1, 1, 4, 4, 4] });
  const kernel = cube(4, (z, y, x) => 100 * z + 10 * y + x);
  const parameters = (name: string) => input(name, name === weight!.name ? weight!.shape : bias!.shape);
  const y = evaluate(
    { y: layer.apply(parameters, input('x', [1, 1, 2, 2, 2])) },
    { x: [1, 0, 0, 0, 0, 0, 0, 0], 'up.weight': kernel, 'up.bias': [0.5] },
  ).y;
  // The first voxel spreads its kernel from −1 to 2: what lies inside starts at kernel element (1, 1, 1).
  const expected = cube(4, (z, y, x) => (Math.max(z, y, x) < 3 ? 111 + 100 * z + 10 * y + x : 0) + 0.5);
  expect(Array.from(y)).toEqual(expected);
});

test('parameters start from their own streams: a further layer changes no other', () => {
  const dense = layers.dense('a', 3, 4).parameters;
  const both = [...layers.dense('b', 2, 2).parameters, ...dense];
  expect(layers.initialise(both, 5)['a.weight']).toEqual(layers.initialise(dense, 5)['a.weight']);
  expect(layers.initialise(dense, 6)['a.weight']).not.toEqual(layers.initialise(dense, 5)['a.weight']);
  const bound = 1 / Math.sqrt(3);
  const weight = layers.initialise(layers.dense('a', 3, 400).parameters, 5)['a.weight']!;
  expect(Math.max(...weight)).toBeLessThanOrEqual(bound);
  expect(Math.max(...weight)).toBeGreaterThan(0.98 * bound);
  expect(Math.min(...weight)).toBeLessThan(-0.98 * bound);
});
