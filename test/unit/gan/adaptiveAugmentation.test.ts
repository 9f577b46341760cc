import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realPatchSchema } from '../../../server/src/dataset/manifest.ts';
import type { PatchSource } from '../../../server/src/dataset/patchSource.ts';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import {
  afterLook,
  keptAugmentation,
  overfittingOf,
  probabilityOf,
  startAugmentation,
  type AdaptiveAugmentation,
  type Scores,
} from '../../../server/src/gan/adaptiveAugmentation.ts';
import { holdBack } from '../../../server/src/gan/heldBack.ts';
import { changedPreset, presetNamed, type Preset } from '../../../server/src/gan/presets.ts';
import { readCurve } from '../../../server/src/gan/report/curveFile.ts';
import { readRun } from '../../../server/src/gan/report/runFile.ts';
import { train, type TrainingResult, type TrainOptions } from '../../../server/src/gan/train.ts';
import { ballPatches, TINY_GROWN } from './tinyPresets.ts';

const ADAPTIVE: AdaptiveAugmentation = {
  target: 0.4,
  heldBack: 0.3,
  every: 2,
  patchesToFull: 120,
  most: 0.8,
};
const looks = (times: number, scores: Scores, from = 0.5, patches = 6): Float32Array => {
  let state = startAugmentation(from);
  for (let i = 0; i < times; i++) state = afterLook(state, scores, ADAPTIVE, patches);
  return state;
};

describe('the overfitting of a critic', () => {
  const scores = { trained: 5, heldBack: 3.5, generated: 2 };

  test('is the share of the way from trained to generated scores at which held-back patches score', () => {
    expect(overfittingOf(looks(1, scores))).toBeCloseTo(0.5, 6);
    expect(overfittingOf(looks(1, { ...scores, heldBack: 5 }))).toBe(0);
    expect(overfittingOf(looks(1, { ...scores, heldBack: 2 }))).toBe(1);
    expect(overfittingOf(looks(1, { ...scores, heldBack: -50 }))).toBe(1);
  });

  test('does not change when a constant is added to all scores or all are multiplied', () => {
    const other = { trained: 3 * 5 + 70, heldBack: 3 * 3.5 + 70, generated: 3 * 2 + 70 };
    expect(overfittingOf(looks(3, other))).toBeCloseTo(overfittingOf(looks(3, scores)), 5);
  });

  test('is none before the first look, and where real patches score no better than generated ones', () => {
    expect(overfittingOf(startAugmentation(0.5))).toBe(0);
    expect(overfittingOf(looks(1, { trained: 1, heldBack: 0, generated: 2 }))).toBe(0);
  });

  test('is that of many looks: one that stands out moves it little, and old ones fade', () => {
    const settled = looks(40, scores);
    const moved = afterLook(settled, { ...scores, heldBack: 2 }, ADAPTIVE, 6);
    expect(overfittingOf(moved)).toBeCloseTo(0.5 + 0.5 / 16, 5);
    let state = settled;
    for (let i = 0; i < 100; i++) state = afterLook(state, { ...scores, heldBack: 5 }, ADAPTIVE, 6);
    expect(overfittingOf(state)).toBeLessThan(0.01);
  });
});

describe('the probability of augmentation', () => {
  const over = { trained: 5, heldBack: 3, generated: 2 };
  const under = { trained: 5, heldBack: 5, generated: 2 };

  test('rises above the target and falls below it, by the share of the patches that were shown', () => {
    expect(probabilityOf(looks(1, over))).toBeCloseTo(0.5 + 6 / 120, 6);
    expect(probabilityOf(looks(3, under))).toBeCloseTo(0.5 - (3 * 6) / 120, 6);
  });

  test('stays within 0 and its most', () => {
    expect(probabilityOf(looks(50, over))).toBeCloseTo(0.8, 6);
    expect(probabilityOf(looks(50, under))).toBe(0);
  });

  test('goes over to the next stage, where looks begin anew', () => {
    const state = keptAugmentation(looks(3, over));
    expect(probabilityOf(state)).toBe(probabilityOf(looks(3, over)));
    expect(overfittingOf(state)).toBe(0);
    expect(overfittingOf(afterLook(state, under, ADAPTIVE, 6))).toBe(0);
  });
});

