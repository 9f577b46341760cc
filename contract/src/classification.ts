import { z } from 'zod';
import { Measured } from './primitives.ts';

const count = z.int().nonnegative();

/** What classifiers trained with and without a model's nodules reached, in short; the whole of it is their report. */
export const ModelClassification = z
  .object({
    finishedAt: z.iso.datetime(),
    trainings: z
      .object({ done: count, total: count })
      .describe('fewer done than there are to do: the figures are provisional'),
    designs: z
      .array(
        z.object({
          rule: z.string().describe('which label rule, for example median or table'),
          text: z.string().describe('the rule in words'),
          patients: count.describe('tested, none of whom the model has seen'),
          malignant: count.describe('nodules tested'),
          benign: count,
          folds: z.int().positive(),
          seeds: z.int().positive().describe('times that all folds were drawn and trained anew'),
          arms: z.array(
            z.object({
              name: z.string(),
              kind: z.enum(['arm', 'baseline']),
              title: z.string(),
              auc: Measured,
              overReal: z
                .object({
                  gain: Measured.describe('its AUC less that of real nodules only'),
                  p: z
                    .number()
                    .min(0)
                    .max(1)
                    .nullable()
                    .describe('of no difference, corrected for the number of arms'),
                  verdict: z.enum(['better', 'worse', 'no difference shown']),
                })
                .nullable()
                .describe('null for real nodules only and for baselines'),
            }),
          ),
        }),
      )
      .describe('one a label rule'),
    errors: z.array(z.string()).describe('what makes the experiment itself untrustworthy'),
  })
  .meta({ id: 'ModelClassification' });
export type ModelClassification = z.infer<typeof ModelClassification>;
