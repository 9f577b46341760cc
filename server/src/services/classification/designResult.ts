/** The figures of a design from the records of its trainings. */
import { aucEstimate } from '../../evaluation/auc.ts';
import type { ArmFigures, DesignResult } from '../../evaluation/classification/result.ts';
import type { ArmScores } from '../../evaluation/classification/scores.ts';
import { contrastsOf } from '../../evaluation/classification/contrasts.ts';
import { strataBetween } from '../../evaluation/classification/strata.ts';
import { summariseDesign } from '../../evaluation/classification/summarise.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { armText, armTitle } from './armWords.ts';
import { baselineRecord, BASELINES } from './baselines.ts';
import { lockText, type Folds } from './folds.ts';
import { scoresOf, testedNodules } from './gatherScores.ts';
import type { RealNodule } from './nodules.ts';
import { isCheck, type Arm, type DesignName, type Protocol } from './protocol.ts';
import { labelsOfChecks, type TrainingRecord } from './training.ts';

/** What a planted signal must be found with, and with how much certainty shuffled labels must not lie above chance. */
const PLANTED_FOUND = 0.95;
const SHUFFLED_LEVEL = 0.99;

const DESIGN_TEXT: Readonly<Record<DesignName, (folds: Folds) => string>> = {
  'held-out': ({ generator }) =>
    `Outer folds are made of patients ${generator === null ? 'of the test fold of the split' : 'that the generator has not seen'}; every training has the other patients, and those of the other folds.`,
  'every-patient': () =>
    'Outer folds are made of all patients, which gives more nodules to test on; no arm has a generator.',
};

export interface DesignRequest {
  readonly protocol: Protocol;
  readonly folds: Folds;
  readonly nodules: readonly RealNodule[];
  /** Of all arms of the design, all folds of these seeds. */
  readonly records: readonly TrainingRecord[];
  /** Of which every training is done. */
  readonly seeds: readonly number[];
}

export interface JudgedDesign {
  readonly result: DesignResult;
  /** What makes it untrustworthy. */
  readonly errors: string[];
}

export function judgeDesign({ protocol, folds, nodules, records, seeds }: DesignRequest): JudgedDesign {
  const { rule, design } = folds;
  const arms = protocol.designs[design] ?? [];
  const tested = testedNodules(folds, nodules);
  const relabelled = testedNodules(folds, labelsOfChecks(nodules, rule, design));
  const scored = (arm: Arm): ArmScores =>
    scoresOf(
      { name: arm.name, kind: isCheck(arm) ? 'check' : 'arm', title: armTitle(arm), text: armText(arm) },
      records.filter((record) => record.arm === arm.name),
      seeds,
      isCheck(arm) ? relabelled : tested,
    );
  const baselines = BASELINES.map((baseline) =>
    scoresOf(
      { name: baseline.name, kind: 'baseline', title: baseline.title, text: baseline.text },
      folds.parts
        .filter(({ seed }) => seeds.includes(seed))
        .map((parts) => baselineRecord(baseline, rule, design, parts, nodules)),
      seeds,
      tested,
    ),
  );
  const common = { strata: strataBetween(protocol.strataMm), draws: protocol.draws, seed: 1 };
  const compared = arms.filter((arm) => !isCheck(arm)).map(scored);
  const checks = arms.filter(isCheck).map(scored);
  const figures = [
    ...summariseDesign({ ...common, nodules: tested, arms: [...baselines, ...compared] }),
    ...(checks.length === 0 ? [] : summariseDesign({ ...common, nodules: relabelled, arms: checks })),
  ];
  const malignant = tested.filter((nodule) => nodule.malignant).length;
  return {
    result: {
      rule,
      name: design,
      text: DESIGN_TEXT[design](folds),
      patients: new Set(tested.map(({ patient }) => patient)).size,
      nodules: { malignant, benign: tested.length - malignant },
      folds: folds.folds,
      seeds: [...seeds],
      foldsSha256: folds.sha256,
      lock: lockText(folds),
      arms: figures,
      contrasts: design === 'held-out' ? contrastsOf(tested, compared, protocol.contrasts) : [],
    },
    errors: arms
      .filter(isCheck)
      .flatMap((arm, i) => checkErrors(arm, figures, checks[i]!, relabelled, folds)),
  };
}

function checkErrors(
  arm: Arm,
  figures: readonly ArmFigures[],
  { seeds }: ArmScores,
  nodules: readonly { readonly malignant: boolean; readonly patient: string }[],
  { rule, design }: Folds,
): string[] {
  const found = figures.find(({ name }) => name === arm.name);
  if (found === undefined) throw new NoduleLabError('unusable', `The check ${arm.name} has no figures.`);
  const where = `${rule} rule, ${design} design`;
  const { value } = found.auc.mean;
  if (arm.kind === 'planted')
    return value >= PLANTED_FOUND
      ? []
      : [
          `A planted signal was not found (AUC ${value.toFixed(3)}; ${where}): this experiment would overlook real ones.`,
        ];
  // Of the mean score: whether it lies above chance is asked of patients, at a level that rarely errs.
  const mean = nodules.map((_, i) => seeds.reduce((sum, { probabilities }) => sum + probabilities[i]!, 0));
  const { interval } = aucEstimate({
    scores: mean,
    labels: nodules.map(({ malignant }) => malignant),
    clusters: nodules.map(({ patient }) => patient),
    level: SHUFFLED_LEVEL,
  });
  return (interval?.low ?? 0) <= 0.5
    ? []
    : [
        `Shuffled labels were told above chance (AUC ${value.toFixed(3)}; ${where}): something leaks from training to test.`,
      ];
}