/** Balls of several patients, two nodules each; `odd` patients have the grey that a generator begins with. */
function balls(count: number, odd: ReadonlySet<string> = new Set()): PatchSource {
  const plain = ballPatches(count, 16);
  const patientOf = (index: number): string => `p${index >> 1}`;
  return {
    ...{ count, size: 16, name: 'balls' },
    patch: (index) => {
      const values = Float32Array.from(plain.patch(index) as Float32Array);
      return odd.has(patientOf(index)) ? values.fill(0.5) : values;
    },
    entry: (index) =>
      realPatchSchema.parse({
        ...{
          id: `${patientOf(index)}/${index}`,
          patientId: patientOf(index),
          seriesUID: '1.2',
          origin: 'real',
        },
        ...{ noduleId: String(index), characteristics: null, diameterMm: 9, equivalentDiameterMm: 9 },
        ...{ spacingMm: 0.3, centre: [0, 0, 0], malignancyRatings: [], ratingSource: 'none', readers: null },
        ...{ class: 'indeterminate', sourceSha256: 'a'.repeat(64), maskOf: 'consensus', flags: [] },
      }),
  };
}

const augmented: Preset = {
  ...TINY_GROWN,
  criticAugmentation: {
    ...{ probability: 0.4, shiftShare: 0.125, attenuation: 0.15, cutoutShare: 0.35 },
    adaptive: ADAPTIVE,
  },
};
const idsOf = (source: PatchSource): string[] =>
  Array.from({ length: source.count }, (_, i) => source.entry!(i).id);

describe('patches that are held back', () => {
  test('are those of whole patients, about the share that was asked for, and the others are trained on', () => {
    const { training, heldBack } = holdBack(balls(20), augmented, 1);
    expect(heldBack!.count).toBe(6);
    const patients = (source: PatchSource): Set<string> =>
      new Set(idsOf(source).map((id) => id.split('/')[0]!));
    const others = patients(heldBack!);
    expect([...patients(training)].filter((patient) => others.has(patient))).toEqual([]);
    expect([...idsOf(training), ...idsOf(heldBack!)].toSorted()).toEqual(idsOf(balls(20)).toSorted());
  });

  test('bring their own voxels with them', async () => {
    const { heldBack } = holdBack(balls(20), augmented, 1);
    for (let i = 0; i < heldBack!.count; i++) {
      const index = Number(idsOf(heldBack!)[i]!.split('/')[1]);
      expect(await heldBack!.patch(i)).toEqual(await balls(20).patch(index));
    }
  });

  test('depend on the seed alone, and there are none where augmentation does not adapt', () => {
    const ids = (seed: number): string => idsOf(holdBack(balls(20), augmented, seed).heldBack!).join();
    expect(ids(1)).toBe(ids(1));
    expect(new Set([1, 2, 3, 4].map(ids)).size).toBeGreaterThan(1);
    const all = balls(20);
    expect(holdBack(all, TINY_GROWN, 1)).toEqual({ training: all, heldBack: undefined });
  });

  test.each([
    ['do not make a batch', balls(6), /makes 2 patches beside 4 to train on, where a batch takes 3/],
    ['have no patients', ballPatches(20, 16), /Patch 0 of the set does not say whose it is/],
  ])('are refused where they %s', (_, source, message) => {
    expect(() => holdBack(source, augmented, 1)).toThrow(message);
  });
});

