import { describe, expect, test } from '@jest/globals';
import { adherence } from '../../../server/src/evaluation/adherence.ts';
import type { AdherenceSide } from '../../../server/src/evaluation/adherence.ts';
import type { Adherence } from '../../../server/src/evaluation/result.ts';
import { adherenceSchema } from '../../../server/src/evaluation/result.ts';
import { Random } from '../../../server/src/nn/random.ts';

const COUNT = 60;

/**
 * Nodules whose spiculation goes with their size. The prediction follows the size, and what was asked for beyond it as far
 * as `follows` says.
 */
function side(name: string, follows: number, asked: 'request' | 'readers' | 'nothing'): AdherenceSide {
  const random = Random.of('adherence', name);
  const nodules = Array.from({ length: COUNT }, () => {
    const diameterMm = 5 + 20 * random.uniform();
    const own = random.gaussian();
    const spiculation = 1 + diameterMm / 8 + own;
    const seen = diameterMm / 8 + follows * own + 0.3 * random.gaussian();
    return { diameterMm, spiculation, seen };
  });
  return {
    items: nodules.map(({ diameterMm, spiculation }, at) => ({
      ...{ id: `${name}/${at}`, cluster: `${name} ${at}`, spacingMm: diameterMm / 32, diameterMm },
      characteristics:
        asked === 'readers'
          ? {
              ...{ subtlety: 3, internalStructure: 1, calcification: 6, sphericity: 4, margin: 4 },
              ...{ lobulation: 2, texture: 5, malignancy: 3, spiculation },
            }
          : null,
      conditions: asked === 'request' ? { spiculation, meanHu: -100 } : ({} as Record<string, number>),
    })),
    equivalentDiameterMm: nodules.map(({ diameterMm }) => 0.8 * diameterMm),
    meanHu: nodules.map((_, at) => (at % 2 === 0 ? -70 : -130)),
    predicted: nodules.map(({ seen }) => ({ spiculation: seen })),
  };
}

const real = side('real', 1, 'readers');
const rowsOf = (synthetic: AdherenceSide): Map<string, Adherence> =>
  new Map(
    adherence({ synthetic, real, draws: 100, seed: 1 }).map((row) => {
      expect(adherenceSchema.safeParse(row).error).toBeUndefined();
      return [row.attribute, row];
    }),
  );

describe('adherence', () => {
  test('to diameter and mean HU is the median error, beside what real nodules have', () => {
    const rows = rowsOf(side('asked', 1, 'request'));
    expect(rows.get('diameter')!.measured!.value).toBeCloseTo(0.2, 10);
    expect(rows.get('diameter')!.ceiling!.value).toBeCloseTo(0.2, 10);
    expect(rows.get('meanHu')!.measured!.value).toBeCloseTo(30, 10);
    expect(rows.get('meanHu')!.ceiling).toBeNull();
  });

  test('to a characteristic does not come from its going with size', () => {
    const followed = rowsOf(side('follows', 1, 'request')).get('spiculation')!;
    const ignored = rowsOf(side('ignores', 0, 'request')).get('spiculation')!;
    expect(followed.measured!.value).toBeGreaterThan(0.85);
    expect(Math.abs(ignored.measured!.value)).toBeLessThan(0.3);
    expect(followed.ceiling!.value).toBeGreaterThan(0.85);
    expect(ignored.measured!.interval!.low).toBeLessThan(0);
    expect(ignored.measured!.interval!.high).toBeGreaterThan(0);
  });

  test('of an unconditional generator is known for the diameter only', () => {
    const rows = rowsOf(side('free', 1, 'nothing'));
    expect(rows.get('diameter')!.measured).not.toBeNull();
    expect(rows.get('spiculation')).toMatchObject({ measured: null, n: 0, notComputed: 'not asked for' });
    expect(rows.get('meanHu')!.notComputed).toBe('not asked for');
  });

  test('is not computed where nothing was measured, or too little, or the request never varies, and says why', () => {
    const asked = side('asked', 1, 'request');
    const blind = rowsOf({ ...asked, predicted: asked.predicted.map(() => null) });
    expect(blind.get('spiculation')!.notComputed).toBe('there is no attribute network that would tell');
    const empty = rowsOf({
      ...asked,
      equivalentDiameterMm: asked.equivalentDiameterMm.map((mm, at) => (at < 4 ? mm : null)),
    });
    expect(empty.get('diameter')!).toMatchObject({
      ...{ measured: null, n: 4, notComputed: '4 patches, and 10 are needed at least' },
    });
    const always = rowsOf({
      ...asked,
      items: asked.items.map((item) => ({ ...item, conditions: { spiculation: 4 } })),
    });
    expect(always.get('spiculation')!.notComputed).toMatch(/is the same for all/);
  });
});
