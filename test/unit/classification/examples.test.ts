import { describe, expect, it } from '@jest/globals';
import { SYMMETRIES_ONLY } from '../../../server/src/dataset/augmentation/augmentation.ts';
import {
  partsOf,
  requireEnough,
  samplesFor,
  type ArmParts,
  type Example,
} from '../../../server/src/services/classification/examples.ts';
import { armSchema, type Arm } from '../../../server/src/services/classification/protocol.ts';
import { LESION_SIZE, madeLesions, madeNodules } from '../../support/classificationLesions.ts';

const real = madeNodules(40);
const lesions = madeLesions(real, 60);
const train = real.slice(0, 48);
const [validation, test] = [real.slice(48, 64), real.slice(64)];
const MALIGNANT = train.filter((one) => one.malignant).length;
const BENIGN = train.length - MALIGNANT;
const PROBES = 6;

const parts = (arm: object, seed = 1): ArmParts =>
  partsOf({
    arm: armSchema.parse({ name: 'arm', ...arm }),
    ...{ lesions, train, validation, test, probes: PROBES, seed, fold: 0 },
  });
const counts = (examples: readonly Example[]): Record<string, number> => {
  const of = (malignant: boolean, synthetic: boolean): number =>
    examples.filter((one) => one.malignant === malignant && one.synthetic === synthetic).length;
  return {
    malignant: of(true, false),
    benign: of(false, false),
    syntheticMalignant: of(true, true),
    syntheticBenign: of(false, true),
  };
};
const REAL = { malignant: MALIGNANT, benign: BENIGN, syntheticMalignant: 0, syntheticBenign: 0 };
const voxelsOf = ({ voxels, from }: Example): Float32Array => voxels.slice(from, from + LESION_SIZE ** 3);

describe('what an arm trains on', () => {
  it.each([
    [{ kind: 'real' }, REAL],
    [{ kind: 'augmented', augmentation: SYMMETRIES_ONLY }, REAL],
    [{ kind: 'cutmix', share: 0.5 }, REAL],
    [
      { kind: 'added', percent: 50 },
      { ...REAL, syntheticMalignant: MALIGNANT / 2 },
    ],
    [
      { kind: 'added', percent: 200 },
      { ...REAL, syntheticMalignant: 2 * MALIGNANT },
    ],
    [
      { kind: 'added', percent: 200, source: 'ellipsoids' },
      { ...REAL, syntheticMalignant: 2 * MALIGNANT },
    ],
    [
      { kind: 'added', percent: 200, source: 'transplants' },
      { ...REAL, syntheticMalignant: 2 * MALIGNANT },
    ],
    [{ kind: 'balanced' }, { ...REAL, syntheticMalignant: BENIGN - MALIGNANT }],
    [
      { kind: 'balanced', keepMalignant: 0.25 },
      { ...REAL, malignant: MALIGNANT / 4, syntheticMalignant: BENIGN - MALIGNANT / 4 },
    ],
    [
      { kind: 'real', keepMalignant: 0.25 },
      { ...REAL, malignant: MALIGNANT / 4 },
    ],
    [{ kind: 'only' }, { malignant: 0, benign: 0, syntheticMalignant: MALIGNANT, syntheticBenign: BENIGN }],
    [
      { kind: 'fingerprint', percent: 100 },
      { ...REAL, syntheticMalignant: MALIGNANT, syntheticBenign: MALIGNANT },
    ],
  ])('is counted for %j', (arm, expected) => {
    expect(counts(parts(arm).train)).toEqual(expected);
  });

  it('asks the generator for as many samples as are planned for', () => {
    for (const given of [
      { kind: 'added', percent: 50 },
      { kind: 'balanced' },
      { kind: 'balanced', keepMalignant: 0.25 },
      { kind: 'only' },
      { kind: 'fingerprint', percent: 100 },
    ]) {
      const arm: Arm = armSchema.parse({ name: 'arm', ...given });
      const { syntheticMalignant, syntheticBenign } = counts(parts(given).train);
      expect(samplesFor(arm, MALIGNANT, BENIGN)).toEqual({
        malignant: syntheticMalignant,
        benign: syntheticBenign,
      });
    }
  });

  it('never holds a nodule that is asked about as a probe', () => {
    const { train: learned, probes } = parts({ kind: 'fingerprint', percent: 100 });
    expect(probes).toHaveLength(PROBES);
    expect(probes.every((probe) => probe.synthetic && !probe.malignant)).toBe(true);
    // All patches of this arm are smoothed copies, so that voxels must be held against each other.
    const asked = new Set(probes.map((probe) => voxelsOf(probe).join()));
    expect(learned.some((example) => asked.has(voxelsOf(example).join()))).toBe(false);
  });

  it('takes ellipsoids of its own training patients only', () => {
    const own = new Set(
      lesions.ellipsoids
        .filter(({ of }) => train.some(({ id }) => id === of))
        .map(({ at }) => at * LESION_SIZE ** 3),
    );
    const added = parts({ kind: 'added', percent: 200, source: 'ellipsoids' }).train.filter(
      (one) => one.synthetic,
    );
    expect(added.every(({ from }) => own.has(from))).toBe(true);
  });

  it('differs between seeds and is the same for the same seed', () => {
    const from = (seed: number): number[] =>
      parts({ kind: 'added', percent: 50 }, seed)
        .train.filter((one) => one.synthetic)
        .map((one) => one.from);
    expect(from(1)).toEqual(from(1));
    expect(from(1)).not.toEqual(from(2));
  });

  it('refuses an arm that asks for more samples than there are', () => {
    const few = { ...lesions, synthetic: lesions.synthetic.slice(0, 5) };
    const arm = armSchema.parse({ name: 'much', kind: 'added', percent: 100 });
    expect(() =>
      partsOf({ arm, lesions: few, train, validation, test, probes: 0, seed: 1, fold: 0 }),
    ).toThrow(
      expect.objectContaining({
        kind: 'unusable',
        message: `The arm much asks for ${MALIGNANT} malignant nodules from generator, and there are 5.`,
      }),
    );
    const asked = { lesions: few, train, probes: 0, seed: 1, fold: 0 };
    expect(() => requireEnough({ arm, ...asked })).toThrow(`asks for ${MALIGNANT} malignant`);
    expect(() => requireEnough({ arm, ...asked, lesions })).not.toThrow();
  });
});

describe('the controls', () => {
  it('send all patches through one resampling in the control of the fingerprint', () => {
    const [plain, control] = [parts({ kind: 'real' }), parts({ kind: 'fingerprint', percent: 100 })];
    for (const part of ['validation', 'test'] as const)
      plain[part].forEach((example, i) => {
        const [before, after] = [voxelsOf(example), voxelsOf(control[part][i]!)];
        const roughness = (values: Float32Array): number =>
          values.reduce(
            (sum, value, k) => (k % LESION_SIZE === 0 ? sum : sum + (value - values[k - 1]!) ** 2),
            0,
          );
        const mean = (values: Float32Array): number =>
          values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(roughness(after)).toBeLessThan(0.2 * roughness(before));
        expect(mean(after)).toBeCloseTo(mean(before), 5);
      });
  });

  it('draw a spot into malignant patches only, where it is planted', () => {
    const [plain, planted] = [parts({ kind: 'real' }), parts({ kind: 'planted' })];
    plain.train.forEach((example, i) => {
      const [before, after] = [voxelsOf(example), voxelsOf(planted.train[i]!)];
      const bright = after.filter((value) => value === 1).length;
      expect(bright).toBe(example.malignant ? 8 : 0);
      if (!example.malignant) expect(after).toEqual(before);
    });
  });
});
