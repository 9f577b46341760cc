/** The training loop: stages, limits, checkpoints, progress. */
import { join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { listCheckpoints, pruneCheckpoints, type CheckpointInfo } from '../nn/checkpoint.ts';
import { BatchReader, batchesPerEpoch, type PatchSource } from './batches.ts';
import type { TrainingEvent } from './events.ts';
import { stageEnd, stageOver, trainingOver, type End, type Limits } from './limits.ts';
import type { Preset } from './presets.ts';
import { StageRunner, type UpdateResult } from './stageRunner.ts';
import {
  enterStage,
  initialState,
  loadState,
  saveState,
  type Counters,
  type TrainingConfig,
  type TrainingState,
} from './trainingState.ts';

export interface TrainOptions {
  readonly preset: Preset;
  readonly dataset: PatchSource;
  /** Where checkpoints go. */
  readonly outDir: string;
  readonly seed: number;
  readonly engine: Engine;
  readonly limits?: Limits;
  /** Go on from the newest checkpoint of `outDir` if there is one; without it, `outDir` must hold none. */
  readonly resume?: boolean;
  readonly onProgress?: (event: TrainingEvent) => void;
  /** Ends the training after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
  /** Time between checkpoints, besides those of the preset and the ends of stages. */
  readonly checkpointMinutes?: number;
}

export interface TrainingResult {
  readonly reason: 'complete' | 'limit' | 'aborted';
  readonly checkpoint: CheckpointInfo;
  readonly state: TrainingState;
}

/** Checkpoints kept besides milestones: the newest, and one before it should the newest be damaged. */
const KEPT_CHECKPOINTS = 2;
const CHECKPOINT_MINUTES = 10;
/** Weight of the newest update in the running mean of times. */
const TIME_BLEND = 0.1;

/** Trains until the last stage ends, a limit is reached or `signal` aborts. */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const config: TrainingConfig = {
    preset: options.preset,
    seed: options.seed,
    patches: options.dataset.count,
  };
  checkDataset(options);
  const run = await openRun(options, config);
  try {
    const reason = await runStages(options, config, run);
    const checkpoint =
      run.checkpoint !== undefined && sameMoment(run.saved, run.state.counters)
        ? run.checkpoint
        : await save(options, config, run);
    const { update, seconds } = run.state.counters;
    const path = join(checkpoint.folder, checkpoint.file);
    options.onProgress?.({ type: 'finished', update, seconds, path, reason });
    return { reason, checkpoint, state: run.state };
  } catch (error) {
    throw run.checkpoint !== undefined && error instanceof NoduleLabError
      ? new NoduleLabError(
          error.kind,
          `${error.message} The last good checkpoint is ${join(run.checkpoint.folder, run.checkpoint.file)}.`,
          { ...error.details, checkpoint: run.checkpoint.file },
          error,
        )
      : error;
  }
}

/** The mutable part of a training. */
interface Run {
  state: TrainingState;
  checkpoint: CheckpointInfo | undefined;
  /** Counters with which `checkpoint` was written. */
  saved: Counters | undefined;
}

async function openRun(options: TrainOptions, config: TrainingConfig): Promise<Run> {
  const newest = (await listCheckpoints(options.outDir)).at(-1);
  if (newest === undefined) return { state: initialState(config), checkpoint: undefined, saved: undefined };
  if (options.resume !== true)
    throw new NoduleLabError(
      'conflict',
      `${options.outDir} already holds a training (${newest.file}): resume it, or choose an empty folder.`,
      { outDir: options.outDir },
    );
  const loaded = await loadState(newest);
  if (JSON.stringify(loaded.config) !== JSON.stringify(config))
    throw new NoduleLabError(
      'conflict',
      `${options.outDir} holds a training with another configuration (preset, seed or number of patches): ` +
        'resume it with its own, or choose an empty folder.',
      { stored: loaded.config, given: config },
    );
  return { state: loaded.state, checkpoint: newest, saved: loaded.state.counters };
}

async function runStages(
  options: TrainOptions,
  config: TrainingConfig,
  run: Run,
): Promise<TrainingResult['reason']> {
  const { preset, dataset, limits = {} } = options;
  for (;;) {
    const { stage } = run.state.counters;
    const end = stageEnd(preset, stage, limits, dataset.count);
    const outcome = await runStage(options, config, run, end);
    if (outcome !== 'stage over') return outcome;
    if (stage + 1 === preset.stages.length) return 'complete';
    await save(options, config, run, true);
    run.state = enterStage(config, run.state, stage + 1);
  }
}

async function runStage(
  options: TrainOptions,
  config: TrainingConfig,
  run: Run,
  end: End,
): Promise<'stage over' | 'limit' | 'aborted'> {
  const { preset, dataset, clock } = options;
  const { stage } = run.state.counters;
  const { resolution, batchSize } = preset.stages[stage]!;
  const perEpoch = batchesPerEpoch(dataset.count, batchSize);
  options.onProgress?.({
    type: 'stage',
    stage,
    resolution,
    update: run.state.counters.update,
    batchesPerEpoch: perEpoch,
    resumedFrom: run.checkpoint ? join(run.checkpoint.folder, run.checkpoint.file) : null,
  });
  const reader = new BatchReader(dataset, resolution, batchSize, options.seed);
  const runner = await StageRunner.open(options.engine, config, run.state, reader, clock);
  try {
    const outcome = await runUpdates(options, config, run, end, runner);
    run.state = { ...run.state, values: await runner.read() };
    return outcome;
  } finally {
    await runner.release();
  }
}

