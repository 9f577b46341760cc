/** What an evaluation found, `evaluation.json`: every figure with its definition, its floor and its interval. */
import { z } from 'zod';
import { SPACES, VIEWS } from './patchGroup.ts';

export const RESULT_FILE = 'evaluation.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

/** A value with the interval that it lies in; how the interval was made is said in words. */
export const estimateSchema = z.object({
  value: z.number(),
  interval: z.object({ low: z.number(), high: z.number(), level: z.number(), how: z.string() }).nullable(),
});

export const figureSchema = z.object({
  /** For example `position/radiomics/nodule`: measure, space and view where it has them. */
  key: z.string(),
  title: z.string(),
  /** One sentence that says exactly what is computed, and the source. */
  definition: z.string(),
  unit: z.string(),
  better: z.enum(['lower', 'higher', 'near floor']),
  space: z.enum(SPACES).nullable(),
  view: z.enum(VIEWS).nullable(),
  /** Null where it was not computed: `notComputed` says why. */
  measured: estimateSchema.nullable(),
  /** The same between real nodules of different patients: what a perfect generator would reach. */
  floor: estimateSchema.nullable(),
  /** The same for Gaussian ellipsoids of matched size. */
  bad: estimateSchema.nullable(),
  /** Samples on each side. */
  n: z.object({ real: count, synthetic: count }),
  notComputed: z.string().nullable(),
  /** Why a value that was to have an interval has none. */
  noInterval: z.string().optional(),
});
export type Figure = z.infer<typeof figureSchema>;
export type Estimate = z.infer<typeof estimateSchema>;

/** One question that a set is asked, by one figure or more. */
export const gateSchema = z.object({
  name: z.string(),
  /** What passes, in words, with the numbers. */
  rule: z.string(),
  figures: z.array(z.string()),
  /** Null where the figures could not be computed. */
  passed: z.boolean().nullable(),
  /** What was found, in words, with the numbers. */
  found: z.string(),
});
export type Gate = z.infer<typeof gateSchema>;

export const controlSchema = z.object({
  name: z.enum(['ellipsoids', 'blurred', 'collapsed', 'noise', 'memorised']),
  /** How it was made, with its numbers. */
  made: z.string(),
  figures: z.array(figureSchema),
  gates: z.array(gateSchema),
  /** Names of the gates that it failed, as it must; empty is an error of the report. */
  caughtBy: z.array(z.string()),
});
export type Control = z.infer<typeof controlSchema>;

export const setSummarySchema = z.object({
  name: z.string(),
  sha256,
  count,
  patients: count.nullable(),
  classes: z.object({ malignant: count, benign: count, indeterminate: count }),
  form: z.string(),
  fieldOfView: z.string(),
  softMargin: z.string().nullable(),
  windowHu: z.tuple([z.number(), z.number()]),
  fold: z.string(),
  splitSha256: sha256.nullable(),
  model: z.object({ name: z.string(), sha256 }).nullable(),
});

/** How far what was asked for is followed. */
export const adherenceSchema = z.object({
  /** `diameter`, `insertedDiameter`, `insertedLargest`, `textureHu`, or a characteristic. */
  attribute: z.string(),
  statistic: z.enum(['median relative error', 'median absolute error', 'partial Spearman at fixed diameter']),
  unit: z.string(),
  measured: estimateSchema.nullable(),
  /** The same statistic on held-out real nodules, by the network's own predictions: the ceiling of one that shows ratings as real nodules do. */
  ceiling: estimateSchema.nullable(),
  /** The same where each request is dealt to the nodule of another; null where 0 is what chance gives. */
  chance: estimateSchema.nullable().default(null),
  n: count,
  /** Real nodules behind the ceiling; older results do not say it. */
  ceilingN: count.optional(),
  notComputed: z.string().nullable(),
});

export const memorisedPairSchema = z.object({
  synthetic: z.object({ id: z.string(), index: count }),
  training: z.object({ id: z.string(), index: count }),
  /** In the space named; the transform is the flip or rotation of the training patch that lies nearest. */
  distance: z.number(),
  space: z.enum(['pixels', 'features']),
  transform: z.string(),
});

export const criterionSchema = z.object({
  criterion: z.enum([
    'congruence',
    'coverage',
    'constraint',
    'completeness',
    'compliance',
    'comprehension',
    'consistency',
  ]),
  /** What it asks. */
  question: z.string(),
  verdict: z.enum(['met', 'partly', 'not met', 'not judged']),
  /** In words, with the numbers. */
  text: z.string(),
  /** Keys of figures and names of gates that it rests on. */
  evidence: z.array(z.string()),
});

export const evaluationResultSchema = z.object({
  kind: z.literal('nodulelab-evaluation'),
  version: z.literal(1),
  codeVersion: z.string(),
  /** ISO 8601. */
  finishedAt: z.string(),
  seed: z.number().int(),
  draws: count,
  real: setSummarySchema,
  synthetic: setSummarySchema,
  training: setSummarySchema.nullable(),
  /** What real was held against real for the floor. */
  floorOf: z.string(),
  spaces: z.array(
    z.object({
      space: z.enum(SPACES),
      /** Dimension that the Fréchet distance is computed in. */
      dimension: count,
      of: count,
      /** How the directions were fixed beforehand. */
      fixedBy: z.string(),
    }),
  ),
  networks: z.array(z.object({ name: z.string(), sha256 })),
  figures: z.array(figureSchema),
  gates: z.array(gateSchema),
  controls: z.array(controlSchema),
  adherence: z.array(adherenceSchema),
  /** The CTs that nodules were inserted into, to be measured there; undefined where none were. */
  insertedInto: z.array(z.object({ host: z.string(), synthetic: count, real: count })).optional(),
  spotting: z
    .object({
      auc: estimateSchema,
      /** AUC of the same kind of classifier on ellipsoids: below 0.95 it proves nothing. */
      proof: estimateSchema,
      folds: count,
      text: z.string(),
    })
    .nullable(),
  memorisedPairs: z.array(memorisedPairSchema),
  scorecard: z.array(criterionSchema),
  /** What makes the report itself untrustworthy: a control that passed, a classifier that was not proved. */
  errors: z.array(z.string()),
  /** What a reader must know: small sets, measures that were left out. */
  warnings: z.array(z.string()),
  /** Seconds by stage. */
  seconds: z.record(z.string(), z.number()),
});
export type EvaluationResult = z.infer<typeof evaluationResultSchema>;
export type SetSummary = z.infer<typeof setSummarySchema>;
export type Adherence = z.infer<typeof adherenceSchema>;
export type MemorisedPair = z.infer<typeof memorisedPairSchema>;
export type Criterion = z.infer<typeof criterionSchema>;
