import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  COLLAPSED_CHECKPOINTS,
  COLLAPSED_DIVERSITY,
  DIVERSE_BY_UPDATE,
  Health,
  RUNAWAY_SLOPE,
  RUNAWAY_UPDATES,
  SETTLING_UPDATES,
  type WarningCode,
} from '../../../server/src/gan/health.ts';
import { meanPairwiseDistance } from '../../../server/src/gan/diversity.ts';
import type { Measures } from '../../../server/src/gan/stageRunner.ts';
import { NO_UPDATES } from '../../../server/src/nn/trainingState.ts';

const HEALTHY: Measures = {
  ...{ criticLoss: -2, generatorLoss: 1, wasserstein: 2.2, gradientPenalty: 0.02 },
  ...{ gradientNorm: 0.95, criticGradientNorm: 20, generatorGradientNorm: 30 },
};

let health: Health;
let stageUpdate: number;
beforeEach(() => {
  health = new Health();
  stageUpdate = 0;
});

/** Warnings of so many updates with these measures. */
function after(
  updates: number,
  measures: Partial<Measures> | ((i: number) => Partial<Measures>),
): WarningCode[] {
  const codes: WarningCode[] = [];
  for (let i = 0; i < updates; i++) {
    stageUpdate++;
    const counters = { ...NO_UPDATES, stageUpdate, update: stageUpdate };
    const now = { ...HEALTHY, ...(typeof measures === 'function' ? measures(i) : measures) };
    codes.push(...health.observe(counters, now).map(({ code }) => code));
  }
  return codes;
}

describe('the balance of critic and generator', () => {
  test('raises no warning while the critic is right, its slope near 1 and its loss falls', () => {
    expect(after(1500, (i) => ({ criticLoss: -10 * Math.exp(-i / 300) }))).toEqual([]);
  });

  test('is not judged while a stage settles', () => {
    expect(after(SETTLING_UPDATES, { gradientNorm: 0.01, wasserstein: -5 })).toEqual([]);
  });

  test.each([
    ['the slope is far below 1', { gradientNorm: 0.2 }, 'slope'],
    ['the slope is far above 1', { gradientNorm: 4 }, 'slope'],
    ['generated patches nearly always score above real ones', { wasserstein: -1 }, 'critic-behind'],
    ['the generator gets no gradient', { generatorGradientNorm: 1e-9 }, 'generator-gradient-vanished'],
  ] satisfies [string, Partial<Measures>, WarningCode][])(
    'is warned of once when %s',
    (_, measures, code) => {
      expect(after(SETTLING_UPDATES + 50, {})).toEqual([]);
      expect(after(1000, measures)).toEqual([code]);
    },
  );

  test('is warned of when the critic’s loss keeps growing', () => {
    expect(after(SETTLING_UPDATES + 50, {})).toEqual([]);
    expect(after(100, (i) => ({ criticLoss: -2 * 1.1 ** i }))).toEqual(['critic-loss-grows']);
  });

  test('is not warned of for a critic that is wrong on two batches of three', () => {
    expect(after(2000, (i) => ({ wasserstein: i % 3 === 0 ? 1 : -1 }))).toEqual([]);
  });

  test('is warned of again when it was well in between', () => {
    after(SETTLING_UPDATES, {});
    const bad = { gradientNorm: 4 };
    expect([...after(300, bad), ...after(300, {}), ...after(300, bad)]).toEqual(['slope', 'slope']);
  });

  test('is remembered by a training that goes on', () => {
    after(SETTLING_UPDATES, {});
    expect(after(300, { gradientNorm: 4 })).toEqual(['slope']);
    const resumed = new Health();
    resumed.restore(JSON.parse(JSON.stringify(health.snapshot())));
    health = resumed;
    expect(after(300, { gradientNorm: 4 })).toEqual([]);
  });
});

describe('a critic that runs away', () => {
  test('is warned of at once, puts checkpoints in doubt, and ends the training if it goes on', () => {
    const wild = { gradientNorm: 2 * RUNAWAY_SLOPE };
    expect(after(1, wild)).toEqual(['runaway']);
    expect(health.doubtful).toBe(true);
    expect(after(1, {})).toEqual([]);
    expect(health.doubtful).toBe(false);
    expect(after(RUNAWAY_UPDATES - 1, wild)).toEqual(['runaway']);
    expect(() => after(1, wild)).toThrow(
      /diverged: the critic's slope.*above 100 for 10 updates.*smaller learning rate/,
    );
  });
});

describe('the diversity of samples', () => {
  const look = (update: number, diversity: number): WarningCode[] =>
    health.inspect({ ...NO_UPDATES, update }, diversity).map(({ code }) => code);
  const LOW = COLLAPSED_DIVERSITY / 2;

  test('may be low at the begin, before samples were ever diverse', () => {
    for (let update = 100; update < DIVERSE_BY_UPDATE; update += 100) expect(look(update, LOW)).toEqual([]);
    expect(health.doubtful).toBe(false);
  });

  test('that falls is warned of, puts checkpoints in doubt, and ends the training if it stays', () => {
    expect(look(10, 1)).toEqual([]);
    expect(look(20, LOW)).toEqual(['low-diversity']);
    expect(health.doubtful).toBe(true);
    for (let again = 2; again < COLLAPSED_CHECKPOINTS; again++) expect(look(20 + again, LOW)).toEqual([]);
    expect(() => look(30, LOW)).toThrow(/collapsed.*10\.0%.*3 checkpoints/);
  });

  test('that recovers clears the doubt', () => {
    look(10, 1);
    look(20, LOW);
    expect(look(30, 0.9)).toEqual([]);
    expect(health.doubtful).toBe(false);
    expect(look(40, LOW)).toEqual(['low-diversity']);
  });

  test('is the mean distance between pairs, per voxel', () => {
    const images = [0, 3, 4].map((value) => new Float32Array(8).fill(value));
    expect(meanPairwiseDistance(images)).toBeCloseTo((3 + 4 + 1) / 3, 12);
    expect(meanPairwiseDistance(images.slice(0, 1))).toBe(0);
  });
});
