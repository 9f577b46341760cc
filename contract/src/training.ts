import { z } from 'zod';

/** The name of a training, a data set or a model: one folder, never a path. */
export const FolderName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a name: 1 to 64 letters, digits, dots, dashes or underscores, the first a letter or digit',
  )
  .meta({ id: 'FolderName' });

/** When a training ends by itself; without any it ends with its preset. */
export const TrainingLimits = z
  .object({
    maxUpdates: z.int().positive().optional().describe('generator updates in all'),
    maxMinutes: z.number().positive().optional(),
    epochs: z.number().positive().optional().describe('of the stage that it is in'),
  })
  .meta({ id: 'TrainingLimits' });

export const StartTraining = z
  .object({
    name: FolderName.optional().describe('made of preset and time by default'),
    dataset: FolderName,
    preset: z.string(),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1),
    widthDivisor: z.int().min(1).max(64).default(1).describe("divides the preset's channel counts"),
    batchSize: z.int().min(1).max(256).optional(),
    limits: TrainingLimits.default({}),
  })
  .meta({ id: 'StartTraining' });
export type StartTraining = z.infer<typeof StartTraining>;

export const ResumeTraining = z
  .object({ limits: TrainingLimits.optional().describe('instead of those that it began with') })
  .meta({ id: 'ResumeTraining' });
export type ResumeTraining = z.infer<typeof ResumeTraining>;

/** Names a checkpoint: its update, and the step where it lies in the middle of one. */
export const CheckpointStem = z.string().regex(/^\d{1,12}(-\d{1,6})?$/);

export const ExportTraining = z
  .object({
    model: FolderName,
    description: z.string().min(1),
    license: z.string().min(1).default('not stated'),
    checkpoint: CheckpointStem.optional().describe('the newest good one where absent'),
    current: z.boolean().default(false).describe('prefer it from now on, for everybody on this server'),
  })
  .meta({ id: 'ExportTraining' });
export type ExportTraining = z.infer<typeof ExportTraining>;

/** What was measured at one generator update. */
export const TrainingPoint = z
  .object({
    update: z.int(),
    stage: z.int(),
    resolution: z.int(),
    epoch: z.number(),
    criticLoss: z.number(),
    generatorLoss: z.number(),
    wasserstein: z.number(),
    gradientPenalty: z.number(),
    gradientNorm: z.number().describe('of the critic at the mixed images; 1 is ideal'),
    criticGradientNorm: z.number(),
    generatorGradientNorm: z.number(),
    secondsPerUpdate: z.number(),
    dataWaitShare: z.number().describe('share of the time spent waiting for data, 0 to 1'),
  })
  .meta({ id: 'TrainingPoint' });
export type TrainingPoint = z.infer<typeof TrainingPoint>;

/** `detail` of a running job of kind train. */
export const TrainingProgress = z
  .object({
    training: FolderName,
    point: TrainingPoint.nullable(),
    secondsLeft: z.number().nullable().describe('to the end of the stage, where that is known'),
    checkpoints: z.int().describe('written so far by this job: when it grows, there is a new picture'),
  })
  .meta({ id: 'TrainingProgress' });
export type TrainingProgress = z.infer<typeof TrainingProgress>;

export const TrainingSummary = z
  .object({
    name: FolderName,
    /** interrupted: its process went away; stopped: somebody stopped it. Both go on from the newest checkpoint. */
    state: z.enum(['queued', 'running', 'stopped', 'interrupted', 'limit', 'complete', 'failed']),
    resumable: z.boolean(),
    /** Of the job that queues or runs it. */
    jobId: z.string().nullable(),
    preset: z.string(),
    dataset: z.string(),
    seed: z.int(),
    started: z.iso.datetime().nullable(),
    update: z.int(),
    seconds: z.number(),
    engine: z.string().nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'TrainingSummary' });
export type TrainingSummary = z.infer<typeof TrainingSummary>;

export const TrainingCheckpoint = z
  .object({
    stem: z.string().describe('names its picture'),
    update: z.int(),
    milestone: z.boolean(),
    picture: z.boolean(),
  })
  .meta({ id: 'TrainingCheckpoint' });

export const Training = TrainingSummary.extend({
  engineReason: z.string().nullable(),
  patches: z.int().nullable(),
  codeVersion: z.string().nullable(),
  points: z
    .array(TrainingPoint)
    .describe('oldest first, thinned out to at most 400; the newest is among them'),
  checkpoints: z.array(TrainingCheckpoint).describe('oldest first'),
  warnings: z.array(z.object({ update: z.int(), message: z.string() })),
  realPicture: z.boolean().describe('patches of the set, for comparison'),
}).meta({ id: 'Training' });
export type Training = z.infer<typeof Training>;

export const TrainingOverview = z
  .object({
    trainings: z.array(TrainingSummary).describe('newest first'),
    datasets: z.array(z.object({ name: FolderName, patches: z.int(), summary: z.string() })),
    presets: z.array(z.string()),
  })
  .meta({ id: 'TrainingOverview' });
export type TrainingOverview = z.infer<typeof TrainingOverview>;

/** Which picture: of a checkpoint by its stem, or `real`. */
export const PictureName = z.string().regex(/^(real|\d{1,12}(-\d{1,6})?)$/);
