/** Trains a classifier on batches and asks it about nodules that it has not seen. */
import { z } from 'zod';
import type { Engine, Executable } from '../engine/engine.ts';
import { parameterInputs } from '../nn/learning.ts';
import { weightedBinaryCrossEntropy } from '../nn/losses.ts';
import { supervisedConfigSchema, supervisedTrainee } from '../nn/supervised.ts';
import { NO_UPDATES } from '../nn/trainingState.ts';
import * as t from '../tensor/index.ts';
import {
  classifierInputLength,
  classifierLayers,
  VERDICT,
  type ClassifierArchitecture,
} from './classifierArchitecture.ts';

export const classifierPlanSchema = z.object({
  updates: z.int().positive(),
  batchSize: z.int().min(2),
  /** Adam's, which falls to 0 over all updates as a cosine does. */
  learningRate: z.number().positive(),
});
export type ClassifierPlan = z.infer<typeof classifierPlanSchema>;

/** What is known of the logit before any voxel is seen: intercept and slope of the standardised log diameter. */
export interface DiameterStart {
  readonly intercept: number;
  readonly slope: number;
}

export interface ClassifierRun {
  readonly engine: Engine;
  readonly architecture: ClassifierArchitecture;
  readonly plan: ClassifierPlan;
  readonly seed: number;
  /** Names the training. */
  readonly name: string;
  readonly start: DiameterStart;
  /**
   * Batch `index`: inputs [batchSize, classifierInputLength], targets [batchSize, 2] of the label in [0, 1] and the
   * weight of the example in the loss.
   */
  batch(index: number): { input: Float32Array; target: Float32Array };
  /** Looks between two updates. @throws to stop */
  readonly onUpdate?: (done: number) => void;
}

export interface TrainedClassifier {
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** The mean loss of the last tenth of the updates. */
  readonly lastLoss: number;
}

/** The same run gives the same weights on the same engine with the same number of threads. */
export async function trainClassifier(run: ClassifierRun): Promise<TrainedClassifier> {
  const { engine, architecture, plan, seed, name, start, batch, onUpdate } = run;
  const { updates, batchSize, learningRate } = plan;
  const trainee = supervisedTrainee({
    config: supervisedConfigSchema.parse({
      ...{ name, seed, data: name, batchSize, updates, learningRate },
      schedule: 'cosine',
      checkpointUpdates: updates,
    }),
    network: classifierLayers(architecture),
    inputShape: [batchSize, classifierInputLength(architecture)],
    targetShape: [batchSize, 2],
    loss: (logits, targets) =>
      weightedBinaryCrossEntropy(logits, t.slice(targets, 1, 0, 1), t.slice(targets, 1, 1, 2)),
    batch: (index) => Promise.resolve(batch(index)),
    engine,
    clock: () => 0,
  });
  const initial = trainee.initial();
  initial.values[`${VERDICT}.weight`]![architecture.features] = start.slope;
  initial.values[`${VERDICT}.bias`]![0] = start.intercept;
  const stage = await trainee.open(initial);
  const tail = Math.ceil(updates / 10);
  let lastLoss = 0;
  try {
    for (let update = 0; update < updates; update++) {
      const { measures } = await stage.update({ ...NO_UPDATES, update }, () => false);
      if (update >= updates - tail) lastLoss += measures!.loss / tail;
      onUpdate?.(update + 1);
    }
    return { weights: await stage.read(), lastLoss };
  } finally {
    await stage.release();
  }
}

/** One program for all classifiers of an architecture: each brings its weights. */
export interface ClassifierScorer {
  /**
   * @param examples inputs as in training, one after the other
   * @returns a logit for each
   */
  score(weights: TrainedClassifier['weights'], count: number, examples: Float32Array): Promise<Float64Array>;
  release(): Promise<void>;
}

const BATCH = 32;

export async function openClassifierScorer(
  engine: Engine,
  architecture: ClassifierArchitecture,
): Promise<ClassifierScorer> {
  const network = classifierLayers(architecture);
  const length = classifierInputLength(architecture);
  const executable: Executable = await engine.compile({
    logit: network.apply(parameterInputs(network.parameters), t.input('input', [BATCH, length])),
  });
  return {
    async score(weights, count, examples) {
      const own = Object.fromEntries(network.parameters.map(({ name }) => [name, weights[name]!]));
      const logits = new Float64Array(count);
      for (let from = 0; from < count; from += BATCH) {
        const filled = Math.min(BATCH, count - from);
        const input = new Float32Array(BATCH * length);
        input.set(examples.subarray(from * length, (from + filled) * length));
        const { logit } = await executable.run({ ...own, input });
        logits.set(logit!.subarray(0, filled), from);
      }
      return logits;
    },
    release: () => executable.release(),
  };
}
