import { describe, expect, test } from '@jest/globals';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import type { PatchGroup } from '../../../server/src/evaluation/patchGroup.ts';
import { BLOCK_INPUTS, blockReader } from '../../../server/src/evaluation/spotting/blocks.ts';
import { foldsByCluster } from '../../../server/src/evaluation/spotting/folds.ts';
import { SPOTTING_PROOF, spotFakes } from '../../../server/src/evaluation/spotting/spotFakes.ts';
import type { Spotted, SpottingOptions } from '../../../server/src/evaluation/spotting/spotFakes.ts';
import { summarise } from '../../../server/src/evaluation/spotting/summary.ts';
import { copyOriented } from '../../../server/src/dataset/augmentation/orientation.ts';
import { fromFloat16, toFloat16 } from '../../../server/src/nn/float16.ts';
import { Random } from '../../../server/src/nn/random.ts';

// Bound once: in Jest's VM context every look-up of a global costs as much as the arithmetic around it.
const { exp, hypot } = Math;
const SIZE = 16;
const GROUND = 0.0929;
const engine = onnxCpuEngine({ threads: 1 });

/** A ball of random place, size, level and softness, with a little noise in it, on constant ground. */
function nodule(name: string): Float32Array {
  const random = Random.of('nodule', name);
  const centre = [0, 1, 2].map(() => SIZE / 2 + random.uniform() - 0.5);
  const [radius, level, soft] = [
    3 + 2 * random.uniform(),
    0.5 + 0.2 * random.uniform(),
    1 + random.uniform(),
  ];
  const values = new Float32Array(SIZE ** 3).fill(GROUND);
  for (let z = 0, i = 0; z < SIZE; z++)
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++, i++) {
        const far = hypot(x - centre[0]!, y - centre[1]!, z - centre[2]!) - radius;
        if (far < 3) values[i]! += (level + 0.004 * random.gaussian()) / (1 + exp(2 * soft * far));
      }
  return values;
}

function group(
  name: string,
  count: number,
  patch: (index: number) => Float32Array,
  perPatient = 1,
): PatchGroup {
  return {
    ...{ name, count, size: SIZE, sha256: 'a'.repeat(64) },
    items: Array.from({ length: count }, (_, index) => ({
      ...{ id: `${name}/${index}`, cluster: `${name} ${Math.floor(index / perPatient)}`, spacingMm: 0.6 },
      ...{ diameterMm: 10, characteristics: null, conditions: {} },
    })),
    patch: (index) => Promise.resolve(patch(index)),
  };
}

const real = group('real', 40, (index) => nodule(`real ${index}`), 2);
const others = (change: (values: Float32Array) => void = () => {}, count = 40): PatchGroup =>
  group('others', count, (index) => {
    const values = nodule(`other ${index}`);
    change(values);
    return values;
  });
const spot = (fake: PatchGroup, more: Partial<SpottingOptions> = {}): ReturnType<typeof spotFakes> =>
  spotFakes(real, fake, { engine, seed: 1, ...more });
const spotted = async (fake: PatchGroup): Promise<Spotted> => (await spot(fake)) as Spotted;

