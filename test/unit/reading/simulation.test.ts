import { describe, expect, test } from '@jest/globals';
import { casesNeeded, powerOf, USUAL_PLAN } from '../../../server/src/reading/power.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { simulateStudies } from '../../../server/src/reading/simulation/coverage.ts';
import {
  drawStudy,
  readerAccuracy,
  readerKappas,
  truthOf,
  USUAL_MODEL,
} from '../../../server/src/reading/simulation/readerModel.ts';
import { cohenKappa, fleissKappa } from '../../../server/src/reading/kappa.ts';
import { auc } from '../../../server/src/evaluation/auc.ts';

describe('drawn readings', () => {
  test('agree with what the model says of itself', () => {
    const many = { ...USUAL_MODEL, readers: 40, real: 4000, synthetic: 4000, repeated: 2000 };
    const study = drawStudy(many, Random.of(7));
    const truth = truthOf(many);
    const biases = study.readers.map(({ bias }) => bias);
    const called = (wanted: boolean): number =>
      study.readers.reduce(
        (sum, { calledSynthetic }) =>
          sum + calledSynthetic.filter((one, i) => study.synthetic[i] === wanted && !one).length / 4000 / 40,
        0,
      );
    // Forty readers' own shares spread by about 0.1: a standard error of 0.015.
    expect(Math.abs(called(false) - truth.realCalledReal)).toBeLessThan(0.05);
    expect(Math.abs(called(true) - truth.syntheticCalledReal)).toBeLessThan(0.05);
    const meanAuc = study.readers.reduce(
      (sum, { confidences }) => sum + auc(confidences, study.synthetic) / 40,
      0,
    );
    expect(Math.abs(meanAuc - truth.auc)).toBeLessThan(0.05);
    const { bias, calledSynthetic } = study.readers[0]!;
    const right = calledSynthetic.filter((one, i) => one === study.synthetic[i]).length / 8000;
    expect(Math.abs(right - readerAccuracy(many, bias))).toBeLessThan(0.025);
    const kappas = readerKappas(many, biases);
    const counts = study.synthetic.map((_, i) => {
      const yes = study.readers.filter((reader) => reader.calledSynthetic[i]).length;
      return [40 - yes, yes];
    });
    expect(Math.abs(fleissKappa(counts).value! - kappas.among)).toBeLessThan(0.02);
    const pairs = study.readers.flatMap((reader) =>
      study.repeated.map(
        (index, i) => [Number(reader.calledSynthetic[index]), Number(reader.again[i])] as const,
      ),
    );
    expect(Math.abs(cohenKappa(pairs, 2).value! - kappas.repeated)).toBeLessThan(0.02);
  });

  test('are the same for the same seed, and refused where the model makes no sense', () => {
    expect(drawStudy(USUAL_MODEL, Random.of(3)).readers).toEqual(
      drawStudy(USUAL_MODEL, Random.of(3)).readers,
    );
    expect(() => simulateStudies({ ...USUAL_MODEL, readers: 1 }, 1, 1)).toThrow('readers of 2 or more');
    expect(() => simulateStudies({ ...USUAL_MODEL, repeated: 51 }, 1, 1)).toThrow('Repeats');
    expect(() => simulateStudies(USUAL_MODEL, 0, 1)).toThrow('one study or more');
  });
});

describe('intervals over 10,000 simulated studies', () => {
  const { coverage, falseEquivalence } = simulateStudies(USUAL_MODEL, 10_000, 1);
  const of = (estimator: string): (typeof coverage)[number] =>
    coverage.find((one) => one.estimator === estimator)!;

  test.each(['accuracy of one reader', "Fleiss' kappa", 'kappa on repeats'])(
    '%s: hold the truth in 95 %% or more, by a binomial test',
    (estimator) => {
      expect(of(estimator).pTooLow).toBeGreaterThan(0.001);
      expect(of(estimator).coverage).toBeLessThan(0.97);
    },
  );

  // Six readers: the published degrees of freedom rest on an estimated mean square and are a little too many (docs/reading.md).
  test.each(['accuracy, over readers', 'real called real', 'synthetic called real', 'AUC, over readers'])(
    '%s: hold the truth in 94 %% or more',
    (estimator) => {
      expect(of(estimator).coverage).toBeGreaterThan(0.94 - 3 * Math.sqrt((0.94 * 0.06) / 10_000));
      expect(of(estimator).coverage).toBeLessThan(0.965);
    },
  );

  test('readers at the margin are called equivalent in 5 % of the studies at most', () => {
    expect(falseEquivalence.pTooHigh).toBeGreaterThan(0.001);
    expect(falseEquivalence.margin).toBeGreaterThan(0.05);
  });
});

describe('the number of cases', () => {
  test('is enough in simulated studies of readers who guess', () => {
    // Readers who guess, with neither case nor reader effects: correlation and spread are 0.
    const plan = { ...USUAL_PLAN, readerSd: 0, caseCorrelation: 0, margin: 0.08 };
    const cases = casesNeeded(plan);
    expect(powerOf(plan, cases)).toBeGreaterThanOrEqual(0.8);
    expect(powerOf(plan, cases - 2)).toBeLessThan(0.8);
    // Without clusters it is the textbook's: n = p q (z(0.95) + z(0.9))² / margin² answers, a few more for Student's t.
    const textbook = (0.25 * (1.6448536 + 1.2815516) ** 2) / 0.08 ** 2;
    expect(cases * plan.readers).toBeGreaterThan(textbook);
    expect(cases * plan.readers).toBeLessThan(1.6 * textbook);
  });

  test('grows as readers differ more, and is refused where none is enough', () => {
    expect(casesNeeded({ ...USUAL_PLAN, readerSd: 0.05 })).toBeGreaterThan(casesNeeded(USUAL_PLAN));
    expect(() => casesNeeded({ ...USUAL_PLAN, readerSd: 0.2 })).toThrow(
      'take more readers or a wider margin',
    );
    expect(() => casesNeeded({ ...USUAL_PLAN, accuracy: 0.65 })).toThrow('no equivalence to show');
    expect(() => casesNeeded({ ...USUAL_PLAN, readers: 1 })).toThrow('two readers');
  });
});
