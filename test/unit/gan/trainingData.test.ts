import { describe, expect, test } from '@jest/globals';
import { SEED_AUGMENTATION } from '../../../server/src/dataset/augmentation/augmentation.ts';
import type { PatchSource } from '../../../server/src/dataset/patchSource.ts';
import { changedPreset, presetNamed, presetSchema, PRESETS } from '../../../server/src/gan/presets.ts';
import { checkSameTraining, checkTrainingData, configOf } from '../../../server/src/gan/trainingData.ts';
import { trainingConfigSchema } from '../../../server/src/gan/trainingState.ts';
import { ballPatches, TINY_GROWN } from './tinyPresets.ts';

const balls = ballPatches(7, 16);
const named = { ...balls, name: '/data/balls', label: (index: number) => `ball-${index}` };
const refused = (source: PatchSource, message: RegExp): Promise<void> =>
  expect(checkTrainingData(source, TINY_GROWN)).rejects.toMatchObject({
    name: 'NoduleLabError',
    kind: 'invalid-input',
    message: expect.stringMatching(message),
  });

describe('before the first step, data', () => {
  test('of the preset’s size, as many as a batch takes and all in [0, 1], is taken', async () => {
    await checkTrainingData(balls, TINY_GROWN);
    await checkTrainingData({ ...balls, count: 3 }, TINY_GROWN);
    const limits = { ...balls, patch: () => new Float32Array(16 ** 3).map((_, i) => i % 2) };
    await checkTrainingData(limits, TINY_GROWN);
  });

  test('of another size is refused with both sizes', async () => {
    await refused(
      { ...ballPatches(7, 32), name: '/data/balls' },
      /tiny-grown trains on patches of 16³ voxels, and those of the set \/data\/balls have 32³: choose a preset/,
    );
  });

  test('without patches is refused', async () => {
    await refused(
      { ...named, count: 0 },
      /no patches in the set \/data\/balls: build one of another class or fold/,
    );
  });

  test('of fewer patches than a batch takes is refused, and it says which batch size is possible', async () => {
    await refused(
      { ...named, count: 2 },
      /takes 3 different patches, and the set \/data\/balls holds 2: choose --batch-size 2 or less/,
    );
    await checkTrainingData({ ...named, count: 2 }, changedPreset(TINY_GROWN, { batchSize: 2 }));
  });

  test.each([
    ['NaN', Number.NaN],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['1.0000001192092896', Math.fround(1 + 2 ** -23)],
    ['-1', -1],
  ])('with the value %s is refused by patch, nodule and voxel', async (said, value) => {
    const source: PatchSource = {
      ...named,
      patch: (index) => {
        const patch = new Float32Array(16 ** 3);
        if (index === 6) patch[5 + 16 * (9 + 16 * 15)] = value;
        return patch;
      },
    };
    await refused(
      source,
      new RegExp(
        `Patch 6 \\(ball-6\\) of the set /data/balls holds ${said.replace('.', '\\.')} at voxel \\(5, 9, 15\\)`,
      ),
    );
  });

  test('with a patch of another length is refused', async () => {
    await refused(
      { ...named, patch: () => new Float32Array(4095) },
      /Patch 0 \(ball-0\) .* holds 4095 values, not 16³ = 4096/,
    );
  });

  test('is not read to its end once the user has stopped', async () => {
    const stop = new AbortController();
    let reads = 0;
    const source: PatchSource = {
      ...balls,
      patch: (index) => {
        if (++reads === 2) stop.abort();
        return balls.patch(index);
      },
    };
    await checkTrainingData(source, TINY_GROWN, stop.signal);
    expect(reads).toBe(2);
  });
});