describe('spotters', () => {
  test('cannot tell patches from others that were made alike', async () => {
    const { auc, scores, folds } = await spotted(others());
    expect(auc.interval!.low).toBeLessThan(0.5);
    expect(auc.value).toBeLessThan(0.65);
    expect(folds).toBe(5);
    expect([scores.real.length, scores.fake.length]).toEqual([40, 40]);
  });

  test('cannot tell float16 from float32', async () => {
    const { auc } = await spotted(
      others((values) => values.forEach((value, at) => (values[at] = fromFloat16(toFloat16(value))))),
    );
    expect(auc.interval!.low).toBeLessThan(0.5);
    expect(auc.value).toBeLessThan(0.65);
  });

  test('tell smooth balls', async () => {
    const smooth = group('smooth', 40, (index) => {
      const random = Random.of('smooth', index);
      const [radius, level] = [3 + 2 * random.uniform(), 0.5 + 0.2 * random.uniform()];
      return Float32Array.from({ length: SIZE ** 3 }, (_, i) => {
        const far = hypot((i % SIZE) - 7.5, (Math.floor(i / SIZE) % SIZE) - 7.5, Math.floor(i / 256) - 7.5);
        return GROUND + level * exp(-((far / radius) ** 2));
      });
    });
    expect((await spotted(smooth)).auc.value).toBeGreaterThanOrEqual(SPOTTING_PROOF);
  });

  test.each([
    ['an offset of 5 HU', (values: Float32Array) => values.forEach((_, at) => (values[at]! += 5 / 1400))],
    ['one bright voxel', (values: Float32Array) => void (values[5 + SIZE * (2 + SIZE * 3)] = 1)],
    [
      'a grid of 15 HU inside the nodule',
      (values: Float32Array) =>
        values.forEach((value, at) => {
          const odd = (at + Math.floor(at / SIZE) + Math.floor(at / 256)) % 2;
          if (value > 0.3) values[at] = value + (odd ? 15 : -15) / 1400;
        }),
    ],
  ])('find a planted leak: %s', async (_, plant) => {
    const { auc } = await spotted(others(plant));
    expect(auc.value).toBeGreaterThan(0.85);
  });

  test('say the same again with the same seed', async () => {
    const few = others(undefined, 20);
    expect(await spot(few, { folds: 2 })).toEqual(await spot(few, { folds: 2 }));
  });

  test('say nothing of fewer than ten patients, and refuse what cannot be compared, by name', async () => {
    expect(await spot(others(undefined, 8))).toEqual({
      notComputed: 'others has patches of 8 patients or sources, and cross-validation needs 10 at least',
    });
    await expect(spot({ ...others(), size: 32 })).rejects.toThrow(
      'real has patches of 16³ voxels and others of 32³',
    );
    await expect(spot(others((values) => (values[7] = NaN)))).rejects.toThrow(
      /Patch others\/\d+ of others does not hold 16×16×16 numbers/,
    );
  });

  test('stop when they are told to, and tell how far they are', async () => {
    const abort = new AbortController();
    const shares: number[] = [];
    const onProgress = (share: number): void => {
      shares.push(share);
      if (share > 0.3) abort.abort(new Error('enough'));
    };
    await expect(spot(others(), { signal: abort.signal, onProgress })).rejects.toThrow('enough');
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    expect(shares.at(-1)).toBeLessThan(0.4);
  });
});

describe('folds', () => {
  test('hold whole patients and about the same number of patches each', () => {
    const clusters = Array.from({ length: 60 }, (_, at) => `p${at < 12 ? 0 : at >> 1}`);
    const foldOf = foldsByCluster(clusters, 5, Random.of('folds'));
    const sizes = [0, 0, 0, 0, 0];
    foldOf.forEach((fold, at) => {
      sizes[fold]!++;
      expect(fold).toBe(foldOf[clusters.indexOf(clusters[at]!)]);
    });
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2);
  });
});

describe('what a spotter is given', () => {
  test('of a turned patch is the patch, turned, and its summary the same', () => {
    const reader = blockReader(SIZE);
    const patch = nodule('turned');
    const turned = new Float32Array(patch.length);
    copyOriented(patch, SIZE, 29, turned, 0);
    const [once, afterwards] = [0, 1].map(() => new Float32Array((SIZE / 4) ** 3 * BLOCK_INPUTS)) as [
      Float32Array,
      Float32Array,
    ];
    reader.write(reader.read(turned), 0, once, 0);
    reader.write(reader.read(patch), 29, afterwards, 0);
    // The six neighbours are added in another order: a step of what is kept, no more.
    once.forEach((value, at) => expect(Math.abs(value - afterwards[at]!)).toBeLessThan(0.03));
    const [own, other] = [summarise(patch, SIZE), summarise(turned, SIZE)];
    own.forEach((value, at) => expect(other[at]).toBeCloseTo(value, 3));
  });
});
