import { expect, test } from '@jest/globals';
import {
  conv3d,
  conv3dInputGradient,
  conv3dWeightGradient,
  input,
  sizeOf,
} from '../../../server/src/tensor/index.ts';
import { relativeError, smoothValues } from '../tensor/numeric.ts';
import { cpu, programsOf } from './engines.ts';

/** Too large for float64 loops: the fast lowering against the plain operators, both in float32. */
test.each([
  ['many voxels', [8, 20, 24], [64, 128]],
  ['few voxels', [8, 8, 8], [64, 128]],
  ['hardly any voxels', [8, 4, 6], [128, 64]],
] as const)(
  'convolutions by a large kernel, and their derivatives, are right for %s',
  async (_, fine, [ins, outs]) => {
    const window = { stride: 2, padding: 1 };
    const x = input('x', [3, ins, ...fine]);
    const y = input('y', [3, outs, ...fine.map((length) => length / 2)]);
    const w = input('w', [outs, ins, 4, 4, 4]);
    const program = {
      output: conv3d(x, w, window, input('outputBias', [outs])),
      inputGradient: conv3dInputGradient(y, w, window, fine, input('inputBias', [ins])),
      weightGradient: conv3dWeightGradient(x, y, window, 4),
    };
    const feeds = Object.fromEntries(
      [x, y, w, input('outputBias', [outs]), input('inputBias', [ins])].map(({ name, shape }, i) => [
        name,
        Float32Array.from(smoothValues(sizeOf(shape), i)),
      ]),
    );
    const [fast, plain] = [await cpu.compile(program), await programsOf('cuda').compile(program)];
    const [actual, expected] = [await fast.run(feeds), await plain.run(feeds)];
    for (const name of Object.keys(program)) {
      expect(expected[name]!.some((value) => value !== 0)).toBe(true);
      expect(relativeError(actual[name]!, expected[name]!)).toBeLessThan(2e-5);
    }
    await fast.release();
    await plain.release();
  },
);
