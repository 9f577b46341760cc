import { describe, expect, test } from '@jest/globals';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { evaluate } from '../../../server/src/engine/reference.ts';
import {
  conv3d,
  conv3dInputGradient,
  conv3dWeightGradient,
  input,
  inputShapes,
  sizeOf,
  toOnnx,
  type Tensor,
} from '../../../server/src/tensor/index.ts';
import { relativeError, smoothValues } from './numeric.ts';

/** Samples, channels of the fine side, its volume, channels of the coarse side, kernel, stride, padding. */
const SIZES = [
  ['samples beside each other', 3, 4, [4, 5, 3], 6, 3, 1, 1],
  ['a volume that shrinks', 2, 5, [4, 6, 5], 3, 3, 1, 0],
  ['a volume that grows', 2, 5, [2, 3, 4], 3, 3, 1, 2],
  ['one sample', 1, 3, [4, 4, 4], 5, 3, 1, 1],
  ['one voxel a kernel', 2, 6, [3, 2, 4], 5, 1, 1, 0],
  ['one channel', 3, 1, [8, 6, 4], 5, 4, 2, 1],
  ['channels beside each other', 2, 6, [8, 4, 6], 9, 4, 2, 1],
  ['as many channels as are laid in rows', 2, 8, [8, 4, 4], 9, 4, 2, 1],
  ['more channels than are laid in rows', 2, 9, [8, 4, 4], 9, 4, 2, 1],
  ['a stride of three', 2, 5, [7, 4, 7], 6, 4, 3, 0],
] as const;

describe('on a CPU a convolution and both its derivatives are those of the reference', () => {
  test.each(SIZES)('%s', async (_, batch, ins, spatial, outs, kernel, stride, padding) => {
    const window = { stride, padding };
    const coarse = spatial.map((length) => (length + 2 * padding - kernel) / stride + 1);
    const [x, dy] = [input('x', [batch, ins, ...spatial]), input('dy', [batch, outs, ...coarse])];
    const w = input('w', [outs, ins, kernel, kernel, kernel]);
    await expectReferenceOf({
      forward: conv3d(x, w, window, input('outBias', [outs])),
      inputs: conv3dInputGradient(dy, w, window, spatial, input('inBias', [ins])),
      weights: conv3dWeightGradient(x, dy, window, kernel),
    });
  });
});

async function expectReferenceOf(program: Readonly<Record<string, Tensor>>): Promise<void> {
  const feeds = Object.fromEntries(
    [...inputShapes(program)].map(([name, shape], seed) => [
      name,
      Float32Array.from(smoothValues(sizeOf(shape), seed + 1)),
    ]),
  );
  const executable = await onnxCpuEngine({ threads: 1 }).compile(program);
  const actual = await executable.run(feeds);
  await executable.release();
  const expected = evaluate(program, feeds);
  for (const name of Object.keys(program))
    expect(relativeError(actual[name]!, expected[name]!)).toBeLessThan(1e-5);
}

test('samples are moved beside each other where they are small, and left where they are not', () => {
  const transposesAt = (edge: number): number => {
    const x = input('x', [4, 3, edge, edge, edge]);
    const y = conv3d(x, input('w', [5, 3, 3, 3, 3]), { stride: 1, padding: 1 });
    return Buffer.from(toOnnx({ y }, 'cpu')).toString('latin1').split('Transpose').length - 1;
  };
  expect(transposesAt(8)).toBeGreaterThan(0);
  expect(transposesAt(9)).toBe(0);
});
