import { beforeAll, describe, expect, test } from '@jest/globals';
import { copyOriented, ORIENTATIONS } from '../../../server/src/dataset/augmentation/orientation.ts';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { evaluationResultSchema } from '../../../server/src/evaluation/result.ts';
import type { Figure } from '../../../server/src/evaluation/result.ts';
import type { Rows } from '../../../server/src/evaluation/rows.ts';
import { rowsOf } from '../../../server/src/evaluation/sample.ts';
import { featureNeighbours } from '../../../server/src/evaluation/memorisation/featureNeighbours.ts';
import { nearness, poolOf } from '../../../server/src/evaluation/memorisation/relabelled.ts';
import { memorisationAgainst } from '../../../server/src/evaluation/memorisation/memorisation.ts';
import type {
  MemorisationFound,
  MemorisationMeasure,
  SeenGroup,
} from '../../../server/src/evaluation/memorisation/memorisation.ts';
import { nearestAmong } from '../../../server/src/evaluation/memorisation/nearestOthers.ts';
import { ORIENTATION_NAMES } from '../../../server/src/evaluation/memorisation/orientationNames.ts';
import { pixelNeighbours } from '../../../server/src/evaluation/memorisation/pixelNeighbours.ts';
import {
  SMALL_EDGE,
  SMALL_VOXELS,
  smallPixels,
} from '../../../server/src/evaluation/memorisation/smallPixels.ts';
import { Random } from '../../../server/src/nn/random.ts';

// Bound once: in Jest's VM context every look-up of a global costs as much as the arithmetic around it.
const { exp, hypot } = Math;
const engine = onnxCpuEngine({ threads: 1 });

/** Three balls of random places and sizes in 16³: no two alike, none its own mirror image. */
function lump(name: string): Float32Array {
  const random = Random.of('lump', name);
  const balls = Array.from({ length: 3 }, () => ({
    at: [0, 1, 2].map(() => SMALL_EDGE / 2 + 6 * (random.uniform() - 0.5)),
    radius: 1.5 + 2 * random.uniform(),
  }));
  const values = new Float32Array(SMALL_VOXELS);
  for (let z = 0, i = 0; z < SMALL_EDGE; z++)
    for (let y = 0; y < SMALL_EDGE; y++)
      for (let x = 0; x < SMALL_EDGE; x++, i++)
        for (const { at, radius } of balls) {
          const inside = 0.6 / (1 + exp(2 * (hypot(x - at[0]!, y - at[1]!, z - at[2]!) - radius)));
          if (inside > values[i]!) values[i] = inside;
        }
  return values;
}

const turned = (values: Float32Array, orientation: number): Float32Array => {
  const copy = new Float32Array(values.length);
  copyOriented(values, SMALL_EDGE, orientation, copy, 0);
  return copy;
};

/** What a network that knows no flips would make of them: means over eighths, and their spread. */
function featuresOf(values: Float32Array): number[] {
  const sorted = values.slice().sort();
  return Array.from({ length: 12 }, (_, k) => 5 * sorted[SMALL_VOXELS - 1 - 60 * k]!);
}

/** @param perPatient nodules of each patient */
function group(name: string, patches: readonly Float32Array[], perPatient = 1): SeenGroup {
  const pixels = new Float32Array(patches.length * SMALL_VOXELS);
  patches.forEach((patch, at) => pixels.set(patch, at * SMALL_VOXELS));
  return {
    name,
    pixels,
    items: patches.map((_, at) => ({
      ...{ id: `${name}/${at}`, cluster: `${name} ${Math.floor(at / perPatient)}`, spacingMm: 0.3 },
      ...{ diameterMm: 10, characteristics: null, conditions: {} },
    })),
    features: rowsOf(patches.map(featuresOf)),
  };
}

const lumps = (name: string, count: number): Float32Array[] =>
  Array.from({ length: count }, (_, at) => lump(`${name} ${at}`));
const noisy = (values: Float32Array, deviation: number, name: string): Float32Array => {
  const random = Random.of('noise', name);
  return values.map((value) => value + deviation * random.gaussian());
};

const trained = lumps('trained', 60);
const training = group('training', trained, 2);
const real = group('real', lumps('real', 24), 2);

