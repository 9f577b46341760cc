/** What a training tells while it runs. */
import { z } from 'zod';
import { warningCodeSchema } from './health.ts';

const number = z.number();

export const trainingEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('engine'),
    name: z.string(),
    /** What it runs on, and why it was taken. */
    reason: z.string(),
  }),
  z.object({
    type: z.literal('stage'),
    stage: number,
    resolution: number,
    update: number,
    batchesPerEpoch: number,
    /** Path of the newest checkpoint, which the training goes on from, or null for a new one. */
    resumedFrom: z.string().nullable(),
  }),
  z.object({
    type: z.literal('progress'),
    stage: number,
    resolution: number,
    /** Times the critic has seen the whole set in this stage: batches shown / batches per epoch. */
    epoch: number,
    /** Generator updates (each `criticSteps` critic steps and one generator step), altogether. */
    update: number,
    criticLoss: number,
    generatorLoss: number,
    /** E[D(real)] − E[D(fake)]: the critic's estimate of the distance. */
    wasserstein: number,
    /** E[(‖∇D‖ − 1)²], before λ. */
    gradientPenalty: number,
    /** Mean ‖∇D‖ at the mixed images; 1 is ideal. */
    gradientNorm: number,
    /** ‖∂loss/∂θ‖₂ over all parameters of the critic, at its last step, and of the generator. */
    criticGradientNorm: number,
    generatorGradientNorm: number,
    /** Probability of augmentation and overfitting of the critic, where the one is steered by the other. */
    augmentation: number.optional(),
    overfitting: number.optional(),
    secondsPerUpdate: number,
    /** Estimate to the end of the stage, or null if only a time limit or the user ends it. */
    secondsLeft: number.nullable(),
    /** Share of the time spent waiting for data, 0 to 1. */
    dataWaitShare: number,
  }),
  z.object({
    type: z.literal('warning'),
    update: number,
    /** Which rule of health.ts; the training goes on. */
    code: warningCodeSchema,
    /** What was seen, what it may mean and what to do. */
    message: z.string(),
  }),
  z.object({
    type: z.literal('checkpoint'),
    update: number,
    path: z.string(),
    sha256: z.string(),
  }),
  z.object({
    type: z.literal('finished'),
    update: number,
    seconds: number,
    /** Newest checkpoint. */
    path: z.string(),
    reason: z.enum(['complete', 'limit', 'aborted']),
    /** Means over all updates since the start or resume; null if there was none. */
    secondsPerUpdate: number.nullable(),
    dataWaitShare: number.nullable(),
  }),
]);
export type TrainingEvent = z.infer<typeof trainingEventSchema>;
export type ProgressEvent = Extract<TrainingEvent, { type: 'progress' }>;
