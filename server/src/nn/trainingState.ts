/** All that a training of any network carries from one update to the next, and how a checkpoint keeps it. */
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import { formatShape, sameShape, type Shape } from '../tensor/index.ts';
import { listCheckpoints, readCheckpoint, writeCheckpoint, type CheckpointInfo } from './checkpoint.ts';
import type { StoredTensors, StoredTypes } from './safetensors.ts';

const counter = z.number().int().nonnegative();

const numbersSchema = z.object({
  /** Index of the stage; a training without stages has one, number 0. */
  stage: counter,
  /** Updates done in this stage and altogether. */
  stageUpdate: counter,
  update: counter,
  /** Steps done of the update that comes next: not 0 only after a stop in the middle of an update. */
  step: counter.default(0),
  /** Seconds spent in this stage and altogether. */
  stageSeconds: z.number().nonnegative(),
  seconds: z.number().nonnegative(),
});
export type Counters = z.infer<typeof numbersSchema>;

const OLDER_NAME = 'criticStep';
const withOlderName = z.looseObject({ [OLDER_NAME]: counter });

/** The first trainings called `step` by what it counts in a GAN. */
export const countersSchema = z.preprocess((value) => {
  const older = withOlderName.safeParse(value);
  return older.success ? { ...older.data, step: older.data[OLDER_NAME] } : value;
}, numbersSchema);

export const NO_UPDATES: Counters = {
  stage: 0,
  stageUpdate: 0,
  update: 0,
  step: 0,
  stageSeconds: 0,
  seconds: 0,
};

export const sameMoment = (a: Counters, b: Counters): boolean =>
  a.update === b.update && a.step === b.step && a.stage === b.stage;

/** Counters and values by name. */
export interface TrainingState {
  readonly counters: Counters;
  readonly values: Readonly<Record<string, Float32Array>>;
}

export type Shapes = ReadonlyMap<string, Shape>;

/** A checkpoint's content. */
export interface StoredTraining<Config> {
  /** What is fixed for the whole training. */
  readonly config: Config;
  readonly state: TrainingState;
  /** What the watch over the training remembers (see trainingLoop.ts); null where nothing watches. */
  readonly watch: unknown;
  /** File of the last good checkpoint where this one is in doubt; null where it is not. */
  readonly lastGood: string | null;
}

/** @param types how values are stored; by default exactly, so that a training goes on bit for bit */
export function saveTraining(
  folder: string,
  { config, state, watch, lastGood }: StoredTraining<unknown>,
  shapes: Shapes,
  milestone: boolean,
  types?: StoredTypes,
): Promise<CheckpointInfo> {
  const { counters, values } = state;
  const tensors: StoredTensors = Object.fromEntries(
    [...shapes].map(([name, shape]) => [name, { shape, values: values[name]! }]),
  );
  return writeCheckpoint(
    folder,
    { tensors, state: { config, counters, watch, lastGood } },
    { update: counters.update, step: counters.step, milestone },
    types,
  );
}

/**
 * Reads a checkpoint and checks that it holds exactly the tensors that its configuration calls for.
 * @param shapesOf name and shape of every value at a stage
 */
export async function loadTraining<Config>(
  info: CheckpointInfo,
  configSchema: z.ZodType<Config>,
  shapesOf: (config: Config, stage: number) => Shapes,
): Promise<StoredTraining<Config>> {
  const content = await readCheckpoint(info);
  const stored = z
    .object({
      config: configSchema,
      counters: countersSchema,
      watch: z.unknown().optional(),
      lastGood: z.string().nullable().default(null),
    })
    .safeParse(content.state);
  if (!stored.success)
    throw new NoduleLabError(
      'invalid-input',
      `${info.file} holds no training state of this kind and version: start a new training in an empty folder, ` +
        'or go on with the version that wrote it.',
      { checkpoint: info.file },
      stored.error,
    );
  const { config, counters, watch, lastGood } = stored.data;
  const values: Record<string, Float32Array> = {};
  for (const [name, shape] of shapesOf(config, counters.stage)) {
    const tensor = content.tensors[name];
    if (tensor === undefined || !sameShape(tensor.shape, shape))
      throw new NoduleLabError(
        'invalid-input',
        `${info.file} has no tensor ${name} of shape ${formatShape(shape)}, which its configuration calls for: ` +
          'go on from an earlier checkpoint by moving this one and its .json away.',
        { checkpoint: info.file },
      );
    values[name] = tensor.values;
  }
  return { config, state: { counters, values }, watch: watch ?? null, lastGood };
}

/** The newest checkpoint of a folder that was not in doubt when it was written; undefined where there is none at all. */
export async function newestGoodCheckpoint(folder: string): Promise<CheckpointInfo | undefined> {
  const checkpoints = await listCheckpoints(folder);
  const newest = checkpoints.at(-1);
  if (newest === undefined) return undefined;
  const { state } = await readCheckpoint(newest);
  const stored = z.looseObject({ lastGood: z.string() }).safeParse(state);
  return (stored.success && checkpoints.find(({ file }) => file === stored.data.lastGood)) || newest;
}
