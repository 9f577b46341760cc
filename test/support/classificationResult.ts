/**
 * A small experiment with classifiers with one of everything: two rules, two designs, arms of every group, both baselines,
 * both checks. Its figures are made up by formulas, and differ between arms, so that a mixed-up one is noticed.
 */
import {
  type ArmFigures,
  type ClassificationResult,
  classificationResultSchema,
  type DesignResult,
  type Difference,
} from '../../server/src/evaluation/classification/result.ts';
import { DIAMETER, DIAMETER_TEXTURE, REAL_ONLY } from '../../server/src/evaluation/classification/scores.ts';
import type { Estimate } from '../../server/src/evaluation/result.ts';

const HOW = 'bootstrap by patient, 1,000 draws, with the variance between seeds';
const SEEDS = [1, 2, 3, 4, 5];
const { max, min } = Math;

const around = (value: number, half: number): Estimate => ({
  value,
  interval: { low: max(0, value - half), high: min(1, value + half), level: 0.95, how: HOW },
});

export const difference = (
  value: number,
  half: number,
  p: number | null,
  corrected: number | null,
): Difference => ({
  value,
  interval: {
    low: value - half,
    high: value + half,
    level: 0.95,
    how: `paired placements by patient, Student's t with ${(400 * half).toFixed(1)} degrees of freedom`,
  },
  p,
  corrected,
});

interface Sketch {
  readonly name: string;
  readonly title: string;
  readonly kind?: ArmFigures['kind'];
  readonly auc: number;
  /** Malignant, benign. */
  readonly made?: readonly [number, number];
}

const BASELINES: readonly Sketch[] = [
  { name: DIAMETER, title: 'Diameter alone', kind: 'baseline', auc: 0.907 },
  { name: DIAMETER_TEXTURE, title: 'Diameter and texture', kind: 'baseline', auc: 0.915 },
];
const REAL: readonly Sketch[] = [
  { name: REAL_ONLY, title: 'Real only', auc: 0.921 },
  { name: 'class-weighted', title: 'Class-weighted', auc: 0.923 },
  { name: 'oversampled', title: 'Oversampled', auc: 0.919 },
  { name: 'augmented', title: 'Classical augmentation', auc: 0.928 },
  { name: 'cutmix', title: 'CutMix', auc: 0.926 },
];
const SYNTHETIC: readonly Sketch[] = [
  { name: 'synthetic-25', title: 'Real + 25 % synthetic', auc: 0.922, made: [9, 0] },
  { name: 'synthetic-100', title: 'Real + 100 % synthetic', auc: 0.925, made: [36, 0] },
  { name: 'synthetic-200', title: 'Real + 200 % synthetic', auc: 0.918, made: [72, 0] },
  { name: 'balanced', title: 'Balanced 1:1, synthetic', auc: 0.93, made: [40, 0] },
  { name: 'synthetic-only', title: 'Synthetic only', auc: 0.861, made: [36, 76] },
  { name: 'ellipsoids-100', title: 'Real + 100 % ellipsoids', auc: 0.897, made: [36, 0] },
  { name: 'transplants-balanced', title: 'Balanced 1:1, transplants', auc: 0.924, made: [40, 0] },
  { name: 'fingerprint', title: 'Fingerprint control, 100 % synthetic', auc: 0.92, made: [36, 36] },
];
const CHECKS: readonly Sketch[] = [
  { name: 'planted', title: 'Planted signal', kind: 'check', auc: 0.996 },
  { name: 'shuffled', title: 'Shuffled labels', kind: 'check', auc: 0.502 },
];

