import { describe, expect, test } from '@jest/globals';
import * as t from '../../../server/src/tensor/index.ts';

const x = (...shape: number[]) => t.input('x', shape);
const y = (...shape: number[]) => t.input('y', shape);

describe('a shape error names the operation and both shapes', () => {
  test.each([
    ['add', () => t.add(x(2, 3), y(2, 4)), '[2, 3] and [2, 4]'],
    ['matMul', () => t.matMul(x(2, 3), y(4, 5)), '[2, 3] and [4, 5]'],
    ['reshape', () => t.reshape(x(2, 3), [5]), '[2, 3] and [5]'],
    ['broadcastTo', () => t.broadcastTo(x(2, 3), [2, 1]), '[2, 3] and [2, 1]'],
    ['concat', () => t.concat([x(2, 3), y(3, 3)], 1), '[2, 3] and [3, 3]'],
    ['slice', () => t.slice(x(2, 3), 1, 2, 4), '[2, 3]'],
    ['transpose', () => t.transpose(x(2, 3), [0, 0]), '[2, 3]'],
    ['reduceSum', () => t.reduceSum(x(2, 3), [2]), '[2, 3]'],
    [
      'conv3d',
      () => t.conv3d(x(1, 2, 4, 4, 4), y(3, 5, 4, 4, 4), { stride: 2, padding: 1 }),
      '[1, 2, 4, 4, 4] and [3, 5, 4, 4, 4]',
    ],
    [
      'conv3dInputGradient',
      () => t.conv3dInputGradient(x(1, 2, 4, 4, 4), y(3, 5, 4, 4, 4), { stride: 2, padding: 1 }),
      '[1, 2, 4, 4, 4] and [3, 5, 4, 4, 4]',
    ],
    [
      'conv3dWeightGradient',
      () => t.conv3dWeightGradient(x(1, 2, 8, 8, 8), y(1, 3, 5, 5, 5), { stride: 2, padding: 1 }, 4),
      '[1, 2, 8, 8, 8] and [1, 3, 5, 5, 5]',
    ],
  ])('%s', (operation, build, shapes) => {
    expect(build).toThrow(`${operation} of ${shapes}`);
  });

  test('a stride that leaves voxels over is refused, since its derivatives would not be exact', () => {
    expect(() => t.conv3d(x(1, 1, 5, 5, 5), y(1, 1, 4, 4, 4), { stride: 2, padding: 1 })).toThrow('tile');
  });

  test('two inputs of one name and different shapes cannot be in one program', () => {
    expect(() => t.toOnnx({ sum: t.add(t.input('x', [2, 3]), t.input('x', [3])) })).toThrow('named x');
  });
});
