/** All that a training carries from one update to the next, and how it is kept in a checkpoint. */
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import { sizeOf } from '../tensor/index.ts';
import { initialise, type ParameterSpec } from '../nn/layers.ts';
import { firstMoment, secondMoment } from '../nn/learning.ts';
import { readCheckpoint, writeCheckpoint, type CheckpointInfo } from '../nn/checkpoint.ts';
import type { StoredTensors } from '../nn/safetensors.ts';
import { critic } from './critic.ts';
import { generator } from './generator.ts';
import { presetSchema, type Preset } from './presets.ts';
import { average } from './steps.ts';

const counter = z.number().int().nonnegative();

export const countersSchema = z.object({
  /** Index of the preset's stage. */
  stage: counter,
  /** Generator updates done in this stage and altogether. */
  stageUpdate: counter,
  update: counter,
  /** Critic steps done of the update that comes next: not 0 only after a stop in the middle of an update. */
  criticStep: counter.default(0),
  /** Seconds spent in this stage and altogether. */
  stageSeconds: z.number().nonnegative(),
  seconds: z.number().nonnegative(),
});
export type Counters = z.infer<typeof countersSchema>;

/** What is fixed for the whole training. All randomness derives from `seed` and the counters. */
export const trainingConfigSchema = z.object({
  preset: presetSchema,
  seed: z.number().int(),
  patches: z.number().int().positive(),
});
export type TrainingConfig = z.infer<typeof trainingConfigSchema>;

const storedStateSchema = z.object({ config: trainingConfigSchema, counters: countersSchema });

/** Counters and values by name. */
export interface TrainingState {
  readonly counters: Counters;
  readonly values: Readonly<Record<string, Float32Array>>;
}

/** The parameters of both networks at a stage. */
export function stageParameters(
  preset: Preset,
  stage: number,
): { generator: readonly ParameterSpec[]; all: readonly ParameterSpec[] } {
  const { resolution } = preset.stages[stage]!;
  const make = generator(preset.architecture, resolution).parameters;
  return { generator: make, all: [...make, ...critic(preset.architecture, resolution).parameters] };
}

export const initialState = (config: TrainingConfig): TrainingState =>
  enterStage(
    config,
    {
      values: {},
      counters: { stage: 0, stageUpdate: 0, update: 0, criticStep: 0, stageSeconds: 0, seconds: 0 },
    },
    0,
  );

/** The state at the begin of a stage: known parameters stay, new ones start, Adam starts afresh. */
export function enterStage(config: TrainingConfig, state: TrainingState, stage: number): TrainingState {
  const specs = stageParameters(config.preset, stage);
  const fresh = initialise(specs.all, config.seed);
  const values: Record<string, Float32Array> = {};
  for (const { name, shape } of specs.all) {
    values[name] = state.values[name] ?? fresh[name]!;
    values[firstMoment(name)] = new Float32Array(sizeOf(shape));
    values[secondMoment(name)] = new Float32Array(sizeOf(shape));
  }
  for (const { name } of specs.generator)
    values[average(name)] = state.values[average(name)] ?? values[name]!;
  return { values, counters: { ...state.counters, stage, stageUpdate: 0, criticStep: 0, stageSeconds: 0 } };
}

export function saveState(
  folder: string,
  config: TrainingConfig,
  state: TrainingState,
  milestone: boolean,
): Promise<CheckpointInfo> {
  const shapes = valueShapes(config.preset, state.counters.stage);
  const tensors: StoredTensors = Object.fromEntries(
    [...shapes].map(([name, shape]) => [name, { shape, values: state.values[name]! }]),
  );
  return writeCheckpoint(
    folder,
    { tensors, state: { config, counters: state.counters } },
    { update: state.counters.update, step: state.counters.criticStep, milestone },
  );
}

/** Reads a checkpoint and checks that it holds exactly the tensors that its configuration calls for. */
export async function loadState(
  info: CheckpointInfo,
): Promise<{ config: TrainingConfig; state: TrainingState }> {
  const content = await readCheckpoint(info);
  const stored = storedStateSchema.safeParse(content.state);
  if (!stored.success)
    throw new NoduleLabError(
      'invalid-input',
      `${info.file} holds no training state of this version: start a new training, or use the version that wrote it.`,
      { checkpoint: info.file },
      stored.error,
    );
  const { config, counters } = stored.data;
  const values: Record<string, Float32Array> = {};
  for (const [name, shape] of valueShapes(config.preset, counters.stage)) {
    const tensor = content.tensors[name];
    if (tensor === undefined || tensor.shape.join() !== shape.join())
      throw new NoduleLabError(
        'invalid-input',
        `${info.file} has no tensor ${name} of shape [${shape.join(', ')}], which its configuration calls for.`,
        { checkpoint: info.file },
      );
    values[name] = tensor.values;
  }
  return { config, state: { counters, values } };
}

function valueShapes(preset: Preset, stage: number): Map<string, readonly number[]> {
  const specs = stageParameters(preset, stage);
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape } of specs.all)
    for (const key of [name, firstMoment(name), secondMoment(name)]) shapes.set(key, shape);
  for (const { name, shape } of specs.generator) shapes.set(average(name), shape);
  return shapes;
}
