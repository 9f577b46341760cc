import { expect, test } from '@jest/globals';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { evaluate } from '../../../server/src/engine/reference.ts';
import { conv3dWeightGradient, input, sizeOf, toOnnx } from '../../../server/src/tensor/index.ts';
import { relativeError, smoothValues } from './numeric.ts';

/** Input [N, in, z, y, x], channels of the result, kernel, padding. */
const CASES = [
  ['an image made of many channels', [2, 9, 5, 6, 7], 2, 3, 1],
  ['an image read into many channels', [3, 1, 6, 5, 4], 8, 3, 1],
  ['as few channels on both sides', [2, 3, 4, 4, 4], 3, 3, 1],
  ['a kernel without padding', [2, 8, 6, 5, 7], 2, 3, 0],
  ['more padding than keeps the size', [1, 2, 4, 5, 3], 7, 3, 2],
  ['kernels of one voxel', [2, 5, 4, 3, 6], 1, 1, 0],
] as const;

test.each(CASES)(
  'the weight gradient of %s is that of the reference',
  async (_, shape, outs, kernel, padding) => {
    const x = input('x', shape);
    const coarse = [shape[0], outs, ...shape.slice(2).map((length) => length + 2 * padding - kernel + 1)];
    const dy = input('dy', coarse);
    const program = { dw: conv3dWeightGradient(x, dy, { stride: 1, padding }, kernel) };
    const feeds = {
      x: Float32Array.from(smoothValues(sizeOf(shape), 1)),
      dy: Float32Array.from(smoothValues(sizeOf(coarse), 2)),
    };
    const executable = await onnxCpuEngine({ threads: 1 }).compile(program);
    const actual = await executable.run(feeds);
    await executable.release();
    expect(relativeError(actual.dw!, evaluate(program, feeds).dw)).toBeLessThan(1e-5);
  },
);

test('it is a product a plane of taps, not a convolution by a kernel as large as the volume', () => {
  const dw = conv3dWeightGradient(
    input('x', [2, 8, 16, 16, 16]),
    input('dy', [2, 2, 16, 16, 16]),
    { stride: 1, padding: 1 },
    3,
  );
  const text = Buffer.from(toOnnx({ dw }, 'cpu')).toString('latin1');
  expect(text).toContain('MatMul');
  expect(text).not.toContain('Conv');
});
