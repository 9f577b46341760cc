/** One small graph per operation and per lowering; every test of operations goes through all of them. */
import * as t from '../../../server/src/tensor/index.ts';
import type { Tensor } from '../../../server/src/tensor/index.ts';

export interface Case {
  readonly name: string;
  build(): Tensor;
}

const x = (...shape: number[]): Tensor => t.input('x', shape);
const w = (...shape: number[]): Tensor => t.input('w', shape);
const b = (...shape: number[]): Tensor => t.input('b', shape);

export const CASES: readonly Case[] = [
  { name: 'add', build: () => t.add(x(2, 3), w(2, 3)) },
  { name: 'add with broadcasting', build: () => t.add(x(2, 3, 4), w(3, 1)) },
  { name: 'sub with broadcasting', build: () => t.sub(x(3, 1), w(2, 3, 4)) },
  { name: 'mul with broadcasting', build: () => t.mul(x(2, 3, 4), w(1, 3, 1)) },
  { name: 'mul by a number', build: () => t.mul(x(2, 3), 0.7) },
  { name: 'div with broadcasting', build: () => t.div(x(2, 3), w(3)) },
  { name: 'neg', build: () => t.neg(x(2, 3)) },
  { name: 'exp', build: () => t.exp(x(2, 3)) },
  { name: 'log', build: () => t.log(t.add(t.square(x(2, 3)), 0.5)) },
  { name: 'sqrt', build: () => t.sqrt(t.add(t.square(x(2, 3)), 0.1)) },
  { name: 'tanh', build: () => t.tanh(x(2, 3)) },
  { name: 'relu', build: () => t.relu(x(2, 7)) },
  { name: 'leakyRelu', build: () => t.leakyRelu(x(2, 7), 0.2) },
  { name: 'reduceSum', build: () => t.reduceSum(x(2, 3, 4), [0, 2]) },
  { name: 'broadcastTo', build: () => t.broadcastTo(x(3, 1), [2, 3, 4]) },
  { name: 'sumTo', build: () => t.sumTo(x(2, 3, 4), [3, 1]) },
  { name: 'reshape', build: () => t.reshape(x(2, 6), [3, 4]) },
  { name: 'transpose', build: () => t.transpose(x(2, 3, 4), [2, 0, 1]) },
  { name: 'concat', build: () => t.concat([x(2, 3), w(2, 2), b(2, 1)], 1) },
  { name: 'slice', build: () => t.slice(x(2, 5, 3), 1, 1, 4) },
  { name: 'pad', build: () => t.pad(x(2, 3), 1, 2, 1) },
  { name: 'matMul', build: () => t.matMul(x(2, 3), w(3, 4)) },
  ...convCases('kernel 4, stride 2', 4, { stride: 2, padding: 1 }, [4, 6, 4]),
  ...convCases('kernel 4, stride 2, many channels', 4, { stride: 2, padding: 1 }, [8, 4, 6], [8, 9]),
  ...convCases('kernel 3, stride 1', 3, { stride: 1, padding: 1 }, [3, 4, 3]),
  ...convCases('kernel 3, stride 2 (no fast form)', 3, { stride: 2, padding: 1 }, [5, 3, 5]),
  ...convCases('kernel 1', 1, { stride: 1, padding: 0 }, [2, 3, 2]),
  {
    name: 'transposed convolution to ten channels (eight sub-pixel convolutions)',
    build: () =>
      t.conv3dInputGradient(x(2, 2, 2, 3, 2), w(2, 10, 4, 4, 4), { stride: 2, padding: 1 }, undefined, b(10)),
  },
];

function convCases(
  name: string,
  kernel: number,
  window: t.Window,
  fine: [number, number, number],
  [ins, outs]: [number, number] = [2, 3],
): Case[] {
  const coarse = fine.map((length) => (length + 2 * window.padding - kernel) / window.stride + 1);
  const weight = [outs, ins, kernel, kernel, kernel];
  return [
    { name: `conv3d, ${name}`, build: () => t.conv3d(x(2, ins, ...fine), w(...weight), window, b(outs)) },
    {
      name: `conv3dInputGradient, ${name}`,
      build: () => t.conv3dInputGradient(x(2, outs, ...coarse), w(...weight), window, fine, b(ins)),
    },
    {
      name: `conv3dWeightGradient, ${name}`,
      build: () => t.conv3dWeightGradient(x(2, ins, ...fine), w(2, outs, ...coarse), window, kernel),
    },
  ];
}
