import { describe, expect, test } from '@jest/globals';
import { frechetDistance } from '../../../server/src/evaluation/frechet.ts';
import { position, positionEstimates } from '../../../server/src/evaluation/position.ts';
import { firstColumns, halves, subsample } from '../../../server/src/evaluation/sample.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { binomialAtLeast, normalRows, patients, single } from '../../support/samples.ts';

const random = Random.of('positions');
const real = patients(random, 60, 8, 0.4);
const training = patients(random, 60, 8, 0.4);
const bad = single(normalRows(random, 60, 8, { mean: 1, spread: () => 0.3 }));
const good = single(normalRows(random, 60, 8));
const middling = single(normalRows(random, 60, 8, { mean: 0.6, spread: () => 0.7 }));
const options = { draws: 120, seed: 3 };

test('the position is 0 at the floor, 1 at the bad control, and none where the bad control is no worse', () => {
  expect(position(2, 2, 6)).toBe(0);
  expect(position(6, 2, 6)).toBe(1);
  expect(position(3, 2, 6)).toBe(0.25);
  expect(position(1, 2, 6)).toBe(-0.25);
  expect(position(3, 2, 2)).toBeNaN();
});

describe('positions of several groups', () => {
  const found = positionEstimates({ real, training, bad, groups: [good, middling, bad], ...options });

  test('are made of Fréchet distances in the first dimensions, a tenth of the samples', () => {
    expect([found.n, found.dimension]).toEqual([60, 6]);
    const distance = (sample: typeof real): number =>
      frechetDistance(firstColumns(sample.rows, 6), firstColumns(real.rows, 6));
    expect(found.floor.value).toBeCloseTo(distance(training), 10);
    expect(found.bad.value).toBeCloseTo(distance(bad), 10);
    expect(found.groups[1]!.frechet.value).toBeCloseTo(distance(middling), 10);
    expect(found.groups[1]!.position!.value).toBeCloseTo(
      (distance(middling) - distance(training)) / (distance(bad) - distance(training)),
      10,
    );
  });

  test('lie in order, each in its interval', () => {
    const [first, second, third] = found.groups.map((group) => group!.position!);
    expect(first!.value).toBeLessThan(0.1);
    expect(second!.value).toBeGreaterThan(0.1);
    expect(second!.value).toBeLessThan(0.9);
    expect(third!.value).toBe(1);
    for (const { value, interval } of [first!, second!, found.floor, found.bad]) {
      expect(interval!.low).toBeLessThan(value);
      expect(interval!.high).toBeGreaterThan(value);
    }
    // The same distance would be drawn for the bad control and for a copy of it, were the copy not drawn on its own.
    expect(third!.interval!.high - third!.interval!.low).toBeGreaterThan(0.01);
  });

  test('are the same again, and do not depend on who else is asked about', () => {
    const alone = positionEstimates({ real, training, bad, groups: [good], ...options });
    expect(alone.groups[0]).toEqual(found.groups[0]);
    expect(alone.floor).toEqual(found.floor);
  });
});

test('a set of more samples is cut down to the size of the smallest, and the mean of several cuts is taken', () => {
  const many = single(normalRows(Random.of('many'), 300, 8));
  const { n, floor, groups } = positionEstimates({ real, training: many, bad, groups: [many], ...options });
  expect(n).toBe(60);
  // At its full size it would be much nearer, for that alone.
  const whole = frechetDistance(firstColumns(many.rows, 6), firstColumns(real.rows, 6));
  expect(floor.value).toBeGreaterThan(1.2 * whole);
  expect(groups[0]!.frechet.value).toBeGreaterThan(1.2 * whole);
});

test('without a training set the floor is taken between halves of the real one, by patient', () => {
  const { n, dimension, floor, groups } = positionEstimates({
    real: patients(Random.of('halved'), 200, 8, 0.4),
    training: null,
    bad: single(normalRows(Random.of('bad'), 120, 8, { mean: 1, spread: () => 0.3 })),
    groups: [single(normalRows(Random.of('good'), 120, 8))],
    ...options,
  });
  expect(n).toBeGreaterThan(90);
  expect(n).toBeLessThanOrEqual(100);
  expect(dimension).toBe(8);
  expect(Math.abs(groups[0]!.position!.value)).toBeLessThan(0.15);
  expect(floor.value).toBeGreaterThan(0);
});

