/** Classifiers that need no network: logistic regressions on what readers write down. */
import { fitLogistic } from '../../evaluation/classification/logistic.ts';
import { DIAMETER, DIAMETER_TEXTURE } from '../../evaluation/classification/scores.ts';
import type { Parts } from './folds.ts';
import type { RealNodule } from './nodules.ts';
import type { DesignName, RuleName } from './protocol.ts';
import { judgeOn, type TrainingRecord } from './training.ts';

export interface Baseline {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  /** What the regression sees of a nodule. */
  readonly row: (nodule: RealNodule) => number[];
}

const logDiameter = ({ diameterMm }: RealNodule): number => Math.log(diameterMm);
/** Solid, where no reader says another thing: most are. */
const SOLID = 5;

export const BASELINES: readonly Baseline[] = [
  {
    name: DIAMETER,
    title: 'Diameter alone',
    text: 'Logistic regression on the logarithm of the largest in-plane diameter.',
    row: (nodule) => [logDiameter(nodule)],
  },
  {
    name: DIAMETER_TEXTURE,
    title: 'Diameter and texture',
    text: 'Logistic regression on the logarithm of the diameter, and the readers’ median texture (1 ground glass to 5 solid) and its square.',
    row: (nodule) => {
      const texture = nodule.texture ?? SOLID;
      return [logDiameter(nodule), texture, texture ** 2];
    },
  },
];

/** The same patients as for the networks train, fix the threshold and are tested. */
export function baselineRecord(
  baseline: Baseline,
  rule: RuleName,
  design: DesignName,
  parts: Parts,
  nodules: readonly RealNodule[],
): TrainingRecord {
  const of = (patients: readonly string[]): RealNodule[] => {
    const wanted = new Set(patients);
    return nodules.filter(({ patient }) => wanted.has(patient));
  };
  const [train, validation, test] = [of(parts.train), of(parts.validation), of(parts.test)];
  const fitted = fitLogistic(
    train.map(baseline.row),
    train.map(({ malignant }) => malignant),
  );
  const logits = (from: readonly RealNodule[]): number[] =>
    from.map((one) => fitted.logit(baseline.row(one)));
  const { threshold, answer } = judgeOn(
    logits(validation),
    validation.map(({ malignant }) => malignant),
  );
  const malignant = train.filter((one) => one.malignant).length;
  return {
    ...{ rule, design, arm: baseline.name, seed: parts.seed, fold: parts.fold, inputsSha256: '' },
    trainedOn: { malignant, benign: train.length - malignant, syntheticMalignant: 0, syntheticBenign: 0 },
    threshold,
    test: {
      id: test.map(({ id }) => id),
      malignant: test.map((one) => one.malignant),
      ...answer(logits(test)),
    },
    probes: { probability: [], called: [] },
    lastLoss: 0,
    seconds: 0,
  };
}
