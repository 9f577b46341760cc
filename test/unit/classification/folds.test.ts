import { describe, expect, it } from '@jest/globals';
import {
  drawFolds,
  foldsSchema,
  lockText,
  requireApart,
  requireTrainable,
  type Folds,
} from '../../../server/src/services/classification/folds.ts';
import { madeNodules } from '../../support/classificationLesions.ts';

const nodules = madeNodules(48);
/** Every patient whose digest says so is of the test fold; these are, whatever it says. */
const testPatients = [
  ...new Set(nodules.filter(({ fold }) => fold === 'test').map(({ patient }) => patient)),
];
const generator: NonNullable<Folds['generator']> = {
  name: 'maker',
  sha256: 'a'.repeat(64),
  // As many folds as make it nearly sure that nobody else falls into the test fold by digest.
  split: { seed: 1, folds: 1_000_003, testPatients, fold: 'train' },
};
const request = {
  rule: 'median',
  design: 'held-out',
  seeds: [1, 2],
  folds: 3,
  validationShare: 0.25,
  generator,
  nodules,
} as const;

/** The manifest as a file would bring it, after a change. */
function changed(folds: Folds, change: (copy: Folds) => void): Folds {
  const copy = foldsSchema.parse(JSON.parse(JSON.stringify(folds)));
  change(copy);
  return copy;
}

describe('folds of an experiment', () => {
  const folds = drawFolds(request);

  it('test every held-out patient once for each seed, and nobody else', () => {
    for (const seed of [1, 2]) {
      const tested = folds.parts.flatMap((part) => (part.seed === seed ? part.test : []));
      expect(tested.toSorted()).toEqual(testPatients.toSorted());
    }
  });

  it('train on all others, a share of them kept back for the threshold', () => {
    const everybody = new Set(nodules.map(({ patient }) => patient)).size;
    for (const { train, validation, test } of folds.parts) {
      expect(new Set([...train, ...validation, ...test]).size).toBe(everybody);
      expect(train.length + validation.length + test.length).toBe(everybody);
      expect(validation.length / (train.length + validation.length)).toBeCloseTo(0.25, 1);
    }
  });

  it('have about as many malignant nodules in each fold', () => {
    for (const seed of [1, 2]) {
      const counts = folds.parts
        .filter((part) => part.seed === seed)
        .map(({ test }) => nodules.filter((one) => one.malignant && test.includes(one.patient)).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    }
  });

  it('differ from seed to seed, and not from draw to draw', () => {
    expect(folds.parts[0]!.test).not.toEqual(folds.parts[3]!.test);
    expect(drawFolds(request)).toEqual(folds);
  });

  it('of every patient need no generator and test all of them', () => {
    const all = drawFolds({ ...request, design: 'every-patient', generator: null });
    const tested = all.parts.flatMap((part) => (part.seed === 1 ? part.test : []));
    expect(new Set(tested).size).toBe(48);
    expect(lockText(all)).toContain('No generator takes part');
  });

  it('say why nobody who is tested was seen by the generator', () => {
    expect(lockText(folds)).toContain('maker was trained on the train fold');
    expect(lockText(folds)).toContain(`all ${testPatients.length} tested patients`);
  });
});

describe('folds with a generator that the user vouches for', () => {
  const vouched = drawFolds({ ...request, generator: { ...generator, vouched: true } });

  it('say that nothing proves whom it has seen', () => {
    expect(lockText(vouched)).toContain('The user vouches');
    expect(lockText(vouched)).not.toContain('checked one by one');
  });

  it('are not those of one that says it itself', () => {
    expect(vouched.sha256).not.toBe(drawFolds(request).sha256);
    const changedBack = changed(vouched, ({ generator: of }) => delete of!.vouched);
    expect(() => requireApart(changedBack)).toThrow(/were changed since/);
  });
});

describe('folds that nothing can be learned on', () => {
  const folds = drawFolds(request);

  it('are refused where a part has one class only', () => {
    const [{ validation, seed, fold }] = folds.parts as [(typeof folds.parts)[number]];
    const labelled = nodules.map((nodule) => ({
      ...nodule,
      malignant: nodule.malignant && !validation.includes(nodule.patient),
    }));
    expect(() => requireTrainable(folds, labelled)).toThrow(
      expect.objectContaining({
        kind: 'unusable',
        message: expect.stringContaining(
          `only benign nodules in the validation part of seed ${seed}, fold ${fold}`,
        ),
      }),
    );
  });

  it('are taken where both classes are in every part', () => {
    expect(() => requireTrainable(folds, nodules)).not.toThrow();
  });
});

describe('broken folds', () => {
  const folds = drawFolds(request);
  const refusal = (broken: Folds): unknown => {
    try {
      requireApart(broken);
      return 'not refused';
    } catch (error) {
      return error;
    }
  };

  it('are refused where a tested patient is trained on too', () => {
    const broken = changed(folds, ({ parts }) => parts[0]!.train.push(parts[0]!.test[0]!));
    expect(refusal(broken)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('in two parts of fold 0'),
    });
  });

  it('are refused where a patient was moved from one part to another and nothing else gives it away', () => {
    const broken = changed(folds, ({ parts }) => parts[0]!.validation.push(parts[0]!.train.pop()!));
    expect(refusal(broken)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('were changed since'),
    });
  });

  it('are refused where a patient is tested twice', () => {
    const broken = changed(folds, ({ parts }) => {
      const [moved] = parts[0]!.test;
      parts[1]!.train = parts[1]!.train.filter((patient) => patient !== moved);
      parts[1]!.validation = parts[1]!.validation.filter((patient) => patient !== moved);
      parts[1]!.test.push(moved!);
    });
    expect(refusal(broken)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('twice in seed 1'),
    });
  });

  it('are refused where the generator was trained on a tested patient', () => {
    const seen = testPatients[0]!;
    const split = { ...generator.split, testPatients: testPatients.slice(1) };
    expect(() => drawFolds({ ...request, generator: { ...generator, split } })).toThrow(
      expect.objectContaining({ kind: 'refused', message: expect.stringContaining(`for example ${seen}`) }),
    );
  });

  it('are not drawn where a class has fewer patients than there are folds', () => {
    const few = nodules.map((nodule) => ({ ...nodule, malignant: nodule.patient === 'patient 0' }));
    expect(() => drawFolds({ ...request, nodules: few })).toThrow(
      expect.objectContaining({
        kind: 'unusable',
        message: expect.stringContaining('malignant nodules of 1 patients'),
      }),
    );
  });
});
