/**
 * What an experiment with classifiers found, `classification.json`: for each label rule and each design the figures of
 * every arm and baseline, each with its interval, and their differences, each with its p value.
 */
import { z } from 'zod';
import { estimateSchema } from '../result.ts';

export const CLASSIFICATION_FILE = 'classification.json';
export const CLASSIFICATION_REPORT = 'classification.html';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();
const classes = z.object({ malignant: count, benign: count });

/** Of two AUCs on the same nodules. */
export const differenceSchema = z.object({
  /** This arm less the other. */
  value: z.number(),
  interval: estimateSchema.shape.interval,
  /** Two-sided, of no difference; null where the variance is 0. */
  p: z.number().min(0).max(1).nullable(),
  /** By Holm over the arms of a design that are compared with the same one; null where it is not one of several. */
  corrected: z.number().min(0).max(1).nullable(),
});
export type Difference = z.infer<typeof differenceSchema>;

/** Where an arm is weaker or stronger: nodules of some diameters only. */
export const stratumSchema = z.object({
  /** At least, mm. */
  fromMm: z.number().nonnegative(),
  /** Less than, mm; null for no end. */
  toMm: z.number().positive().nullable(),
  nodules: classes,
  /** Mean over seeds; null where the stratum holds fewer than two patients of a class. */
  auc: estimateSchema.nullable(),
  overDiameter: differenceSchema.nullable(),
  overDiameterTexture: differenceSchema.nullable(),
});
export type Stratum = z.infer<typeof stratumSchema>;

export const calibrationSchema = z.object({
  /** Mean squared error of the probabilities (Brier 1950). */
  brier: estimateSchema,
  /** Expected calibration error over the bins. */
  expectedError: estimateSchema,
  /**
   * Of a logistic regression of the truth on the logit of the probability (Cox 1958): 1 and 0 are perfect. Null where the
   * probabilities do not vary or the classes are separated wholly.
   */
  slope: z.number().nullable(),
  intercept: z.number().nullable(),
  /** Of about equal numbers of answers, all seeds' together; equal answers share a bin. */
  bins: z.array(z.object({ predicted: z.number(), observed: z.number(), count })),
});
export type Calibration = z.infer<typeof calibrationSchema>;

/** Whether a classifier takes "synthetic" for "malignant": what it says of synthetic benign nodules it has not seen. */
export const shortcutSchema = z.object({
  probes: count,
  /** Share of them called malignant. */
  called: estimateSchema,
  /** The same of the real benign test nodules. */
  realCalled: estimateSchema,
  /** Chance that a synthetic benign nodule is given a higher probability than a real benign one: 0.5 is no shortcut. */
  auc: estimateSchema,
});
export type Shortcut = z.infer<typeof shortcutSchema>;

export const armFiguresSchema = z.object({
  /** As in the protocol, for example `synthetic-100`; a baseline's is `diameter` or `diameter-texture`. */
  name: z.string(),
  kind: z.enum(['arm', 'baseline', 'check']),
  title: z.string(),
  /** What it trained on, in one or two sentences. */
  text: z.string(),
  /** Nodules that a training learned from, the mean over seeds and folds. */
  trainedOn: z.object({
    malignant: z.number(),
    benign: z.number(),
    syntheticMalignant: z.number(),
    syntheticBenign: z.number(),
  }),
  auc: z.object({
    /** Mean over seeds; interval by patient bootstrap with what seeds differ by. */
    mean: estimateSchema,
    seeds: z.array(z.number()),
    /** Of the probability averaged over seeds: nodules taken as independent (DeLong), and by patient (Obuchowski). */
    deLong: estimateSchema,
    clustered: estimateSchema,
  }),
  /** At each training's own threshold, fixed on its validation patients; means over seeds. */
  accuracy: estimateSchema,
  sensitivity: estimateSchema,
  specificity: estimateSchema,
  /** Mean over seeds, at most 101 points from (0, 0) to (1, 1): false positive and true positive share. */
  roc: z.array(z.tuple([z.number(), z.number()])),
  calibration: calibrationSchema,
  strata: z.array(stratumSchema),
  overDiameter: differenceSchema.nullable(),
  overDiameterTexture: differenceSchema.nullable(),
  /** Over the arm of real nodules only; null for itself, for baselines and for checks. */
  overReal: differenceSchema.nullable(),
  shortcut: shortcutSchema.nullable(),
});
export type ArmFigures = z.infer<typeof armFiguresSchema>;

/** Of two arms, planned beforehand; p values are corrected over all contrasts of a design. */
export const contrastSchema = z.object({
  arm: z.string(),
  against: z.string(),
  difference: differenceSchema,
});
export type Contrast = z.infer<typeof contrastSchema>;

/** Whose labels, and which nodules they leave. */
export const ruleResultSchema = z.object({
  /** `median` or `table`. */
  rule: z.string(),
  /** The rule in words, as a manifest states it. */
  text: z.string(),
  /** Of the whole source, indeterminate ones left out of training and test. */
  counts: z.object({ malignant: count, benign: count, indeterminate: count }),
});

export const designResultSchema = z.object({
  rule: z.string(),
  /** `held-out`: tested are only patients that the generator has not seen; `every-patient`: all, without generators. */
  name: z.enum(['held-out', 'every-patient']),
  text: z.string(),
  /** That are tested, each exactly once per seed. */
  patients: count,
  nodules: classes,
  folds: count,
  seeds: z.array(z.number().int()),
  /** Of the manifest of folds (folds.json), which names every patient of every part. */
  foldsSha256: sha256,
  /** Why no test patient was seen by the generator, in words. */
  lock: z.string(),
  arms: z.array(armFiguresSchema),
  contrasts: z.array(contrastSchema).default([]),
});
export type DesignResult = z.infer<typeof designResultSchema>;

export const classificationResultSchema = z.object({
  kind: z.literal('nodulelab-classification'),
  version: z.literal(1),
  codeVersion: z.string(),
  /** ISO 8601. */
  finishedAt: z.string(),
  protocol: z.object({ name: z.string(), sha256, json: z.string() }),
  generator: z.object({ name: z.string(), sha256, splitSha256: sha256.nullable() }).nullable(),
  sets: z.array(z.object({ name: z.string(), sha256, count })),
  trainings: z.object({ done: count, total: count }),
  /** Of all trainings together, one after the other on one thread. */
  computeHours: z.number().nonnegative(),
  rules: z.array(ruleResultSchema),
  designs: z.array(designResultSchema),
  /** What the reader must know, in whole sentences. */
  notes: z.array(z.string()),
  /** What makes the experiment itself untrustworthy: a planted signal not found, shuffled labels above chance. */
  errors: z.array(z.string()),
});
export type ClassificationResult = z.infer<typeof classificationResultSchema>;
