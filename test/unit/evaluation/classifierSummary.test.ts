import { describe, expect, test } from '@jest/globals';
import { auc } from '../../../server/src/evaluation/auc.ts';
import { contrastsOf } from '../../../server/src/evaluation/classification/contrasts.ts';
import { holm } from '../../../server/src/evaluation/classification/holm.ts';
import { armFiguresSchema, type ArmFigures } from '../../../server/src/evaluation/classification/result.ts';
import type { ArmScores, TestNodule } from '../../../server/src/evaluation/classification/scores.ts';
import { strataBetween } from '../../../server/src/evaluation/classification/strata.ts';
import { summariseDesign } from '../../../server/src/evaluation/classification/summarise.ts';
import { Random } from '../../../server/src/nn/random.ts';

const random = Random.of('summary of classifiers');
const nodules: TestNodule[] = Array.from({ length: 160 }, (_, i) => {
  const malignant = random.uniform() < 0.4;
  return {
    id: `nodule ${i}`,
    patient: `patient ${i % 100}`,
    malignant,
    diameterMm: Math.exp(2.2 + 0.4 * random.gaussian() + (malignant ? 0.4 : 0)),
  };
});

/** Scores that follow the diameter and, this much, the truth. */
function arm(name: string, kind: ArmScores['kind'], gain: number, seeds = 3, of = nodules): ArmScores {
  const base = of.map(
    ({ malignant, diameterMm }) =>
      2 * Math.log(diameterMm / 10) + (malignant ? gain : 0) + 0.3 * random.gaussian(),
  );
  return {
    name,
    kind,
    title: `The ${name}`,
    text: `Trained as ${name}.`,
    trainedOn: { malignant: 10, benign: 20, syntheticMalignant: 5, syntheticBenign: 0 },
    seeds: Array.from({ length: seeds }, () => {
      const probabilities = Float64Array.from(base, (b) => 1 / (1 + Math.exp(-b - 0.2 * random.gaussian())));
      return {
        probabilities,
        called: Uint8Array.from(probabilities, (p) => Number(p >= 0.5)),
        probes: new Float64Array(),
        probesCalled: new Uint8Array(),
      };
    }),
  };
}

const arms = [
  arm('diameter', 'baseline', 0),
  arm('diameter-texture', 'baseline', 0.4),
  arm('real', 'arm', 1),
  arm('balanced', 'arm', 3),
  arm('added', 'arm', 1),
  arm('planted', 'check', 30),
];
const design = { nodules, arms, strata: strataBetween([6, 15]), draws: 200, seed: 1 };
const figures = summariseDesign(design);
const named = (name: string): ArmFigures => figures.find((one) => one.name === name)!;
const labels = nodules.map(({ malignant }) => malignant);