describe('a training goes on', () => {
  const sha = (digit: string): string => digit.repeat(64);
  const config = configOf(TINY_GROWN, 1, { ...balls, sha256: sha('a') });
  const goesOn = (given: typeof config, stored = config): void => checkSameTraining('/runs/1', stored, given);

  test('with its own preset, seed and patches', () => {
    expect(config).toMatchObject({ seed: 1, patches: 7, patchesSha256: sha('a') });
    goesOn(JSON.parse(JSON.stringify(config)) as typeof config);
  });

  test.each([
    ['seed', { seed: 2 }, /\(it has seed 1\)/],
    ['number of patches', { patches: 8 }, /\(it has 7 patches\)/],
    [
      'set of the same size',
      { patchesSha256: sha('b') },
      /\(it has patches with the SHA-256 aaaaaaaaaaaa…\)/,
    ],
    ['preset', { preset: PRESETS['seed-64']! }, /\(it has the preset tiny-grown\)/],
    ['batch size', { preset: changedPreset(TINY_GROWN, { batchSize: 2 }) }, /\(it has other stages\)/],
    [
      'augmentation',
      { preset: changedPreset(TINY_GROWN, { augmentation: 'seed' }) },
      /\(it has other augmentation\)/,
    ],
    [
      'number of critic steps and seed',
      { preset: { ...TINY_GROWN, criticSteps: 5 }, seed: 3 },
      /\(it has criticSteps 2, seed 1\)/,
    ],
  ])('not with another %s, and it says what differs', (_, more, message) => {
    const attempt = (): void => goesOn({ ...config, ...more });
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(/\/runs\/1 .*resume it with its own, or choose an empty folder/);
  });

  test('with another plan for stages that it has not begun, and for those alone', () => {
    const planned = (stage: number, more: object): typeof config => ({
      ...config,
      preset: {
        ...TINY_GROWN,
        stages: TINY_GROWN.stages.map((own, i) => (i === stage ? { ...own, ...more } : own)),
      },
    });
    const other = { batchSize: 3, learningRate: 1e-5 };
    const goesOnIn = (stage: number, given: typeof config): void =>
      checkSameTraining('/runs/1', config, given, stage);
    goesOnIn(0, planned(1, other));
    expect(() => goesOnIn(1, planned(1, other))).toThrow(/other stages/);
    expect(() => goesOnIn(0, planned(0, other))).toThrow(/other stages/);
    expect(() => goesOnIn(0, planned(1, { resolution: 32 }))).toThrow(/other stages/);
  });

  test('with another moving average, which nothing that is trained depends on', () => {
    goesOn({
      ...config,
      preset: { ...TINY_GROWN, averageRate: 0.5, averageWarmUp: 1, averageWarmUpRate: 0.7 },
    });
  });

  test('from a checkpoint of before hash and augmentation were kept', () => {
    const { augmentation, ...preset } = TINY_GROWN;
    expect(augmentation).toBeDefined();
    const stored = trainingConfigSchema.parse({ preset, seed: 1, patches: 7 });
    expect(stored.patchesSha256).toBeNull();
    goesOn(config, stored);
    expect(() => goesOn({ ...config, patches: 8 }, stored)).toThrow(/7 patches/);
    expect(() =>
      goesOn({ ...config, preset: { ...TINY_GROWN, augmentation: SEED_AUGMENTATION } }, stored),
    ).toThrow(/other augmentation/);
  });

  test('whether or not its set has a hash now', () => {
    goesOn({ ...config, patchesSha256: null });
  });
});

describe('presets', () => {
  test('vary patches as the founding README says, or as they always did', () => {
    expect(PRESETS['seed-64']!.augmentation).toMatchObject({
      rotationDegrees: 15,
      scaling: [0.9, 1.1],
      noise: 0.01,
    });
    expect(PRESETS['seed-64']!.augmentation.elastic.displacementVoxels).toBeGreaterThan(0);
    expect(PRESETS['progressive-64']!.augmentation).toMatchObject({
      symmetries: 'all',
      rotationDegrees: 0,
      noise: 0,
    });
    for (const preset of Object.values(PRESETS)) expect(presetSchema.parse(preset)).toEqual(preset);
  });

  test('can be given other batches and another augmentation, and nothing else changes', () => {
    const preset = presetNamed('progressive-64');
    expect(changedPreset(preset, {})).toEqual(preset);
    const changed = changedPreset(preset, { batchSize: 5, augmentation: 'seed' });
    expect(changed.stages.map((stage) => stage.batchSize)).toEqual([5, 5, 5]);
    expect(changed.augmentation).toEqual(SEED_AUGMENTATION);
    expect({ ...changed, stages: preset.stages, augmentation: preset.augmentation }).toEqual(preset);
  });
});
