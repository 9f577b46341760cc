import { describe, expect, test } from '@jest/globals';
import { next } from '../../../server/src/engine/engine.ts';
import { evaluate } from '../../../server/src/engine/reference.ts';
import { placed, sequence } from '../../../server/src/engine/sequence.ts';
import { add, gradient, input, inputShapes, mul } from '../../../server/src/tensor/index.ts';

const grow = { [next('n')]: add(input('n', []), input('by', [])), before: mul(input('n', []), 1) };
const scale = { [next('n')]: mul(input('n', []), input('m', [])), [next('m')]: add(input('m', []), 1) };

describe('programs in sequence', () => {
  test('read what earlier ones wrote, are fed by place, and leave the last values of the state', () => {
    const program = sequence([grow, scale, scale, grow], new Set(['n', 'm']));
    expect([...inputShapes(program).keys()].sort()).toEqual([placed(0, 'by'), placed(3, 'by'), 'm', 'n']);
    const results = evaluate(program, { n: [1], m: [10], [placed(0, 'by')]: [2], [placed(3, 'by')]: [5] });
    // (1 + 2) · 10 · 11 = 330, + 5.
    expect(results).toEqual({
      [placed(0, 'before')]: Float64Array.of(1),
      [placed(3, 'before')]: Float64Array.of(330),
      [next('n')]: Float64Array.of(335),
      [next('m')]: Float64Array.of(12),
    });
  });

  test('cannot be differentiated, since an operation knows only the derivative by what it was made with', () => {
    const program = sequence([grow], new Set(['n']));
    expect(() => gradient(program[next('n')]!, [program[next('n')]!.inputs[0]!])).toThrow(
      'part of a sequence',
    );
  });
});