describe('the figures of a design', () => {
  test('are those of every arm in the order given, fit for the file', () => {
    expect(figures.map(({ name }) => name)).toEqual(arms.map(({ name }) => name));
    for (const one of figures) expect(armFiguresSchema.parse(one)).toEqual(one);
    expect(named('real')).toMatchObject({ title: 'The real', text: 'Trained as real.', kind: 'arm' });
    expect(summariseDesign(design)).toEqual(figures);
  });

  test('have the mean of the seeds’ AUCs, and the shares right at each training’s own calls', () => {
    arms.forEach(({ seeds }, i) => {
      const areas = seeds.map(({ probabilities }) => auc(probabilities, labels));
      const one = figures[i]!;
      one.auc.seeds.forEach((area, k) => expect(area).toBeCloseTo(areas[k]!, 12));
      expect(one.auc.mean.value).toBeCloseTo(areas.reduce((sum, area) => sum + area, 0) / 3, 12);
      const share = (cases: (malignant: boolean) => boolean): number => {
        const right = seeds.flatMap(({ called }) =>
          labels.flatMap((yes, k) => (cases(yes) ? [Number(Boolean(called[k]) === yes)] : [])),
        );
        return right.reduce((sum, one) => sum + one, 0) / right.length;
      };
      expect(one.accuracy.value).toBeCloseTo(
        share(() => true),
        12,
      );
      expect(one.sensitivity.value).toBeCloseTo(
        share((yes) => yes),
        12,
      );
      expect(one.specificity.value).toBeCloseTo(
        share((yes) => !yes),
        12,
      );
      for (const { value, interval } of [one.auc.mean, one.auc.deLong, one.auc.clustered, one.accuracy]) {
        expect(interval!.low).toBeLessThan(value);
        expect(interval!.high).toBeGreaterThanOrEqual(value);
      }
    });
  });

  test('hold every arm against diameter, diameter and texture, and real nodules, but none against itself', () => {
    expect(named('diameter').overDiameter).toBeNull();
    expect(named('diameter-texture').overDiameterTexture).toBeNull();
    expect(named('diameter-texture').overDiameter!.value).toBeGreaterThan(0);
    for (const name of ['real', 'diameter', 'diameter-texture', 'planted'])
      expect(named(name).overReal).toBeNull();
    const gain = named('balanced').overReal!;
    expect(gain.value).toBeCloseTo(named('balanced').auc.mean.value - named('real').auc.mean.value, 12);
    expect(gain.interval!.low).toBeGreaterThan(0);
    expect(gain.p).toBeLessThan(0.01);
    expect(named('added').overReal!.p).toBeGreaterThan(0.05);
  });

  test('correct p values over the arms, baselines and checks left out', () => {
    const over = [named('balanced'), named('added')].map(({ overReal }) => overReal!);
    expect(over.map(({ corrected }) => corrected)).toEqual(holm(over.map(({ p }) => p)));
    const textured = ['real', 'balanced', 'added'].map((name) => named(name).overDiameterTexture!);
    expect(textured.map(({ corrected }) => corrected)).toEqual(holm(textured.map(({ p }) => p)));
    expect(named('planted').overDiameter).toMatchObject({ corrected: null });
    expect(named('diameter-texture').overDiameter).toMatchObject({ corrected: null });
    const pair = summariseDesign({ ...design, arms: arms.slice(2, 4) });
    expect(pair[1]!.overReal!.p).toBe(named('balanced').overReal!.p);
    expect(pair[1]!.overReal!.corrected).toBeNull();
  });

  test('are those of the nodules of a stratum alone, every nodule in one', () => {
    const { strata } = named('balanced');
    expect(strata.map(({ fromMm, toMm }) => [fromMm, toMm])).toEqual([
      [0, 6],
      [6, 15],
      [15, null],
    ]);
    const count = strata.reduce((sum, { nodules: of }) => sum + of.malignant + of.benign, 0);
    expect(count).toBe(160);
    const rows = nodules.flatMap(({ diameterMm }, i) => (diameterMm >= 6 && diameterMm < 15 ? [i] : []));
    const inside = (scores: Float64Array): number =>
      auc(
        rows.map((i) => scores[i]!),
        rows.map((i) => labels[i]!),
      );
    const mean = (name: string): number =>
      arms.find((one) => one.name === name)!.seeds.reduce((sum, of) => sum + inside(of.probabilities) / 3, 0);
    expect(strata[1]!.auc!.value).toBeCloseTo(mean('balanced'), 12);
    expect(strata[1]!.overDiameter!.value).toBeCloseTo(mean('balanced') - mean('diameter'), 12);
    expect(strata[1]!.overDiameterTexture!.interval!.low).toBeGreaterThan(0);
  });

  test('are null in a stratum with fewer than two patients of a class', () => {
    const [, some] = summariseDesign({
      ...design,
      arms: arms.slice(0, 2),
      strata: [
        [0, 0.1],
        [0, null],
      ],
    });
    expect(some!.strata[0]).toEqual({
      fromMm: 0,
      toMm: 0.1,
      nodules: { malignant: 0, benign: 0 },
      auc: null,
      overDiameter: null,
      overDiameterTexture: null,
    });
    expect(some!.strata[1]!.auc).toEqual(some!.auc.mean);
  });

  test('stand with one seed, and with probabilities that are all the same', () => {
    const one = [arm('diameter', 'baseline', 0, 1), arm('real', 'arm', 1, 1)];
    const flat = {
      ...one[1]!,
      name: 'flat',
      seeds: [
        { ...one[1]!.seeds[0]!, probabilities: new Float64Array(160).fill(0.3), called: new Uint8Array(160) },
      ],
    };
    const found = summariseDesign({ ...design, arms: [...one, flat] });
    for (const of of found) armFiguresSchema.parse(of);
    expect(found[1]!.auc.mean.interval!.how).toContain('of one seed');
    expect(found[2]!.auc.mean).toEqual({ value: 0.5, interval: null });
    expect(found[2]!.sensitivity).toMatchObject({ value: 0, interval: { low: 0 } });
    expect(found[2]!.overReal!.value).toBeLessThan(0);
  });

  test('show an arm that takes synthetic for malignant', () => {
    const probed = (name: string, shift: number): ArmScores => {
      const one = arm(name, 'arm', 3);
      const benign = one.seeds[0]!.probabilities.filter((_, i) => !labels[i]);
      return {
        ...one,
        seeds: one.seeds.map((seed) => {
          const probes = Float64Array.from({ length: 60 }, () =>
            Math.min(1, benign[random.integer(benign.length)]! + shift),
          );
          return { ...seed, probes, probesCalled: Uint8Array.from(probes, (p) => Number(p >= 0.5)) };
        }),
      };
    };
    const [honest, fooled] = summariseDesign({
      ...design,
      arms: [probed('honest', 0), probed('fooled', 0.4)],
    });
    expect(honest!.shortcut!.auc.interval!.low).toBeLessThan(0.5);
    expect(honest!.shortcut!.auc.interval!.high).toBeGreaterThan(0.5);
    expect(honest!.shortcut!.realCalled.value).toBeCloseTo(1 - honest!.specificity.value, 12);
    expect(fooled!.shortcut!.auc.interval!.low).toBeGreaterThan(0.7);
    expect(fooled!.shortcut!.called.interval!.low).toBeGreaterThan(
      fooled!.shortcut!.realCalled.interval!.high,
    );
    expect(fooled!.shortcut!.probes).toBe(60);
    expect(named('real').shortcut).toBeNull();
  });

  test('are refused where an arm is not whole, by its name', () => {
    const other = arm('short', 'arm', 1, 2);
    expect(() => summariseDesign({ ...design, arms: [...arms, other] })).toThrow(
      'short has 2 seeds and diameter has 3',
    );
    const lacking = arm('lacking', 'arm', 1, 3, nodules.slice(1));
    expect(() => summariseDesign({ ...design, arms: [lacking] })).toThrow('lacking has 159 probabilities');
    const broken = arm('broken', 'arm', 1);
    broken.seeds[1]!.probabilities[4] = Number.NaN;
    expect(() => summariseDesign({ ...design, arms: [broken] })).toThrow(
      'nodule 4 the probability NaN in seed 1',
    );
    const benign = nodules.map((nodule, i) => ({ ...nodule, malignant: i < 1 }));
    expect(() => summariseDesign({ ...design, nodules: benign })).toThrow('two patients or more');
  });
});

