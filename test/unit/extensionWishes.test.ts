import { describe, expect, test } from '@jest/globals';
import type { Candidate, Condition, Model, Nodule } from '@nodulelab/contract';
import { lungRads, lungRadsText } from '../../extension/src/state/lungRads.ts';
import {
  areStale,
  conditionsLine,
  inSteps,
  isFew,
  isRare,
  rareText,
  trainedLike,
  usualValue,
  wishesFor,
  wishesLike,
} from '../../extension/src/state/wishes.ts';
import { describeConditions } from '../../server/src/services/modelConditions.ts';

const points = (counts: readonly number[]): Condition['trained'] =>
  [1, 1.5, 2.5, 3.5, 4.5].map((from, n) => ({
    ...{ from, to: [1.5, 2.5, 3.5, 4.5, 5][n]! },
    nodules: counts[n]!,
  }));
const spiculation: Condition = {
  ...{ name: 'spiculation', unit: 'points', low: 1, high: 5 },
  trained: points([366, 147, 47, 16, 18]),
};
const texture: Condition = { ...spiculation, name: 'texture', trained: points([36, 15, 14, 28, 501]) };
const diameter: Condition = {
  ...{ name: 'diameter', unit: 'mm', low: 3, high: 40 },
  trained: [
    { from: 3, to: 8, nodules: 200 },
    { from: 8, to: 12, nodules: 300 },
    { from: 12, to: 40, nodules: 94 },
  ],
};
const model = { conditions: [diameter, texture, spiculation] } as unknown as Model;

describe('what the training nodules were like', () => {
  test('is read from the stretch of the value, whose end belongs to the next one but for the last', () => {
    expect(trainedLike(spiculation, 3)).toEqual({ nodules: 47, all: 594 });
    expect(trainedLike(spiculation, 3.5).nodules).toBe(16);
    expect(trainedLike(spiculation, 5).nodules).toBe(18);
  });

  test('says where a slider has little ground: marked spiculation, mixed texture', () => {
    expect([1, 3, 4, 5].map((value) => isFew(spiculation, value))).toEqual([false, false, true, true]);
    expect([1, 3, 5].map((value) => isFew(texture, value))).toEqual([false, true, false]);
    expect(isFew(undefined, 5)).toBe(false);
  });

  test('gives a wish the value to start at: where most of them are', () => {
    expect(usualValue('spiculation', spiculation)).toBe(1);
    expect(usualValue('texture', texture)).toBe(5);
    expect(usualValue('margin', { ...spiculation, trained: points([0, 9, 80, 70, 9]) })).toBe(3);
    expect(usualValue('diameter', diameter)).toBe(10);
  });

  test('is told by the server in stretches that cover the whole slider', () => {
    const card = {
      preset: { architecture: { conditions: ['diameter', 'texture'] } },
      trainingConditions: [{ diameter: 12, texture: 5 }],
    } as unknown as Parameters<typeof describeConditions>[0];
    for (const told of describeConditions(card)) {
      expect([told.trained[0]!.from, told.trained.at(-1)!.to]).toEqual([told.low, told.high]);
      expect(told.trained.slice(1).every(({ from }, n) => from === told.trained[n]!.to)).toBe(true);
      expect(usualValue(told.name, told)).toBe(told.name === 'diameter' ? 12.5 : 5);
    }
  });
});

describe('wishes', () => {
  test('stay within the form and its half points', () => {
    expect([inSteps('texture', 0), inSteps('texture', 3.3), inSteps('diameter', 8.49)]).toEqual([
      1, 3.5, 8.5,
    ]);
    expect(inSteps('diameter', 55)).toBe(40);
  });

  test('are sent as far as the generator takes them', () => {
    const wanted = { diameter: 12, margin: 4, spiculation: 5 };
    expect(wishesFor(model, wanted)).toEqual({ diameter: 12, spiculation: 5 });
    expect(wishesFor({ conditions: [] } as unknown as Model, wanted)).toEqual({});
    expect(wishesFor(undefined, wanted)).toEqual({});
    const small = { conditions: [{ ...diameter, high: 10 }] } as unknown as Model;
    expect(wishesFor(small, wanted)).toEqual({ diameter: 10 });
  });

  test('like a real nodule are its size and its readers’ medians, of an unrated one the size', () => {
    const consensus = {
      ...{ subtlety: 5, internalStructure: 1, calcification: 6, sphericity: 4, margin: 4, lobulation: 1 },
      ...{ spiculation: 2.5, texture: 5, malignancy: 4.5 },
    };
    const nodule = { diameterMm: 23.47, consensus } as Nodule;
    expect(wishesLike(nodule)).toEqual({
      ...{ diameter: 23.5, malignancy: 4.5, texture: 5, spiculation: 2.5, lobulation: 1, sphericity: 4 },
      margin: 4,
    });
    expect(wishesLike({ ...nodule, consensus: null })).toEqual({ diameter: 23.5 });
  });

  test('that differ from those of the candidates on the screen make them stale', () => {
    expect(areStale({ diameter: 12 }, { diameter: 12 })).toBe(false);
    expect(areStale({}, { diameter: 12 })).toBe(true);
    expect(areStale({ diameter: 12, texture: 5 }, { diameter: 12 })).toBe(true);
  });

  test('are one line, in words or in short', () => {
    const wanted = { texture: 5, diameter: 12, spiculation: 4.5 };
    expect(conditionsLine(wanted).replace('\u2009', ' ')).toBe('12.0 mm, texture 5, spiculation 4.5');
    expect(conditionsLine(wanted, true).replace('\u2009', ' ')).toBe('12.0 mm, texture 5, spic. 4.5');
    expect(conditionsLine({})).toBe('');
  });
});

test('a candidate is marked where fewer than five training nodules were like the wish, and only a conditional one', () => {
  const candidate = (support: number | null) => ({ support }) as Candidate;
  expect([null, 0, 4, 5].map((support) => isRare(candidate(support)))).toEqual([false, true, true, false]);
  expect(rareText(candidate(3))).toContain('in training: 3.');
});

describe('the Lung-RADS category of a size and a texture', () => {
  test.each<[number, number, string]>([
    [5.9, 5, '2'],
    [5.96, 5, '3'],
    [7.9, 5, '3'],
    [8, 4.5, '4A'],
    [14.9, 5, '4A'],
    [15, 5, '4B'],
    [5.5, 3, '2'],
    [6, 3, '3 or 4A'],
    [8, 2, '3, 4A or 4B'],
    [29.9, 1, '2'],
    [30, 1.5, '3'],
  ])('%d mm with texture %d is %s', (size, points, category) =>
    expect(lungRads(size, points).category).toBe(category),
  );

  test('names what it took the nodule for, and what a part-solid one depends on', () => {
    expect(lungRadsText(12, 5)).toBe('Lung-RADS 4A (solid)');
    expect(lungRadsText(7, 3)).toBe('Lung-RADS 3 or 4A (part-solid, by its solid part)');
    expect(lungRadsText(7, 1)).toBe('Lung-RADS 2 (non-solid)');
  });
});
