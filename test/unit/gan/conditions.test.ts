import { describe, expect, test } from '@jest/globals';
import type { PatchEntry } from '../../../server/src/dataset/manifest.ts';
import type { PatchSource } from '../../../server/src/dataset/patchSource.ts';
import { BatchConditions } from '../../../server/src/gan/batchConditions.ts';
import { batchPlan } from '../../../server/src/gan/batchLoader.ts';
import { BatchOrder } from '../../../server/src/gan/batches.ts';
import {
  CONDITION_NAMES,
  CONDITION_RANGES,
  conditionsOf,
  encodeCondition,
  encodeConditions,
  type Conditions,
} from '../../../server/src/gan/conditions.ts';
import { patchWeights, weightedOrder } from '../../../server/src/gan/patchWeights.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { TINY_CONDITIONAL } from './tinyPresets.ts';

const MIDDLE: Conditions = {
  ...{ diameter: 12, malignancy: 3, texture: 3, spiculation: 3, lobulation: 3, sphericity: 3, margin: 3 },
};

const entry = (id: string, change: Partial<Conditions>): PatchEntry => {
  const { diameter, ...characteristics } = { ...MIDDLE, ...change };
  return {
    origin: 'real',
    id,
    patientId: id,
    seriesUID: '1.2',
    noduleId: id,
    diameterMm: diameter,
    equivalentDiameterMm: diameter,
    spacingMm: diameter / 32,
    class: 'malignant',
    centre: [0, 0, 0],
    characteristics: { ...characteristics, subtlety: 5, internalStructure: 1, calcification: 6 },
    readers: 4,
    malignancyRatings: [characteristics.malignancy],
    ratingSource: 'readers',
    maskOf: 'consensus',
    flags: [],
    sourceSha256: '0'.repeat(64),
  };
};

const source = (entries: readonly PatchEntry[], size = 8): PatchSource => ({
  count: entries.length,
  size,
  patch: () => new Float32Array(size ** 3),
  alpha: () => new Float32Array(size ** 3),
  entry: (index) => entries[index]!,
});

describe('conditions', () => {
  test('are numbers around 0: octaves from 12 mm, and half of the points from 3', () => {
    expect([...encodeConditions(CONDITION_NAMES, MIDDLE)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(encodeCondition('diameter', 24)).toBe(1);
    expect(encodeCondition('diameter', 6)).toBe(-1);
    expect(encodeCondition('texture', 5)).toBe(1);
    expect(encodeCondition('margin', 1)).toBe(-1);
  });

  test('of a real nodule are its diameter and its readers’ ratings; of an unrated one there are none', () => {
    expect(conditionsOf(entry('a', { diameter: 7.5, texture: 4.5 }))).toEqual({
      ...MIDDLE,
      diameter: 7.5,
      texture: 4.5,
    });
    expect(conditionsOf({ ...entry('a', {}), characteristics: null } as PatchEntry)).toBeUndefined();
  });

  test('a set without ratings is refused with the patch that has none and what to do', () => {
    const unrated = { ...entry('LIDC-IDRI-0001/1', {}), characteristics: null } as PatchEntry;
    expect(
      () => new BatchConditions(source([unrated]), TINY_CONDITIONAL, TINY_CONDITIONAL.stages[0]!, 1),
    ).toThrow(/LIDC-IDRI-0001\/1.*build the set with ratings/);
  });
});

describe('a step’s conditions', () => {
  const entries = Array.from({ length: 12 }, (_, i) =>
    entry(`${i}`, { diameter: 5 + 2 * i, malignancy: 1 + (i % 5), texture: 1 + (i % 3) * 2 }),
  );
  const stage = TINY_CONDITIONAL.stages[0]!;
  const exact = { ...TINY_CONDITIONAL, conditionJitter: 0 };

  test('are those of the very patches that its batch shows', () => {
    const set = source(entries);
    const order = new BatchOrder(batchPlan(set, exact, stage, 5));
    const asked = new BatchConditions(set, exact, stage, 5);
    for (const step of [0, 1, 7, 30]) {
      const expected = order
        .patches(step)
        .flatMap((patch) => [...encodeConditions(CONDITION_NAMES, conditionsOf(entries[patch]!)!)]);
      expect([...asked.ofRealBatch(step).conditions!]).toEqual(expected);
    }
  });

  test('are varied by no more than the jitter, within what can be asked for, the same for the same seed', () => {
    const set = source(entries);
    const asked = new BatchConditions(set, TINY_CONDITIONAL, stage, 5);
    const plain = new BatchConditions(set, exact, stage, 5);
    let varied = 0;
    for (let step = 0; step < 20; step++) {
      const values = asked.ofRealBatch(step).conditions!;
      const before = plain.ofRealBatch(step).conditions!;
      values.forEach((value, i) => {
        const name = CONDITION_NAMES[i % CONDITION_NAMES.length]!;
        const [low, high] = CONDITION_RANGES[name];
        expect(Math.abs(value - before[i]!)).toBeLessThanOrEqual((name === 'diameter' ? 0.25 : 0.125) + 1e-6);
        expect(value).toBeGreaterThanOrEqual(encodeCondition(name, low) - 1e-6);
        expect(value).toBeLessThanOrEqual(encodeCondition(name, high) + 1e-6);
        if (value !== before[i]) varied++;
      });
      expect(new BatchConditions(set, TINY_CONDITIONAL, stage, 5).ofRealBatch(step)).toEqual({
        conditions: values,
      });
    }
    expect(varied).toBeGreaterThan(200);
  });

  test('of a generator without conditions are none', () => {
    const preset = { ...exact, architecture: { ...exact.architecture, conditions: [] }, weighting: null };
    const asked = new BatchConditions(source(entries), preset, stage, 5);
    expect(asked.ofRealBatch(0)).toEqual({});
    expect(asked.ofGeneratorStep(0)).toEqual({});
  });
});

describe('weights of patches', () => {
  const rated = (spiculation: number): Conditions => ({ ...MIDDLE, spiculation });
  const set = [...new Array<Conditions>(96).fill(rated(1)), ...new Array<Conditions>(4).fill(rated(5))];

  test('show a value that 1 patch in 25 has 5 times as often by power ½, with mean 1', () => {
    const weights = patchWeights(set, { by: ['spiculation'], power: 0.5, cap: 100 });
    expect(weights[99]! / weights[0]!).toBeCloseTo(Math.sqrt(96 / 4), 9);
    expect(weights.reduce((sum, weight) => sum + weight, 0) / 100).toBeCloseTo(1, 9);
  });

  test('show none more often than the cap allows, and give what is cut off to the others', () => {
    const weights = patchWeights(set, { by: ['spiculation'], power: 1, cap: 4 });
    expect(weights[99]).toBeCloseTo(4, 6);
    expect(weights.reduce((sum, weight) => sum + weight, 0) / 100).toBeCloseTo(1, 6);
  });

  test('an epoch shows each patch as often as its weight says, up to one', () => {
    const weights = patchWeights(set, { by: ['spiculation'], power: 0.5, cap: 100 });
    for (let epoch = 0; epoch < 50; epoch++) {
      const counts = new Uint32Array(100);
      for (const patch of weightedOrder(weights, Random.of('epoch', epoch))) counts[patch]!++;
      counts.forEach((count, i) => expect(Math.abs(count - weights[i]!)).toBeLessThan(1));
    }
  });
});
