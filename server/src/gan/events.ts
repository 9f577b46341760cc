/** What a training tells while it runs. */
import { z } from 'zod';

const number = z.number();

export const trainingEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('stage'),
    stage: number,
    resolution: number,
    update: number,
    batchesPerEpoch: number,
    /** Path of the checkpoint that the training goes on from, or null for a new one. */
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
    secondsPerUpdate: number,
    /** Estimate to the end of the stage, or null if only a time limit or the user ends it. */
    secondsLeft: number.nullable(),
    /** Share of the time spent waiting for data, 0 to 1. */
    dataWaitShare: number,
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
  }),
]);
export type TrainingEvent = z.infer<typeof trainingEventSchema>;
export type ProgressEvent = Extract<TrainingEvent, { type: 'progress' }>;