describe('nearest neighbours in pixel space', () => {
  test('are those of a plain search through all 48 orientations', async () => {
    const [queries, references] = [lumps('asking', 3), lumps('asked', 7)];
    const clusters = { queries: ['a', 'b', 'c'], references: references.map((_, at) => `r${at}`) };
    const found = await pixelNeighbours(
      group('q', queries).pixels,
      group('r', references).pixels,
      clusters,
      7,
      engine,
    );
    queries.forEach((query, q) => {
      const plain = references
        .map((reference, index) => {
          let best = Infinity;
          for (let orientation = 0; orientation < ORIENTATIONS; orientation++) {
            const one = turned(query, orientation);
            let sum = 0;
            for (let i = 0; i < SMALL_VOXELS; i++) sum += (one[i]! - reference[i]!) ** 2;
            best = Math.min(best, Math.sqrt(sum));
          }
          return { index, best };
        })
        .sort((one, other) => one.best - other.best);
      expect([...found.index.subarray(q * 7, (q + 1) * 7)]).toEqual(plain.map(({ index }) => index));
      plain.forEach(({ best }, at) => expect(found.distance[q * 7 + at]).toBeCloseTo(best, 4));
    });
  });

  test('of a copy lie at 0, whatever its size in float32', async () => {
    const patch = lump('one').map((value) => 30 * value);
    const found = await pixelNeighbours(
      turned(patch, 29),
      patch,
      { queries: ['s'], references: ['t'] },
      1,
      engine,
    );
    expect(found.distance[0]).toBe(0);
  });

  test('see a patch without its background and where its nodule lies', () => {
    const patch = (shift: number, ground: number): Float32Array =>
      Float32Array.from({ length: 32 ** 3 }, (_, i) => {
        const [x, y, z] = [i % 32, (i >> 5) % 32, i >> 10];
        return ground + (hypot(x - 15 - shift, y - 15, (z - 15) / 1.5) < 6 ? 0.6 : 0);
      });
    const [one, other] = [smallPixels(patch(0, 0.1), 32), smallPixels(patch(4, 0.15), 32)];
    expect(Math.max(...one)).toBeGreaterThan(0.5);
    one.forEach((value, at) => expect(other[at]).toBeCloseTo(value, 5));
  });
});

describe('memorisation', () => {
  let measure: MemorisationMeasure;
  const figureOf = ({ figures }: MemorisationFound, key: string): Figure =>
    figures.find((figure) => figure.key === key)!;
  const valueOf = (found: MemorisationFound, key: string): number => figureOf(found, key).measured!.value;
  beforeAll(async () => {
    measure = await memorisationAgainst({ training, real, engine, seed: 1 });
  });

  test('of flipped and turned training nodules is 0 and every one is called a copy, with its transform', async () => {
    const orientations = [0, 5, 17, 29, 44];
    const copies = Array.from({ length: 30 }, (_, at) => turned(trained[at]!, orientations[at % 5]!));
    const found = await measure.of(group('copies', copies), 100);
    expect(valueOf(found, 'memorisation/pixels')).toBe(0);
    expect(valueOf(found, 'memorisation/features')).toBe(0);
    expect(valueOf(found, 'copies/pixels')).toBe(1);
    const pixelPairs = found.pairs.filter(({ space }) => space === 'pixels');
    expect(pixelPairs).toHaveLength(8);
    for (const { synthetic, training: copied, transform, distance } of pixelPairs) {
      expect(copied.index).toBe(synthetic.index);
      expect(distance).toBe(0);
      // Turned as it says, the training nodule is the synthetic one.
      const orientation = ORIENTATION_NAMES.indexOf(transform);
      expect(turned(trained[copied.index]!, orientation)).toEqual(copies[synthetic.index]);
    }
  });

  test('of new nodules is 1, within what relabelling gives by chance, and hardly one is called a copy', async () => {
    const found = await measure.of(group('new', lumps('new', 60)), 200);
    for (const space of ['pixels', 'features']) {
      const { measured, floor, definition } = figureOf(found, `memorisation/${space}`);
      const [low, high] = definition
        .match(/between ([\d.]+) and (\d+\.\d+)/)!
        .slice(1)
        .map(Number);
      expect(measured!.value).toBeGreaterThan(low! - 0.01);
      expect(measured!.value).toBeLessThan(high! + 0.01);
      expect(measured!.value).toBeGreaterThan(0.95);
      expect(floor!.value).toBeGreaterThan(0.85);
      expect(valueOf(found, `copies/${space}`)).toBeLessThan(0.15);
      const { low: below, high: above } = measured!.interval!;
      expect(below).toBeLessThan(measured!.value);
      expect(above).toBeGreaterThan(measured!.value);
    }
    expect(valueOf(found, 'duplicates/pixels')).toBeGreaterThan(0.9);
  });

  test('of noisy copies is caught though the training set is larger than the held-out one', async () => {
    const copies = Array.from({ length: 30 }, (_, at) => noisy(turned(trained[at]!, at), 0.01, `copy ${at}`));
    const found = await measure.of(group('noisy copies', copies), 0);
    expect(valueOf(found, 'memorisation/pixels')).toBeLessThan(0.9);
    expect(figureOf(found, 'memorisation/pixels').measured!.interval).toBeNull();
  });

  test('of a part shows in the share of copies', async () => {
    const mixed = [...trained.slice(0, 10), ...lumps('fresh', 30)];
    const found = await measure.of(group('mixed', mixed), 0);
    expect(valueOf(found, 'copies/pixels')).toBeGreaterThanOrEqual(0.25);
    expect(valueOf(found, 'copies/pixels')).toBeLessThan(0.45);
    expect(valueOf(found, 'memorisation/pixels')).toBeLessThan(0.95);
  });

  test('is one thing, and one patch again and again another', async () => {
    const one = lump('favourite');
    const same = Array.from({ length: 40 }, (_, at) => noisy(one, 0.005, `same ${at}`));
    const found = await measure.of(group('same', same), 100);
    expect(valueOf(found, 'duplicates/pixels')).toBeLessThan(0.3);
    expect(valueOf(found, 'memorisation/pixels')).toBeGreaterThan(0.9);
  });

  test('is not computed without a training set, an attribute network or enough patches, and says why', async () => {
    const without = await memorisationAgainst({
      ...{ training: null, whyNoTraining: 'the set of the card is not here', real, engine, seed: 1 },
    });
    const found = await without.of(group('new', lumps('new', 12)), 0);
    expect(figureOf(found, 'memorisation/pixels')).toMatchObject({
      measured: null,
      notComputed: 'the set of the card is not here',
    });
    expect(figureOf(found, 'duplicates/pixels').measured).not.toBeNull();
    expect(found.pairs).toEqual([]);

    const few = await measure.of(group('few', lumps('few', 4)), 0);
    expect(figureOf(few, 'memorisation/pixels').notComputed).toBe(
      'few has 4 patches, and nearest neighbours need 10 at least',
    );
    const blind = await measure.of({ ...group('blind', lumps('blind', 12)), features: null }, 0);
    expect(figureOf(blind, 'memorisation/features').notComputed).toMatch(/no attribute network/);
    expect(figureOf(blind, 'memorisation/pixels').measured).not.toBeNull();
    expect(evaluationResultSchema.shape.figures.safeParse(blind.figures).error).toBeUndefined();
    expect(evaluationResultSchema.shape.memorisedPairs.safeParse(blind.pairs).error).toBeUndefined();
  });
});

