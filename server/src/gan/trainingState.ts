/** What a WGAN-GP training carries from one update to the next: both networks, Adam's moments, the averaged generator. */
import { z } from 'zod';
import { sizeOf, type Shape } from '../tensor/index.ts';
import type { CheckpointInfo } from '../nn/checkpoint.ts';
import { initialise, type ParameterSpec } from '../nn/layers.ts';
import { firstMoment, secondMoment } from '../nn/learning.ts';
import {
  loadTraining,
  NO_UPDATES,
  type Shapes,
  type StoredTraining,
  type TrainingState,
} from '../nn/trainingState.ts';
import {
  AUGMENTATION_SHAPE,
  AUGMENTATION_STATE,
  keptAugmentation,
  startAugmentation,
} from './adaptiveAugmentation.ts';
import { ancestorSchema } from './ancestors.ts';
import { critic } from './critic.ts';
import { generator } from './generator.ts';
import { presetSchema, type Preset } from './presets.ts';
import { average } from './steps.ts';

/** What is fixed for the whole training. All randomness derives from `seed` and the counters. */
export const trainingConfigSchema = z.object({
  preset: presetSchema,
  seed: z.number().int(),
  patches: z.number().int().positive(),
  /** Of the patches' bytes; null where the set has none, and in trainings of before it was kept. */
  patchesSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .default(null),
  /** What its networks were trained on before, the first one first; empty where they began at random. */
  ancestors: z.array(ancestorSchema).default([]),
});
export type TrainingConfig = z.infer<typeof trainingConfigSchema>;

const adapts = ({ criticAugmentation }: Preset): boolean => (criticAugmentation?.adaptive ?? null) !== null;

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
  enterStage(config, { values: {}, counters: NO_UPDATES }, 0);

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
  const { criticAugmentation } = config.preset;
  if (adapts(config.preset)) {
    const known = state.values[AUGMENTATION_STATE];
    values[AUGMENTATION_STATE] =
      known === undefined ? startAugmentation(criticAugmentation?.probability ?? 0) : keptAugmentation(known);
  }
  return { values, counters: { ...state.counters, stage, stageUpdate: 0, step: 0, stageSeconds: 0 } };
}

/** Name and shape of every value of the state at a stage. */
export function valueShapes({ preset }: TrainingConfig, stage: number): Shapes {
  const specs = stageParameters(preset, stage);
  const shapes = new Map<string, Shape>();
  for (const { name, shape } of specs.all)
    for (const key of [name, firstMoment(name), secondMoment(name)]) shapes.set(key, shape);
  for (const { name, shape } of specs.generator) shapes.set(average(name), shape);
  if (adapts(preset)) shapes.set(AUGMENTATION_STATE, AUGMENTATION_SHAPE);
  return shapes;
}

/** The averaged generator's parameters, by the generator's own names. */
export const averagedGenerator = (
  preset: Preset,
  { counters, values }: TrainingState,
): Record<string, Float32Array> =>
  Object.fromEntries(
    stageParameters(preset, counters.stage).generator.map(({ name }) => [name, values[average(name)]!]),
  );

/** Reads a checkpoint and checks that it holds exactly the tensors that its configuration calls for. */
export const loadState = (info: CheckpointInfo): Promise<StoredTraining<TrainingConfig>> =>
  loadTraining(info, trainingConfigSchema, valueShapes);