async function runUpdates(
  options: TrainOptions,
  config: TrainingConfig,
  run: Run,
  end: End,
  runner: StageRunner,
): Promise<'stage over' | 'limit' | 'aborted'> {
  const { preset, dataset, limits = {}, clock, signal } = options;
  const { stage } = run.state.counters;
  const { resolution, batchSize } = preset.stages[stage]!;
  const perEpoch = batchesPerEpoch(dataset.count, batchSize);
  const epochAt = (updates: number): number => (updates * preset.criticSteps) / perEpoch;
  const times = runningTimes();
  let checkpointDue = clock() + 60_000 * (options.checkpointMinutes ?? CHECKPOINT_MINUTES);
  const aborted = (): boolean => signal?.aborted === true;
  for (;;) {
    const { counters } = run.state;
    if (stageOver(end, counters)) return 'stage over';
    if (trainingOver(preset, limits, counters, dataset.count)) return 'limit';
    if (aborted()) return 'aborted';
    const begun = clock();
    const result = await runner.update(counters, aborted);
    const seconds = (clock() - begun) / 1000;
    const whole = result.measures === undefined ? 0 : 1;
    const stageUpdate = counters.stageUpdate + whole;
    run.state = {
      values: run.state.values,
      counters: {
        stage,
        stageUpdate,
        update: counters.update + whole,
        criticStep: result.criticStep,
        stageSeconds: counters.stageSeconds + seconds,
        seconds: counters.seconds + seconds,
      },
    };
    if (result.measures === undefined) return 'aborted';
    const { secondsPerUpdate, dataWaitShare } = times(seconds, result);
    options.onProgress?.({
      type: 'progress',
      stage,
      resolution,
      epoch: epochAt(stageUpdate),
      update: run.state.counters.update,
      ...result.measures,
      secondsPerUpdate,
      secondsLeft: secondsLeft(end, run.state, secondsPerUpdate),
      dataWaitShare,
    });
    const milestones = (updates: number): number => Math.floor(epochAt(updates) / preset.checkpointEpochs);
    const milestone = milestones(stageUpdate) > milestones(stageUpdate - 1);
    if (milestone || clock() >= checkpointDue) {
      run.state = { ...run.state, values: await runner.read() };
      await save(options, config, run, milestone);
      checkpointDue = clock() + 60_000 * (options.checkpointMinutes ?? CHECKPOINT_MINUTES);
    }
  }
}

const sameMoment = (a: Counters | undefined, b: Counters): boolean =>
  a?.update === b.update && a.criticStep === b.criticStep && a.stage === b.stage;

async function save(
  options: TrainOptions,
  config: TrainingConfig,
  run: Run,
  milestone = false,
): Promise<CheckpointInfo> {
  const checkpoint = await saveState(options.outDir, config, run.state, milestone);
  run.checkpoint = checkpoint;
  run.saved = run.state.counters;
  await pruneCheckpoints(options.outDir, KEPT_CHECKPOINTS);
  options.onProgress?.({
    type: 'checkpoint',
    update: checkpoint.update,
    path: join(checkpoint.folder, checkpoint.file),
    sha256: checkpoint.sha256,
  });
  return checkpoint;
}

/** Running means of the time of an update and of the share of it spent waiting for data. */
function runningTimes(): (
  seconds: number,
  result: UpdateResult,
) => { secondsPerUpdate: number; dataWaitShare: number } {
  let mean: number | undefined;
  let wait = 0;
  return (seconds, { dataWait }) => {
    const weight = mean === undefined ? 1 : TIME_BLEND;
    mean = (mean ?? 0) * (1 - weight) + seconds * weight;
    wait = wait * (1 - weight) + (dataWait / 1000) * weight;
    return { secondsPerUpdate: mean, dataWaitShare: mean > 0 ? Math.min(1, wait / mean) : 0 };
  };
}

function secondsLeft(end: End, { counters }: TrainingState, secondsPerUpdate: number): number | null {
  const left = Math.min(
    (end.updates - counters.stageUpdate) * secondsPerUpdate,
    end.seconds - counters.stageSeconds,
  );
  return Number.isFinite(left) ? Math.max(0, left) : null;
}

function checkDataset({ dataset, preset }: TrainOptions): void {
  const finest = preset.stages.at(-1)!.resolution;
  if (dataset.count < 1 || dataset.size !== finest)
    throw new NoduleLabError(
      'invalid-input',
      `The preset ${preset.name} trains on patches of ${finest}³ voxels; the dataset holds ${dataset.count} of ${dataset.size}³.`,
    );
}
