/**
 * A network that learns from examples with known answers, as something that the training loop can train: batches in,
 * a loss down. One update is one Adam step.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import * as t from '../tensor/index.ts';
import type { Program, Shape, Tensor } from '../tensor/index.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { adamScalars, type AdamConfig } from './adam.ts';
import { initialise, type Layer } from './layers.ts';
import { firstMoment, learn, parameterInputs, secondMoment } from './learning.ts';
import type { StageRun, Trainee } from './trainee.ts';
import { loadTraining, NO_UPDATES, type Shapes, type TrainingState } from './trainingState.ts';

export interface SupervisedMeasures {
  /** Mean over the batch. */
  readonly loss: number;
  /** ‖∂loss/∂θ‖₂ over all parameters. */
  readonly gradientNorm: number;
}

/** Everything that a supervised training depends on; JSON. */
export const supervisedConfigSchema = z.object({
  /** What is trained, for whoever reads a checkpoint. */
  name: z.string().min(1),
  seed: z.number().int(),
  /** Names the examples, for example by their hash: a training goes on only with those that it began with. */
  data: z.string(),
  batchSize: z.number().int().positive(),
  updates: z.number().int().positive(),
  learningRate: z.number().positive(),
  beta1: z.number().min(0).max(1).default(0.9),
  beta2: z.number().min(0).max(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  /** `cosine` lets the learning rate fall to 0 over all updates (Loshchilov and Hutter 2017, equation 5, one cycle). */
  schedule: z.enum(['constant', 'cosine']).default('constant'),
  /** A checkpoint that is kept for good, every so many updates. */
  checkpointUpdates: z.number().int().positive(),
});
export type SupervisedConfig = z.infer<typeof supervisedConfigSchema>;

export interface SupervisedOptions {
  readonly config: SupervisedConfig;
  readonly network: Layer;
  /** Shapes of a batch, [batchSize, …] each. */
  readonly inputShape: Shape;
  readonly targetShape: Shape;
  /** A scalar from the network's output and the targets (see losses.ts). */
  readonly loss: (output: Tensor, targets: Tensor) => Tensor;
  /** Batch number `index`, the same whenever it is asked for. */
  readonly batch: (index: number) => Promise<{ input: Float32Array; target: Float32Array }>;
  readonly engine: Engine;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
}

/**
 * One Adam step on one batch. Feeds besides the state: `input`, `target` and Adam's two scalars. Measures: `loss` and
 * `gradientNorm`.
 */
export function supervisedStep(
  network: Layer,
  inputShape: Shape,
  targetShape: Shape,
  loss: SupervisedOptions['loss'],
  adam: AdamConfig,
): Program {
  const parameters = parameterInputs(network.parameters);
  const output = network.apply(parameters, t.input('input', inputShape));
  const value = loss(output, t.input('target', targetShape));
  const learned = learn(network.parameters, parameters, value, adam);
  return { loss: value, gradientNorm: learned.gradientNorm, ...learned.outputs };
}

export function supervisedTrainee(options: SupervisedOptions): Trainee<SupervisedMeasures, SupervisedConfig> {
  const { config, network } = options;
  return {
    config,
    stages: 1,
    memoryRemedy: `${config.name} trains with batches of ${config.batchSize}: choose a smaller batch, or a machine with more memory.`,
    load: (checkpoint) => loadTraining(checkpoint, supervisedConfigSchema, () => shapesOf(network)),
    checkResumable(folder, stored) {
      // How long to train may change, where what an update does is the same then.
      const lasting = (of: SupervisedConfig): SupervisedConfig =>
        of.schedule === 'constant' ? { ...of, updates: 0 } : of;
      if (isDeepStrictEqual(lasting(stored), lasting(config))) return;
      throw new NoduleLabError(
        'conflict',
        `${folder} holds a training of ${stored.name} with another configuration: resume it with its own, or choose ` +
          'an empty folder.',
        { stored, given: config },
      );
    },
    shapes: () => shapesOf(network),
    initial: () => initialState(network, config.seed),
    enterStage: (state) => state,
    stageEnd: () => ({ updates: config.updates, seconds: Infinity }),
    isOver: () => false,
    isMilestone: ({ update }) => update % config.checkpointUpdates === 0,
    open: (state) => openRun(options, state),
  };
}

/** What of the learning rate is left at an update. */
const rateAt = ({ schedule, updates }: SupervisedConfig, update: number): number =>
  schedule === 'constant' ? 1 : (1 + Math.cos((Math.PI * update) / updates)) / 2;

const shapesOf = (network: Layer): Shapes =>
  new Map(
    network.parameters.flatMap(({ name, shape }) =>
      [name, firstMoment(name), secondMoment(name)].map((key) => [key, shape] as const),
    ),
  );

function initialState(network: Layer, seed: number): TrainingState {
  const values: Record<string, Float32Array> = initialise(network.parameters, seed);
  for (const { name, shape } of network.parameters)
    for (const key of [firstMoment(name), secondMoment(name)])
      values[key] = new Float32Array(t.sizeOf(shape));
  return { values, counters: NO_UPDATES };
}

async function openRun(
  { config, network, inputShape, targetShape, loss, batch, engine, clock }: SupervisedOptions,
  state: TrainingState,
): Promise<StageRun<SupervisedMeasures>> {
  const step = supervisedStep(network, inputShape, targetShape, loss, config);
  const session = await engine.open({ step }, state.values);
  return {
    async update({ update }) {
      const asked = clock();
      const { input, target } = await batch(update);
      const dataWait = clock() - asked;
      const { stepSize, secondCorrection } = adamScalars(config, update + 1);
      const results = await session.run('step', {
        ...{ input, target },
        ...{
          stepSize: Float32Array.of(stepSize * rateAt(config, update)),
          secondCorrection: Float32Array.of(secondCorrection),
        },
      });
      const measures = { loss: results.loss![0]!, gradientNorm: results.gradientNorm![0]! };
      return { step: 0, measures, dataWait };
    },
    read: () => session.read(),
    release: () => session.release(),
  };
}