describe('a preset', () => {
  test('adapts where it is told to, and cannot where it varies nothing for the critic', () => {
    const conditional = presetNamed('conditional-64');
    expect(conditional.criticAugmentation).toMatchObject({ probability: 0.4, adaptive: null });
    expect(changedPreset(conditional, { adaptive: 0.5 }).criticAugmentation).toMatchObject({
      ...{ probability: 0.4, adaptive: { target: 0.5, heldBack: 0.1 } },
    });
    expect(() => changedPreset(presetNamed('seed-64'), { adaptive: 0.5 })).toThrow(
      /seed-64 does not vary what its critic sees/,
    );
  });
});

describe('a training that adapts its augmentation', () => {
  const engine = onnxCpuEngine({ threads: 1 });
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nodulelab-adaptive-'));
  });
  afterEach(() => rm(root, { recursive: true }));
  const run = (folder: string, more: Partial<TrainOptions> = {}): Promise<TrainingResult> =>
    train({
      ...{ preset: augmented, dataset: balls(20), outDir: join(root, folder), seed: 1, engine },
      ...{ clock: () => performance.now(), resume: true, dataThreads: 0, ...more },
    });

  test('goes on after a stop between two looks bit for bit, and with its probability', async () => {
    const whole = await run('whole');
    await run('broken', { limits: { maxUpdates: 3 } });
    const resumed = await run('broken');
    expect(resumed.state.values).toEqual(whole.state.values);
    const [probability, , , seen] = whole.state.values['augmentation.state']!;
    expect(probability).not.toBeCloseTo(0.4, 3);
    expect(seen).toBe(2);
  });

  test('comes to the same probability where a whole update is one program', async () => {
    const parts = await run('parts', { limits: { maxUpdates: 2 } });
    const once = await run('once', {
      limits: { maxUpdates: 2 },
      engine: { ...engine, stateCrossesHost: true },
    });
    const [a, b] = [parts, once].map(({ state }) => state.values['augmentation.state']!);
    expect([...a!]).toEqual([...b!].map((value) => expect.closeTo(value, 4)));
  });

  test('shows in its curve, run.json and report how often images are varied, and why', async () => {
    await run('shown', { limits: { maxUpdates: 4 } });
    const points = await readCurve(join(root, 'shown'));
    expect(points).toHaveLength(4);
    const varied = points.map(({ augmentation }) => augmentation!);
    // A look after every second update.
    expect(varied[0]).toBeCloseTo(0.4, 6);
    expect(varied[1]).not.toBe(varied[0]);
    expect(varied[2]).toBe(varied[1]);
    const { augmentation, dataset } = (await readRun(join(root, 'shown')))!;
    expect(augmentation).toEqual({ probability: varied[3], overfitting: points[3]!.overfitting });
    expect(dataset).toMatchObject({ patches: 14, heldBack: 6 });
    const page = await readFile(join(root, 'shown', 'report.html'), 'utf8');
    expect(page).toContain('<b>Adaptive augmentation</b>');
    expect(page).toContain('<dt>Held back</dt><dd>6 patches of other patients</dd>');
  });

  test('augments more and more where held-back patches score like generated ones, and less where they score like trained ones', async () => {
    // A critic that is ahead of its generator: otherwise there is nothing to be seen of overfitting.
    const preset: Preset = {
      ...augmented,
      criticSteps: 10,
      stages: [{ ...augmented.stages[0]!, updates: 20 }],
    };
    const small = (odd: ReadonlySet<string>): PatchSource => {
      const source = balls(20, odd);
      return {
        ...source,
        size: 8,
        patch: async (index) => (await source.patch(index)).filter((_, i) => i % 8 === 0),
      };
    };
    const patients = new Set(idsOf(holdBack(balls(20), preset, 1).heldBack!).map((id) => id.split('/')[0]!));
    const probability = async (folder: string, odd: ReadonlySet<string>): Promise<number> =>
      (await run(folder, { preset, dataset: small(odd) })).state.values['augmentation.state']![0]!;
    expect(await probability('others', patients)).toBeGreaterThan(0.6);
    expect(await probability('alike', new Set())).toBeLessThan(0.2);
  });
});