test('a group that is too small is left out, and one without draws has no interval', () => {
  const few = single(normalRows(Random.of('few'), 20, 8));
  const { groups, n } = positionEstimates({
    real,
    training,
    bad,
    groups: [few, good],
    n: 60,
    draws: 0,
    seed: 1,
  });
  expect(n).toBe(60);
  expect(groups[0]).toBeNull();
  expect(groups[1]!.frechet.interval).toBeNull();
  expect(groups[1]!.position!.interval).toBeNull();
});

test('fewer than ten samples are refused, and values that are not finite are named', () => {
  const few = single(normalRows(Random.of('few'), 9, 8));
  expect(() => positionEstimates({ real, training, bad, groups: [few], ...options })).toThrow(
    'needs 10 samples a dimension and there are 9',
  );
  const values = Float64Array.from(good.rows.values);
  values[17] = Number.NaN;
  expect(() =>
    positionEstimates({
      real,
      training,
      bad,
      groups: [{ ...good, rows: { ...good.rows, values }, name: 'the synthetic set' }],
      ...options,
    }),
  ).toThrow('Feature 1 of row 2 of the synthetic set is NaN');
});

test('the interval of a position holds what many samples say, at least as often as it claims', () => {
  const SIMULATIONS = 300;
  const found = Array.from({ length: SIMULATIONS }, (_, i) => {
    const source = Random.of('coverage of a position', i);
    return positionEstimates({
      real: patients(source, 30, 2, 0.4),
      training: patients(source, 30, 2, 0.4),
      bad: single(normalRows(source, 30, 2, { mean: 2, spread: () => 0.4 })),
      groups: [single(normalRows(source, 30, 2, { mean: 0.5, spread: () => 0.7 }))],
      draws: 79,
      seed: i,
    });
  });
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const floor = mean(found.map((one) => one.floor.value));
  const worst = mean(found.map((one) => one.bad.value));
  const distance = mean(found.map((one) => one.groups[0]!.frechet.value));
  const truth = { distance, position: position(distance, floor, worst) };
  const held = (
    pick: (one: (typeof found)[number]) => { low: number; high: number },
    value: number,
  ): number => found.filter((one) => pick(one).low <= value && value <= pick(one).high).length;
  // A true coverage of 90 % or less would have had less than one chance in a thousand to be counted so high.
  const chance = (times: number): number => binomialAtLeast(times, SIMULATIONS, 0.9);
  expect(chance(held((one) => one.groups[0]!.frechet.interval!, truth.distance))).toBeLessThan(0.001);
  expect(chance(held((one) => one.groups[0]!.position!.interval!, truth.position))).toBeLessThan(0.001);
});

describe('cutting a set down', () => {
  const clusters = Array.from({ length: 50 }, (_, i) => `patient ${Math.floor(i / 3)}`);

  test('keeps patients together but for the last', () => {
    const rows = subsample(clusters, 20, Random.of('cut'));
    expect(new Set(rows).size).toBe(20);
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(clusters[row]!, (counts.get(clusters[row]!) ?? 0) + 1);
    const whole = [...counts].filter(([name, n]) => clusters.filter((c) => c === name).length === n);
    expect(whole.length).toBeGreaterThanOrEqual(counts.size - 1);
    expect(() => subsample(clusters, 51, Random.of('cut'))).toThrow(
      '51 samples were asked for and there are 50',
    );
  });

  test('halves by patient', () => {
    const [one, two] = halves(clusters, Random.of('halves'));
    expect(one.length + two.length).toBe(50);
    expect(Math.abs(one.length - two.length)).toBeLessThanOrEqual(3);
    const names = new Set(Array.from(one, (row) => clusters[row]));
    expect(Array.from(two, (row) => names.has(clusters[row]))).not.toContain(true);
  });
});
