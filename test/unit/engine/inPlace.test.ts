import { expect, test } from '@jest/globals';
import { next } from '../../../server/src/engine/engine.ts';
import { replacedInPlace } from '../../../server/src/engine/inPlace.ts';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { stepParts } from '../../../server/src/gan/steps.ts';
import { add, input, matMul, mul, sub, transpose, type Program } from '../../../server/src/tensor/index.ts';
import { TINY_PLAIN } from '../gan/tinyPresets.ts';

const x = input('x', [2, 2]);
const CASES: readonly (readonly [string, Program, boolean])[] = [
  [
    'a value that is blended with something new',
    { [next('x')]: add(mul(x, 0.5), input('by', [2, 2])) },
    true,
  ],
  ['a value that is only written', { [next('x')]: mul(input('by', [2, 2]), 3) }, true],
  ['a value that another output reads as well', { [next('x')]: add(x, 1), other: sub(x, 1) }, false],
  ['a value that is an output itself', { [next('x')]: add(x, 1), old: x }, false],
  ['a value whose elements change places', { [next('x')]: add(transpose(x, [1, 0]), 1) }, false],
  ['a value that is multiplied as a matrix', { [next('x')]: matMul(x, input('by', [2, 2])) }, false],
  ['a value that is not replaced', { other: add(x, 1) }, false],
];

test.each(CASES)('%s', async (_, program, inPlace) => {
  expect(replacedInPlace(program, ['x']).has('x')).toBe(inPlace);
  // Whichever it is, the numbers are those of the program.
  const start = Float32Array.of(1, 2, 3, 4);
  const by = Float32Array.of(5, 6, 7, 8);
  const executable = await onnxCpuEngine({ threads: 1 }).compile(program);
  const expected = await executable.run({ x: start, by });
  const session = await onnxCpuEngine({ threads: 1 }).open({ step: program }, { x: start });
  const others = await session.run('step', { by });
  const { x: after } = await session.read();
  const { [next('x')]: replaced, ...rest } = expected;
  expect(after).toEqual(replaced ?? start);
  expect(others).toEqual(rest);
  await session.release();
  await executable.release();
});

test('moments and averages of a training are replaced in place, weights are not', () => {
  const { generator } = stepParts(TINY_PLAIN, TINY_PLAIN.stages[0]!);
  const state = ['', 'adam.first.', 'adam.second.', 'average.'].map((kind) => `${kind}generator.up8.weight`);
  expect([...replacedInPlace(generator, state)]).toEqual(state.slice(1));
});