describe('relabelling', () => {
  test('gives 1 on average for held-out patients and for new patches, whatever the sizes of the sets', () => {
    const DIMENSION = 6;
    /** Patients have two nodules each that are like each other. */
    const rows = (random: Random, patients: number): Rows => {
      const vectors = Array.from({ length: patients }, () => {
        const own = Array.from({ length: DIMENSION }, () => random.gaussian());
        return [0, 1].map(() => own.map((value) => value + random.gaussian()));
      });
      return rowsOf(vectors.flat());
    };
    const names = (name: string, count: number): string[] =>
      Array.from({ length: count }, (_, at) => `${name} ${at >> 1}`);
    const [trainingNames, realNames, newNames] = [names('t', 48), names('r', 20), names('s', 30)];
    const ratios = { real: [] as number[], fresh: [] as number[] };
    for (let time = 0; time < 40; time++) {
      const random = Random.of('relabelling', time);
      const [trainingRows, realRows, newRows] = [rows(random, 24), rows(random, 10), rows(random, 15)];
      const pool = poolOf(trainingNames, realNames, Random.of('labels', time));
      const all = {
        ...{ count: 68, dimension: DIMENSION },
        values: Float64Array.of(...trainingRows.values, ...realRows.values),
      };
      const ratio = (queries: Rows, clusters: string[]): number => {
        const between = { queries: clusters, references: pool.clusters };
        const { nearest, expected } = nearness(featureNeighbours(queries, all, between, 68), clusters, pool);
        const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
        return sum(nearest) / sum(expected);
      };
      ratios.real.push(ratio(realRows, realNames));
      ratios.fresh.push(ratio(newRows, newNames));
    }
    for (const values of Object.values(ratios)) {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
      expect(Math.abs(mean - 1)).toBeLessThan(3.5 * Math.sqrt(variance / values.length));
      expect(Math.abs(mean - 1)).toBeLessThan(0.02);
    }
  });
});

describe('the nearest of a few others', () => {
  test('is the mean over all ways to choose them', () => {
    const distance = Float64Array.of(1, 2, 4, 8);
    const neighbours = {
      ...{ count: 1, kept: 4, distance },
      ...{ index: Uint32Array.of(0, 1, 2, 3), orientation: new Uint8Array(4) },
    };
    // Of six pairs three hold the first, two more the second, one only the third and the fourth.
    expect(nearestAmong(neighbours, [4], 2)[0]).toBeCloseTo((3 * 1 + 2 * 2 + 1 * 4) / 6, 12);
    expect(nearestAmong(neighbours, [4], 4)[0]).toBe(1);
  });
});
