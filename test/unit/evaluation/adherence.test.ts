import { describe, expect, test } from '@jest/globals';
import { adherence } from '../../../server/src/evaluation/adherence.ts';
import type { AdherenceSide } from '../../../server/src/evaluation/adherence.ts';
import { adherenceFigures, unasked } from '../../../server/src/evaluation/adherenceFigures.ts';
import { gatesOf } from '../../../server/src/evaluation/gates.ts';
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
      conditions:
        asked === 'request'
          ? { diameter: diameterMm, spiculation, texture: (at % 5) + 1 }
          : ({} as Record<string, number>),
    })),
    largestDiameterMm: nodules.map(({ diameterMm }) => 0.8 * diameterMm),
    meanHu: nodules.map((_, at) => -700 + 150 * (at % 5)),
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
  test('to the diameter on the patch is the median error, beside that of real nodules and that of chance', () => {
    const row = rowsOf(side('asked', 1, 'request')).get('diameter')!;
    expect(row.measured!.value).toBeCloseTo(0.2, 10);
    expect(row.ceiling!.value).toBeCloseTo(0.2, 10);
    expect(row).toMatchObject({ n: COUNT, ceilingN: COUNT });
    // A request of another nodule, drawn from 5 to 25 mm, is missed by far more.
    expect(row.chance!.value).toBeGreaterThan(0.3);
  });

  test('to the diameter in a CT counts the nodules that were measured there, in both ways of measuring', () => {
    const asked = side('asked', 1, 'request');
    const rows = rowsOf({
      ...asked,
      inserted: asked.items.map(({ diameterMm }, at) =>
        at < 20 ? { sphereMm: 1.03 * diameterMm, largestMm: 1.25 * diameterMm } : null,
      ),
    });
    expect(rows.get('insertedDiameter')).toMatchObject({ n: 20, ceiling: null });
    expect(rows.get('insertedDiameter')!.measured!.value).toBeCloseTo(0.03, 10);
    expect(rows.get('insertedLargest')!.measured!.value).toBeCloseTo(0.25, 10);
    expect(rowsOf(asked).get('insertedDiameter')!.notComputed).toContain('inserted into a CT');
  });

  test('to the texture is seen in the density too, without any network', () => {
    const asked = side('asked', 1, 'request');
    const row = rowsOf({ ...asked, predicted: asked.predicted.map(() => null) }).get('textureHu')!;
    expect(row.measured!.value).toBeGreaterThan(0.95);
    expect(row.chance).toBeNull();
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
    expect(rows.get('textureHu')!.notComputed).toBe('not asked for');
    expect(rows.get('insertedDiameter')!.notComputed).toBe('not asked for');
  });

  test('is not computed where nothing was measured, or too little, or the request never varies, and says why', () => {
    const asked = side('asked', 1, 'request');
    const blind = rowsOf({ ...asked, predicted: asked.predicted.map(() => null) });
    expect(blind.get('spiculation')!.notComputed).toBe('there is no attribute network that would tell');
    const empty = rowsOf({
      ...asked,
      largestDiameterMm: asked.largestDiameterMm.map((mm, at) => (at < 4 ? mm : null)),
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

describe('adherence as figures', () => {
  const asked = side('asked', 1, 'request');
  const insertedAt = (factor: number): ReturnType<typeof adherence> =>
    adherence({
      synthetic: {
        ...asked,
        inserted: asked.items.map(({ diameterMm }) => ({
          ...{ sphereMm: factor * diameterMm, largestMm: 1.25 * diameterMm },
        })),
      },
      ...{ real, draws: 100, seed: 1 },
    });
  const gate = (figures: ReturnType<typeof adherenceFigures>) =>
    gatesOf(figures).find(({ name }) => name === 'adherence');

  test('are those that were asked for, each with its definition, its ceiling and what chance gives', () => {
    const figures = adherenceFigures(insertedAt(1.02), true);
    expect(figures.map(({ key }) => key)).toEqual(
      ['diameter', 'insertedDiameter', 'insertedLargest', 'textureHu', 'texture', 'spiculation'].map(
        (name) => `adherence/${name}`,
      ),
    );
    for (const { definition, title } of figures) {
      expect(definition.length).toBeGreaterThan(80);
      expect(title).not.toMatch(/^[a-z]/);
    }
    const spiculation = figures.at(-1)!;
    expect(spiculation.floor!.value).toBeGreaterThan(spiculation.measured!.value - 0.1);
    expect(adherenceFigures(insertedAt(1.02), false)).toEqual([]);
  });

  test.each([
    ['passes where the sizes in the CT are those asked for', 1.09, true],
    ['fails where they are a seventh too large', 1.15, false],
  ])('the gate %s', (_, factor, passed) => {
    const found = gate(adherenceFigures(insertedAt(factor), true));
    expect(found).toMatchObject({ passed, figures: ['adherence/insertedDiameter'] });
    expect(found!.found).toContain(String(Number((factor - 1).toFixed(2))));
  });

  test('the gate says nothing where all were asked for the same size, which chance would follow as well', () => {
    const same = adherence({
      synthetic: {
        ...asked,
        items: asked.items.map((item) => ({ ...item, conditions: { diameter: 12 } })),
        inserted: asked.items.map(() => ({ sphereMm: 12.1, largestMm: 13 })),
      },
      ...{ real, draws: 100, seed: 1 },
    });
    const found = gate(adherenceFigures(same, true));
    expect(found).toMatchObject({ passed: null });
    expect(found!.found).toContain('proves nothing');
  });

  test('a control is asked for nothing and is judged by no gate of it', () => {
    const control = unasked(adherenceFigures(insertedAt(1.3), true));
    expect(control.map(({ measured }) => measured)).toEqual(control.map(() => null));
    expect(gate(control)).toMatchObject({ passed: null });
  });
});
