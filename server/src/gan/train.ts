/** Trains a WGAN-GP: a preset on a set of patches, with its health watched and its run recorded. */
import { join } from 'node:path';
import type { PatchSource } from '../dataset/patchSource.ts';
import type { Engine } from '../engine/engine.ts';
import type { CheckpointInfo } from '../nn/checkpoint.ts';
import { runTraining, type LoopEvent, type LoopResult } from '../nn/trainingLoop.ts';
import { ancestorsIn } from './ancestors.ts';
import { batchesPerEpoch } from './batches.ts';
import type { TrainingEvent } from './events.ts';
import { holdBack } from './heldBack.ts';
import type { Limits } from './limits.ts';
import type { Preset } from './presets.ts';
import { Recorder, type RunFacts } from './report/recorder.ts';
import type { Measures } from './stageRunner.ts';
import { epochAt, ganTrainee } from './trainee.ts';
import { checkTrainingData, configOf } from './trainingData.ts';
import type { TrainingConfig } from './trainingState.ts';
import type { WarmStart } from './warmStart.ts';
import { ganWatch } from './watch.ts';

export interface TrainOptions {
  readonly preset: Preset;
  readonly dataset: PatchSource;
  /** Where checkpoints go, and curve, pictures and report with them. */
  readonly outDir: string;
  readonly seed: number;
  readonly engine: Engine;
  /** Why this engine, for the record. */
  readonly engineReason?: string;
  /** Version of this code, for the record. */
  readonly codeVersion?: string;
  readonly limits?: Limits;
  /** Go on from the newest checkpoint of `outDir` if there is one; without it, `outDir` must hold none. */
  readonly resume?: boolean;
  readonly onProgress?: (event: TrainingEvent) => void;
  /** Ends the training after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
  /** Time of day, for the record. */
  readonly now?: () => Date;
  /** Time between checkpoints, besides those of the preset and the ends of stages. */
  readonly checkpointMinutes?: number;
  /** Threads that make batches (see batchLoader.ts). */
  readonly dataThreads?: number;
  /**
   * Networks that a new training begins with instead of random ones. One that goes on keeps its own and need not be given
   * them again.
   */
  readonly from?: WarmStart;
}

export type TrainingResult = LoopResult;

/** Trains until the last stage ends, a limit is reached or `signal` aborts. */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const { preset, engine, seed, outDir, clock, signal, onProgress } = options;
  await checkTrainingData(options.dataset, preset, signal);
  const { training: dataset, heldBack } = holdBack(options.dataset, preset, seed);
  const ancestors = options.from?.ancestors ?? (await ancestorsIn(outDir));
  const config = configOf(preset, seed, dataset, ancestors);
  const recorder = new Recorder(
    outDir,
    factsOf(options, config, heldBack?.count ?? 0),
    options.now ?? (() => new Date()),
  );
  const watch = ganWatch({
    ...{ config, dataset, engine },
    onWarning({ update }, warning) {
      recorder.warn(update, warning);
      onProgress?.({ type: 'warning', update, ...warning });
    },
    onPictures: (pictures) => recorder.draw(pictures),
  });
  try {
    return await runTraining({
      trainee: ganTrainee({ ...options, dataset, ...(heldBack === undefined ? {} : { heldBack }) }, config),
      ...{ folder: outDir, clock, watch },
      ...(options.resume === undefined ? {} : { resume: options.resume }),
      ...(signal === undefined ? {} : { signal }),
      ...(options.checkpointMinutes === undefined ? {} : { checkpointMinutes: options.checkpointMinutes }),
      async onEvent(event) {
        await record(recorder, config, event);
        onProgress?.(told(config, event));
      },
    });
  } catch (error) {
    await recorder.failed(error);
    throw error;
  }
}

const factsOf = (
  { engine, engineReason, codeVersion, dataset }: TrainOptions,
  { preset, seed, ancestors, patches }: TrainingConfig,
  heldBack: number,
): RunFacts => ({
  preset,
  seed,
  ancestors,
  dataset: {
    name: dataset.name ?? null,
    patches,
    heldBack,
    size: dataset.size,
    sha256: dataset.sha256 ?? null,
  },
  engine: { name: engine.name, reason: engineReason ?? null },
  codeVersion: codeVersion ?? null,
});

async function record(recorder: Recorder, config: TrainingConfig, event: LoopEvent<Measures>): Promise<void> {
  const { counters } = event;
  switch (event.type) {
    case 'stage':
      return recorder.stage(counters, event.resumedFrom?.file);
    case 'progress':
      return recorder.progress({ ...placeOf(config, event), ...event.measures, ...event.times }, counters);
    case 'checkpoint':
      return recorder.checkpoint(counters, event.good?.file ?? null);
    case 'finished':
      return recorder.finished(counters, event.reason);
    default:
      return event satisfies never;
  }
}

/** Where in the training an event happened. */
const placeOf = (config: TrainingConfig, { counters }: LoopEvent<Measures>) => ({
  stage: counters.stage,
  resolution: config.preset.stages[counters.stage]!.resolution,
  epoch: epochAt(config, counters.stage, counters.stageUpdate),
  update: counters.update,
});

function told(config: TrainingConfig, event: LoopEvent<Measures>): TrainingEvent {
  const { update, seconds } = event.counters;
  switch (event.type) {
    case 'stage': {
      const { stage, resolution } = placeOf(config, event);
      const { batchSize } = config.preset.stages[stage]!;
      const resumedFrom = event.resumedFrom === undefined ? null : pathOf(event.resumedFrom);
      const perEpoch = batchesPerEpoch(config.patches, batchSize);
      return { type: 'stage', stage, resolution, update, batchesPerEpoch: perEpoch, resumedFrom };
    }
    case 'progress': {
      const { measures, times, secondsLeft } = event;
      return { type: 'progress', ...placeOf(config, event), ...measures, ...times, secondsLeft };
    }
    case 'checkpoint': {
      const { checkpoint } = event;
      return { type: 'checkpoint', update, path: pathOf(checkpoint), sha256: checkpoint.sha256 };
    }
    case 'finished': {
      const { secondsPerUpdate = null, dataWaitShare = null } = event.times ?? {};
      const path = pathOf(event.checkpoint);
      return {
        type: 'finished',
        update,
        seconds,
        path,
        reason: event.reason,
        secondsPerUpdate,
        dataWaitShare,
      };
    }
    default:
      return event satisfies never;
  }
}

const pathOf = ({ folder, file }: CheckpointInfo): string => join(folder, file);
