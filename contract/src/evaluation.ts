import { z } from 'zod';
import { Measured } from './primitives.ts';

/** What an evaluation found of a model, in short; the whole of it is the model's report. */
export const ModelEvaluation = z
  .object({
    finishedAt: z.iso.datetime(),
    seed: z.int(),
    real: z.int().nonnegative().describe('held-out real nodules'),
    synthetic: z.int().nonnegative().describe('synthetic nodules held against them'),
    gates: z.array(
      z.object({
        name: z.string(),
        rule: z.string().describe('what passes'),
        passed: z.boolean().nullable().describe('null where its figures could not be computed'),
        found: z.string(),
      }),
    ),
    figures: z.array(
      z.object({
        title: z.string(),
        definition: z.string(),
        unit: z.string(),
        measured: Measured,
        floor: Measured.nullable().describe('the same between real nodules of different patients'),
      }),
    ),
    errors: z.array(z.string()).describe('what makes the evaluation itself untrustworthy'),
  })
  .meta({ id: 'ModelEvaluation' });
export type ModelEvaluation = z.infer<typeof ModelEvaluation>;
