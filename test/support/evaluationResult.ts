/** A small evaluation with one of everything: what was measured, what was not, a control that was not caught. */
import {
  type Control,
  type Estimate,
  type EvaluationResult,
  evaluationResultSchema,
  type Figure,
  type Gate,
} from '../../server/src/evaluation/result.ts';
import { SPACES, VIEWS } from '../../server/src/evaluation/patchGroup.ts';

const HOW = 'bootstrap by patient, 1,000 draws, percentiles';

export const between = (value: number, low: number, high: number): Estimate => ({
  value,
  interval: { low, high, level: 0.95, how: HOW },
});

const figure = (key: string, change: Partial<Figure>): Figure => ({
  key,
  title: key,
  definition: `How ${key} is computed.`,
  unit: '',
  better: 'lower',
  space: null,
  view: null,
  measured: null,
  floor: null,
  bad: null,
  n: { real: 119, synthetic: 119 },
  notComputed: null,
  ...change,
});

/** @param position of the set that the figures are of */
function distances(position: number): Figure[] {
  return SPACES.flatMap((space, s) =>
    VIEWS.flatMap((view, v) => {
      const where = position * (1 + 0.2 * s + 0.1 * v);
      const common = { space, view };
      return [
        figure(`position/${space}/${view}`, {
          ...common,
          measured: between(where, where * 0.9 - 0.02, where * 1.1 + 0.03),
        }),
        figure(`frechet/${space}/${view}`, {
          ...common,
          measured: between(2 + 10 * where, 1.8 + 9 * where, 2.4 + 11 * where),
          floor: between(2, 1.5, 2.6),
          bad: between(12, 11, 13.5),
        }),
        figure(`precision/${space}/${view}`, {
          ...common,
          better: 'higher',
          measured: between(Math.max(0, 0.8 - 0.3 * where), 0.05, 0.85),
          floor: between(0.84, 0.78, 0.9),
          bad: between(0.1, 0.05, 0.18),
        }),
      ];
    }),
  );
}

const gatesOf = (position: number): Gate[] => [
  {
    name: 'frechet-attributes',
    rule: 'position at most 0.25 in both views',
    figures: ['position/attributes/patch', 'position/attributes/nodule'],
    passed: position <= 0.25,
    found: `position ${position.toFixed(2)} for the whole patch`,
  },
  {
    name: 'memorisation',
    rule: 'at least 0.95 in pixels and in features',
    figures: ['memorisation/pixels'],
    passed: null,
    found: 'not computed: no training set',
  },
];

const control = (name: Control['name'], position: number): Control => {
  const gates = gatesOf(position);
  return {
    name,
    made: `Real patches made into ${name}.`,
    figures: distances(position),
    gates,
    caughtBy: gates.filter(({ passed }) => passed === false).map((gate) => gate.name),
  };
};

const set = {
  classes: { malignant: 28, benign: 28, indeterminate: 63 },
  form: 'isolated',
  fieldOfView: '2 diameters',
  softMargin: 'whole to 1 mm, gone at 3 mm',
  windowHu: [-1000, 400] as [number, number],
  fold: 'test',
  splitSha256: '8'.repeat(64),
};

/** Of a model with these weights. */
export function evaluationOf(model: { readonly name: string; readonly sha256: string }): EvaluationResult {
  return evaluationResultSchema.parse({
    kind: 'nodulelab-evaluation',
    version: 1,
    codeVersion: '0.1.0',
    finishedAt: '2026-03-01T10:00:00.000Z',
    seed: 1,
    draws: 1000,
    real: { ...set, name: 'test-all', sha256: 'a'.repeat(64), count: 119, patients: 72, model: null },
    synthetic: { ...set, name: 'samples', sha256: 'b'.repeat(64), count: 500, patients: null, model },
    training: null,
    floorOf: 'two halves of the real set by patient.',
    spaces: SPACES.map((space) => ({ space, dimension: 11, of: 64, fixedBy: 'fitted on 594 real nodules' })),
    networks: [{ name: 'attributes-32', sha256: 'c'.repeat(64) }],
    figures: [
      ...distances(0.4),
      figure('memorisation/pixels', { better: 'higher', notComputed: 'there is no training set' }),
      figure('spotting/auc', { measured: between(0.97, 0.94, 0.99) }),
      figure('adherence/insertedDiameter', { measured: between(0.03, 0.02, 0.05) }),
    ],
    gates: gatesOf(0.4),
    controls: [
      control('ellipsoids', 1),
      control('blurred', 0.7),
      control('collapsed', 1.4),
      control('noise', 31),
      control('memorised', 0.1),
    ],
    adherence: [
      {
        attribute: 'diameter',
        statistic: 'median relative error',
        unit: '',
        measured: between(0.08, 0.07, 0.1),
        ceiling: between(0.05, 0.04, 0.06),
        n: 500,
        notComputed: null,
      },
      {
        attribute: 'insertedDiameter',
        statistic: 'median relative error',
        unit: '',
        measured: between(0.03, 0.02, 0.05),
        ceiling: between(0.02, 0.01, 0.03),
        chance: { value: 0.42, interval: null },
        n: 60,
        notComputed: null,
      },
      {
        attribute: 'texture',
        statistic: 'partial Spearman at fixed diameter',
        unit: '',
        measured: between(0.2, 0.1, 0.3),
        ceiling: between(0.6, 0.45, 0.7),
        n: 500,
        notComputed: null,
      },
      {
        attribute: 'spiculation',
        statistic: 'partial Spearman at fixed diameter',
        unit: '',
        measured: null,
        ceiling: null,
        n: 0,
        notComputed: 'the generator was not asked for it',
      },
    ],
    insertedInto: [{ host: 'LIDC-IDRI-0001', synthetic: 60, real: 58 }],
    spotting: {
      auc: between(0.97, 0.94, 0.99),
      proof: between(0.99, 0.97, 1),
      folds: 5,
      text: 'The classifier tells synthetic from real nodules.',
    },
    memorisedPairs: [
      {
        synthetic: { id: 'synthetic/7', index: 7 },
        training: { id: 'LIDC-IDRI-0100/2', index: 12 },
        distance: 0.123,
        space: 'pixels',
        transform: 'flipped left to right',
      },
    ],
    scorecard: [
      {
        criterion: 'congruence',
        question: 'Do they look like real ones?',
        verdict: 'not met',
        text: 'Position 0.40.',
        evidence: ['position/attributes/patch', 'frechet-attributes'],
      },
      {
        criterion: 'completeness',
        question: 'Is all stated?',
        verdict: 'partly',
        text: 'One measure was not computed.',
        evidence: [],
      },
    ],
    errors: ['The control memorised passed every gate.'],
    warnings: ['No training set: memorisation was not computed.'],
    seconds: { describe: 61.2, bootstrap: 12.5 },
  });
}