describe('planned comparisons of two arms', () => {
  const found = contrastsOf(nodules, arms, [
    ['balanced', 'added'],
    ['added', 'balanced'],
    ['real', 'added'],
  ]);

  test('give the difference of their AUCs, in the order asked, with the sign of the first', () => {
    const [there, back] = found;
    expect(there).toMatchObject({ arm: 'balanced', against: 'added' });
    expect(there!.difference.value).toBeCloseTo(
      named('balanced').auc.mean.value - named('added').auc.mean.value,
      12,
    );
    expect(back!.difference.value).toBeCloseTo(-there!.difference.value, 12);
    expect(back!.difference.p).toBeCloseTo(there!.difference.p!, 12);
  });

  test('agree with the difference from real nodules that every arm has', () => {
    const [{ difference }] = contrastsOf(nodules, arms, [['balanced', 'real']]) as [(typeof found)[number]];
    const { value, interval, p } = named('balanced').overReal!;
    expect({ value: difference.value, interval: difference.interval, p: difference.p }).toEqual({
      value,
      interval,
      p,
    });
  });

  test('are corrected for their own number', () => {
    expect(found.map(({ difference }) => difference.corrected)).toEqual(
      holm(found.map(({ difference }) => difference.p)),
    );
  });

  test('of an arm that is none are refused by its name', () => {
    expect(() => contrastsOf(nodules, arms, [['real', 'nobody']])).toThrow('There is no arm nobody');
  });
});
