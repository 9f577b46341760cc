/** A WGAN-GP preset as something that the training loop can train. */
import type { PatchSource } from '../dataset/patchSource.ts';
import type { Engine } from '../engine/engine.ts';
import type { Trainee } from '../nn/trainee.ts';
import { batchesPerEpoch } from './batches.ts';
import { stageEnd, trainingOver, type Limits } from './limits.ts';
import { StageRunner, type Measures } from './stageRunner.ts';
import { checkSameTraining } from './trainingData.ts';
import { enterStage, initialState, loadState, valueShapes, type TrainingConfig } from './trainingState.ts';
import { warmState, type WarmStart } from './warmStart.ts';

/** Times that the critic has seen the whole set in this stage: batches shown / batches per epoch. */
export function epochAt({ preset, patches }: TrainingConfig, stage: number, stageUpdate: number): number {
  const { batchSize } = preset.stages[stage]!;
  return (stageUpdate * preset.criticSteps) / batchesPerEpoch(patches, batchSize);
}

export interface TraineeOptions {
  readonly dataset: PatchSource;
  readonly engine: Engine;
  readonly limits?: Limits;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
  readonly dataThreads?: number;
  /** Patches that it does not train on, where augmentation adapts. */
  readonly heldBack?: PatchSource;
  /** Networks that it begins with instead of random ones. */
  readonly from?: WarmStart;
}

export function ganTrainee(
  { dataset, engine, limits = {}, clock, dataThreads, heldBack, from }: TraineeOptions,
  config: TrainingConfig,
): Trainee<Measures, TrainingConfig> {
  const { preset, patches } = config;
  const milestones = (stage: number, stageUpdate: number): number =>
    Math.floor(epochAt(config, stage, stageUpdate) / preset.checkpointEpochs);
  return {
    config,
    stages: preset.stages.length,
    memoryRemedy:
      `The preset ${preset.name} trains with batches of ${preset.stages.map(sizeOfStage).join(', then ')}: ` +
      'choose a smaller batch (--batch-size), thinner networks (--width-divisor), or a machine with more memory.',
    load: loadState,
    checkResumable: (folder, stored, { stage }) => checkSameTraining(folder, stored, config, stage),
    shapes: (stage) => valueShapes(config, stage),
    initial: () => (from === undefined ? initialState(config) : warmState(config, from)),
    enterStage: (state, stage) => enterStage(config, state, stage),
    stageEnd: (stage) => stageEnd(preset, stage, limits, patches),
    isOver: (counters) => trainingOver(preset, limits, counters, patches),
    isMilestone: ({ stage, stageUpdate }) =>
      milestones(stage, stageUpdate) > milestones(stage, stageUpdate - 1),
    open: (state) => StageRunner.open(engine, config, state, dataset, clock, dataThreads, heldBack),
  };
}

const sizeOfStage = ({ batchSize, resolution }: { batchSize: number; resolution: number }): string =>
  `${batchSize} at ${resolution}³`;
