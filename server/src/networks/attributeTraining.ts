/** The attribute network as something that the training loop can train. */
import type { Engine } from '../engine/engine.ts';
import {
  supervisedConfigSchema,
  supervisedTrainee,
  type SupervisedConfig,
  type SupervisedMeasures,
} from '../nn/supervised.ts';
import type { Trainee } from '../nn/trainee.ts';
import { attributeLayers, inputLength, type AttributeArchitecture } from './attributeArchitecture.ts';
import { attributeBatch, type ShownNodule } from './attributeExamples.ts';
import { attributeLoss, scalesOf, TARGET_LENGTH } from './attributeTargets.ts';

export interface AttributePlan {
  readonly seed: number;
  readonly updates: number;
  readonly batchSize: number;
  readonly learningRate: number;
}
export const ATTRIBUTE_PLAN: AttributePlan = { seed: 1, updates: 1000, batchSize: 32, learningRate: 1e-3 };

/** Voxels and widths of the network that is shipped. */
export const ATTRIBUTE_SHAPE = { size: 32, channels: [16, 32, 64, 96], features: 48 } as const;

/** The network for the nodules that it is to learn from: their means and spreads are part of it. */
export const architectureFor = (
  shown: readonly ShownNodule[],
  shape: {
    readonly size: number;
    readonly channels: readonly [number, number, number, number];
    readonly features: number;
  } = ATTRIBUTE_SHAPE,
): AttributeArchitecture => ({
  size: shape.size,
  channels: [...shape.channels],
  features: shape.features,
  ...scalesOf(
    shown.map(({ nodule }) => nodule),
    shown.map(({ views: [view] }) => view!.size * view!.spacingMm),
  ),
  classes: ['malignant', 'benign', 'indeterminate'],
});

/** @param data names the nodules, for example by the hashes of their sets */
export function attributeTrainee(
  shown: readonly ShownNodule[],
  architecture: AttributeArchitecture,
  plan: AttributePlan,
  { data, engine, clock }: { readonly data: string; readonly engine: Engine; readonly clock: () => number },
): Trainee<SupervisedMeasures, SupervisedConfig> {
  const { seed, batchSize, updates, learningRate } = plan;
  return supervisedTrainee({
    config: supervisedConfigSchema.parse({
      name: `attribute network ${architecture.size}³`,
      ...{ seed, data, batchSize, updates, learningRate },
      schedule: 'cosine',
      checkpointUpdates: updates,
    }),
    network: attributeLayers(architecture),
    inputShape: [batchSize, inputLength(architecture)],
    targetShape: [batchSize, TARGET_LENGTH],
    loss: attributeLoss,
    batch: (index) => attributeBatch(architecture, shown, { seed, batchSize, index }),
    engine,
    clock,
  });
}
