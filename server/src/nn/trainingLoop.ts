/**
 * The loop that trains every network of the product: it goes on from the newest checkpoint of a folder, runs updates
 * until a stage, a limit or the user ends it, keeps checkpoints, and tells what happens. What is trained, and on what,
 * is the trainee's; whether it goes well is for a watch to say.
 *
 * A stop at any moment, a killed process included, costs at most the updates since the last checkpoint: what follows
 * depends on the state, the configuration and the counters only.
 */
import { NoduleLabError } from '../volume/errors.ts';
import { listCheckpoints, pruneCheckpoints, sweepCheckpoints, type CheckpointInfo } from './checkpoint.ts';
import { lockFolder, type FolderLock } from './folderLock.ts';
import { RunningTimes, type Times } from './runningTimes.ts';
import type { End, MeasuresOf, StageRun, Trainee, Watch } from './trainee.ts';
import { explainFailure } from './trainingFailure.ts';
import { sameMoment, saveTraining, type Counters, type TrainingState } from './trainingState.ts';

export type EndReason = 'complete' | 'limit' | 'aborted';

export type LoopEvent<M> =
  | { readonly type: 'stage'; readonly counters: Counters; readonly resumedFrom: CheckpointInfo | undefined }
  | {
      readonly type: 'progress';
      readonly counters: Counters;
      readonly measures: M;
      readonly times: Times;
      /** Estimate to the end of the stage; null if nothing but a limit or the user ends it. */
      readonly secondsLeft: number | null;
    }
  | {
      readonly type: 'checkpoint';
      readonly counters: Counters;
      readonly checkpoint: CheckpointInfo;
      /** The newest checkpoint that is not in doubt. */
      readonly good: CheckpointInfo | undefined;
    }
  | {
      readonly type: 'finished';
      readonly counters: Counters;
      readonly checkpoint: CheckpointInfo;
      readonly reason: EndReason;
      /** Over all updates since the start or resume; null if there was none. */
      readonly times: Times | null;
    };

export interface LoopOptions<M extends MeasuresOf<M>, Config = unknown> {
  readonly trainee: Trainee<M, Config>;
  /** Where checkpoints go. */
  readonly folder: string;
  /** Go on from the newest checkpoint of `folder` if there is one; without it, `folder` must hold none. */
  readonly resume?: boolean;
  /** Ends the training after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
  /** Time between checkpoints, besides milestones and the ends of stages. */
  readonly checkpointMinutes?: number;
  readonly watch?: Watch<M>;
  readonly onEvent?: (event: LoopEvent<M>) => void | Promise<void>;
}

export interface LoopResult {
  readonly reason: EndReason;
  readonly checkpoint: CheckpointInfo;
  readonly state: TrainingState;
  /** Over all updates since the start or resume; null if there was none. */
  readonly times: Times | null;
}

/** Checkpoints kept besides milestones: the newest, and one before it should the newest be damaged. */
const KEPT_CHECKPOINTS = 2;
const CHECKPOINT_MINUTES = 10;

/** Trains until the last stage ends, a limit is reached or `signal` aborts. */
export async function runTraining<M extends MeasuresOf<M>, Config>(
  options: LoopOptions<M, Config>,
): Promise<LoopResult> {
  const { folder, trainee } = options;
  let loop: Loop<M, Config> | undefined;
  let lock: FolderLock | undefined;
  try {
    // A second process in the same folder would clear away what this one is writing.
    lock = await lockFolder(folder);
    loop = new Loop(options);
    return await loop.run();
  } catch (error) {
    throw explainFailure(error, folder, trainee.memoryRemedy, loop?.good);
  } finally {
    await lock?.release();
  }
}

class Loop<M extends MeasuresOf<M>, Config> {
  /** The last checkpoint that was not in doubt. */
  good: CheckpointInfo | undefined;
  readonly #options: LoopOptions<M, Config>;
  readonly #times = new RunningTimes();
  #state: TrainingState;
  #saved: { readonly checkpoint: CheckpointInfo; readonly counters: Counters } | undefined;
  #checkpointDue = 0;

  constructor(options: LoopOptions<M, Config>) {
    this.#options = options;
    this.#state = options.trainee.initial();
  }

  async run(): Promise<LoopResult> {
    const { folder, clock } = this.#options;
    await sweepCheckpoints(folder);
    await this.#resume();
    this.#checkpointDue = clock() + this.#checkpointInterval;
    const reason = await this.#runStages();
    const checkpoint = await this.#keep(false);
    const times = this.#times.overall();
    await this.#tell({ type: 'finished', counters: this.#state.counters, checkpoint, reason, times });
    return { reason, checkpoint, state: this.#state, times };
  }

  async #resume(): Promise<void> {
    const { folder, trainee, watch } = this.#options;
    const checkpoints = await listCheckpoints(folder);
    const newest = checkpoints.at(-1);
    if (newest === undefined) return;
    if (this.#options.resume !== true)
      throw new NoduleLabError(
        'conflict',
        `${folder} already holds a training (${newest.file}): resume it, or choose an empty folder.`,
        { outDir: folder },
      );
    const stored = await trainee.load(newest);
    trainee.checkResumable(folder, stored.config, stored.state.counters);
    this.#state = stored.state;
    this.#saved = { checkpoint: newest, counters: stored.state.counters };
    this.good = stored.lastGood === null ? newest : checkpoints.find(({ file }) => file === stored.lastGood);
    if (stored.watch !== null) watch?.restore(stored.watch);
  }

  async #runStages(): Promise<EndReason> {
    const { trainee } = this.#options;
    for (;;) {
      const { stage } = this.#state.counters;
      const outcome = await this.#runStage(trainee.stageEnd(stage));
      if (outcome !== 'stage over') return outcome;
      if (stage + 1 === trainee.stages) return 'complete';
      await this.#keep(true);
      this.#state = trainee.enterStage(this.#state, stage + 1);
    }
  }

