import { describe, expect, test } from '@jest/globals';
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
