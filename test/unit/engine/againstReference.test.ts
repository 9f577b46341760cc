import { describe, expect, test } from '@jest/globals';
import { input, slopeMask } from '../../../server/src/tensor/index.ts';
import { CASES } from '../tensor/cases.ts';
import { distances, TOLERANCE } from './agreement.ts';
import { cpu, programsOf, tensorflow, wasm } from './engines.ts';

describe.each([cpu, wasm, tensorflow, programsOf('cuda'), programsOf('webgpu')])(
  '$name agrees with the float64 reference',
  (engine) => {
    test.each(CASES.map((c) => [c.name, c] as const))(
      'on %s, its derivative and its second derivative',
      async (_, given) => {
        const found = await distances(engine, given);
        expect(Object.keys(found).length).toBeGreaterThanOrEqual(4);
        expect(Math.max(...Object.values(found))).toBeLessThan(TOLERANCE);
      },
    );
  },
);

test('the mask of a leaky ReLU is exact for the smallest and the largest numbers', async () => {
  const values = Float32Array.of(2 ** -126, -(2 ** -126), 3e38, -3e38, 1e-20, -1e-20, 0, -0, 1, -1);
  const executable = await cpu.compile({
    mask: slopeMask(input('x', [values.length]), 0.2),
  });
  const { mask } = await executable.run({ x: values });
  const slope = Math.fround(0.2);
  expect([...mask!]).toEqual([1, slope, 1, slope, 1, slope, slope, slope, 1, slope]);
  await executable.release();
});