  async #runStage(end: End): Promise<'stage over' | 'limit' | 'aborted'> {
    const { counters } = this.#state;
    await this.#tell({ type: 'stage', counters, resumedFrom: this.#saved?.checkpoint });
    const run = await this.#options.trainee.open(this.#state);
    this.#letGo();
    try {
      const outcome = await this.#runUpdates(end, run);
      this.#state = { ...this.#state, values: await run.read() };
      return outcome;
    } finally {
      await run.release();
    }
  }

  async #runUpdates(end: End, run: StageRun<M>): Promise<'stage over' | 'limit' | 'aborted'> {
    const { trainee, watch, signal, clock } = this.#options;
    const aborted = (): boolean => signal?.aborted === true;
    for (;;) {
      const before = this.#state.counters;
      if (before.stageUpdate >= end.updates || before.stageSeconds >= end.seconds) return 'stage over';
      if (trainee.isOver(before)) return 'limit';
      if (aborted()) return 'aborted';
      const begun = clock();
      const { measures, step, dataWait } = await run.update(before, aborted);
      const seconds = (clock() - begun) / 1000;
      const counters = advanced(before, measures === undefined ? 0 : 1, step, seconds);
      this.#state = { ...this.#state, counters };
      if (measures === undefined) return 'aborted';
      checkMeasures(measures);
      const times = this.#times.add(seconds, dataWait / 1000);
      const left = secondsLeft(end, counters, times.secondsPerUpdate);
      await this.#tell({ type: 'progress', counters, measures, times, secondsLeft: left });
      await watch?.observe(counters, measures);
      const milestone = trainee.isMilestone(counters);
      if (milestone || clock() >= this.#checkpointDue) {
        this.#state = { counters, values: await run.read() };
        await this.#keep(milestone);
        this.#letGo();
      }
    }
  }

  /** The run has the values now; a second copy of weights and moments is gigabytes in a large network. */
  #letGo(): void {
    this.#state = { ...this.#state, values: {} };
  }

  /** Makes sure that the state as it is now has a checkpoint. */
  async #keep(milestone: boolean): Promise<CheckpointInfo> {
    const { trainee, folder, watch, clock } = this.#options;
    const { counters } = this.#state;
    const known =
      this.#saved !== undefined && sameMoment(this.#saved.counters, counters)
        ? this.#saved.checkpoint
        : undefined;
    if (known !== undefined && (known.milestone || !milestone)) return known;
    checkValues(this.#state.values);
    // What was looked at when it was first kept is the same now.
    if (known === undefined) await watch?.inspect(this.#state);
    const lastGood = watch?.doubtful === true ? (this.good?.file ?? null) : null;
    const content = {
      config: trainee.config,
      state: this.#state,
      watch: watch?.snapshot() ?? null,
      lastGood,
    };
    const checkpoint = await saveTraining(folder, content, trainee.shapes(counters.stage), milestone);
    this.#saved = { checkpoint, counters };
    if (watch?.doubtful !== true) this.good = checkpoint;
    await pruneCheckpoints(folder, KEPT_CHECKPOINTS, this.good?.file);
    this.#checkpointDue = clock() + this.#checkpointInterval;
    await this.#tell({ type: 'checkpoint', counters, checkpoint, good: this.good });
    return checkpoint;
  }

  get #checkpointInterval(): number {
    return 60_000 * (this.#options.checkpointMinutes ?? CHECKPOINT_MINUTES);
  }

  async #tell(event: LoopEvent<M>): Promise<void> {
    await this.#options.onEvent?.(event);
  }
}

const advanced = (before: Counters, updates: number, step: number, seconds: number): Counters => ({
  stage: before.stage,
  stageUpdate: before.stageUpdate + updates,
  update: before.update + updates,
  step,
  stageSeconds: before.stageSeconds + seconds,
  seconds: before.seconds + seconds,
});

function secondsLeft(end: End, counters: Counters, secondsPerUpdate: number): number | null {
  const left = Math.min(
    (end.updates - counters.stageUpdate) * secondsPerUpdate,
    end.seconds - counters.stageSeconds,
  );
  return Number.isFinite(left) ? Math.max(0, left) : null;
}

function checkMeasures<M extends MeasuresOf<M>>(measures: M): void {
  for (const [name, value] of Object.entries<number>(measures))
    if (!Number.isFinite(value)) throw diverged(`${name} is ${value}`, { measure: name });
}

/** Refuses a state with a value that is no finite number: nothing trained from it would be. */
function checkValues(values: TrainingState['values']): void {
  for (const [name, array] of Object.entries(values)) {
    let sum = 0;
    // 0 · x is 0 for every finite x and NaN for all others.
    for (let i = 0; i < array.length; i++) sum += 0 * array[i]!;
    if (sum !== 0) throw diverged(`${name} holds values that are no finite numbers`, { tensor: name });
  }
}

const diverged = (what: string, details: Record<string, string>): NoduleLabError =>
  new NoduleLabError('unusable', `The training diverged: ${what}. Try a smaller learning rate.`, details);