function armOf(
  { name, title, kind = 'arm', auc, made: [syntheticMalignant, syntheticBenign] = [0, 0] }: Sketch,
  at: number,
): ArmFigures {
  const compared = kind === 'arm' && name !== REAL_ONLY;
  const gain = (over: number): Difference | null =>
    kind === 'arm' ? difference(auc - over, 0.03, 0.4, null) : null;
  const strata = (
    [
      [0, 6, 0],
      [6, 15, 0.08],
      [15, null, 0.02],
    ] as const
  ).map(([fromMm, toMm, less]) => ({
    fromMm,
    toMm,
    nodules: toMm === 6 ? { malignant: 1, benign: 14 } : { malignant: 13, benign: 31 },
    auc: toMm === 6 ? null : around(auc - less, 0.09),
    overDiameter: toMm === 6 || kind !== 'arm' ? null : difference(auc - 0.9, 0.07, 0.6, null),
    overDiameterTexture: toMm === 6 || kind !== 'arm' ? null : difference(auc - 0.91, 0.071, 0.7, null),
  }));
  return {
    name,
    kind,
    title,
    text: `What ${name} learned from, in words.`,
    trainedOn: { malignant: 36.4, benign: 76.8, syntheticMalignant, syntheticBenign },
    auc: {
      mean: around(auc, 0.045),
      seeds: SEEDS.map((seed) => min(1, auc + (0.002 + 0.0003 * at) * (((seed + at) % 5) - 2))),
      deLong: around(auc + 0.003, 0.04),
      clustered: around(auc + 0.003, 0.043),
    },
    accuracy: around(auc - 0.07, 0.05),
    sensitivity: around(auc - 0.12, 0.09),
    specificity: around(auc - 0.04, 0.06),
    // Binormal curves are no better for a test than powers: y = x^k has the area 1 / (k + 1).
    roc: Array.from({ length: 101 }, (_, i) => [i / 100, (i / 100) ** (1 / auc - 1)] as [number, number]),
    calibration: {
      brier: around(0.11 + 0.002 * at, 0.03),
      expectedError: around(0.06 + 0.001 * at, 0.03),
      slope: 0.8 + 0.02 * at,
      intercept: -0.1,
      bins: [0.03, 0.1, 0.22, 0.5, 0.9].map((predicted) => ({
        predicted,
        observed: min(1, predicted * (0.8 + 0.03 * at)),
        count: 23,
      })),
    },
    strata,
    overDiameter: gain(0.907),
    overDiameterTexture: gain(0.915),
    overReal: compared ? difference(auc - 0.921, 0.02 + 0.001 * at, 0.21, min(1, 0.55 + 0.03 * at)) : null,
    shortcut:
      kind !== 'arm'
        ? null
        : {
            probes: 119,
            called: around(syntheticMalignant > 0 && syntheticBenign === 0 ? 0.62 : 0.19, 0.07),
            realCalled: around(0.12, 0.05),
            auc: around(syntheticMalignant > 0 && syntheticBenign === 0 ? 0.82 : 0.53, 0.06),
          },
  };
}

const designOf = (rule: string, name: DesignResult['name']): DesignResult => {
  const held = name === 'held-out';
  const sketches = [...BASELINES, ...REAL, ...(held ? SYNTHETIC : []), ...CHECKS];
  const less = rule === 'table' ? 0.01 : 0;
  return {
    rule,
    name,
    text: held
      ? 'Outer folds partition the patients that the generator has not seen.'
      : 'Outer folds partition all patients; no arm has a generator.',
    patients: held ? 72 : 406,
    nodules: held ? { malignant: 28, benign: 57 } : { malignant: 193, benign: 355 },
    folds: 5,
    seeds: SEEDS,
    foldsSha256: (held ? 'a' : 'b').repeat(64),
    lock: held
      ? 'No test patient is in the training fold of the generator: 0 of 72 are among its 334.'
      : 'No arm of this design uses a generator.',
    arms: sketches.map((sketch, at) =>
      armOf(sketch.kind === 'check' ? sketch : { ...sketch, auc: sketch.auc - less }, at),
    ),
    contrasts: held
      ? [{ arm: 'synthetic-100', against: 'ellipsoids-100', difference: difference(0.012, 0.02, 0.24, 0.48) }]
      : [],
  };
};

/** @param change of whole parts of it */
export function classificationOf(change: Partial<ClassificationResult> = {}): ClassificationResult {
  return classificationResultSchema.parse({
    kind: 'nodulelab-classification',
    version: 1,
    codeVersion: '0.1.0',
    finishedAt: '2026-11-24T05:12:40.000Z',
    protocol: {
      name: 'full',
      sha256: 'c'.repeat(64),
      json: '{\n  "seeds": [1, 2, 3, 4, 5],\n  "folds": 5\n}',
    },
    generator: { name: 'conditional-64', sha256: '9'.repeat(64), splitSha256: '8'.repeat(64) },
    sets: [
      { name: 'median rule, real, train fold', sha256: '1'.repeat(64), count: 594 },
      { name: 'median rule, samples, malignant', sha256: '2'.repeat(64), count: 119 },
    ],
    trainings: { done: 850, total: 850 },
    computeHours: 7.31,
    rules: [
      {
        rule: 'median',
        text: 'malignant where the median of the readers is at least 4, benign where it is at most 2',
        counts: { malignant: 193, benign: 355, indeterminate: 165 },
      },
      {
        rule: 'table',
        text: 'as the table of VOIs says',
        counts: { malignant: 210, benign: 380, indeterminate: 123 },
      },
    ],
    designs: [
      designOf('median', 'held-out'),
      designOf('median', 'every-patient'),
      designOf('table', 'held-out'),
      designOf('table', 'every-patient'),
    ],
    notes: [
      'With 28 malignant test nodules a gain of 0.02 in AUC cannot be shown; about 400 would be needed.',
      'On the whole of LIDC-IDRI: nodulelab classify --lidc LIDC-IDRI/ --protocol full --out classification',
    ],
    errors: [],
    ...change,
  });
}

/** The same experiment with one arm of one design changed. */
export function withArm(
  result: ClassificationResult,
  where: { readonly rule: string; readonly design: DesignResult['name']; readonly arm: string },
  change: Partial<ArmFigures>,
): ClassificationResult {
  return {
    ...result,
    designs: result.designs.map((design) =>
      design.rule !== where.rule || design.name !== where.design
        ? design
        : {
            ...design,
            arms: design.arms.map((arm) => (arm.name === where.arm ? { ...arm, ...change } : arm)),
          },
    ),
  };
}
