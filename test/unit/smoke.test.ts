import { test, expect } from '@jest/globals';
import * as ort from 'onnxruntime-node';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
test('t', () => {
  expect(
    indexToWorld(
      {
        size: [1, 1, 1],
        spacing: [1, 1, 2],
        origin: [0, 0, 5],
        direction: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
      },
      [0, 0, 1],
    ),
  ).toEqual([0, 0, 7]);
  const t = new ort.Tensor('float32', new Float32Array(3), [3]);
  expect(t.dims).toEqual([3]);
});
