/** What the training loop asks of a network's training, and of whoever watches over it. */
import type { CheckpointInfo } from './checkpoint.ts';
import type { Counters, Shapes, StoredTraining, TrainingState } from './trainingState.ts';

/** Named numbers that an update reports. */
export type MeasuresOf<M> = { readonly [name in keyof M]: number };

export interface UpdateResult<M extends MeasuresOf<M>> {
  /** Steps of the unfinished update that are done; 0 once the update is whole. */
  readonly step: number;
  /** Of a whole update; undefined if it was aborted on the way. */
  readonly measures?: M;
  /** Milliseconds spent waiting for data. */
  readonly dataWait: number;
}

/** A stage that is being trained: its state is where the engine computes. */
export interface StageRun<M extends MeasuresOf<M>> {
  /** The update that the counters point at. If `aborted` turns true on the way, it may stop between two steps. */
  update(counters: Counters, aborted: () => boolean): Promise<UpdateResult<M>>;
  /** A copy of all values as they are now. */
  read(): Promise<TrainingState['values']>;
  release(): Promise<void>;
}

/** An end in updates and seconds; Infinity where there is none. */
export interface End {
  readonly updates: number;
  readonly seconds: number;
}

/** What the loop trains. `Config` is what is fixed for the whole training, as JSON. */
export interface Trainee<M extends MeasuresOf<M>, Config = unknown> {
  readonly config: Config;
  readonly stages: number;
  /** What needs memory and what can be changed, as whole sentences. */
  readonly memoryRemedy: string;
  load(checkpoint: CheckpointInfo): Promise<StoredTraining<Config>>;
  /** Throws a 'conflict' error unless a training of the configuration `stored` that has got so far can go on as this one. */
  checkResumable(folder: string, stored: Config, counters: Counters): void;
  shapes(stage: number): Shapes;
  initial(): TrainingState;
  /** The state at the begin of a later stage. */
  enterStage(state: TrainingState, stage: number): TrainingState;
  /** End of a stage, counted from its begin. */
  stageEnd(stage: number): End;
  /** Whether a limit on the whole training is reached. */
  isOver(counters: Counters): boolean;
  /** Whether the update that these counters have just counted is one whose checkpoint is kept for good. */
  isMilestone(counters: Counters): boolean;
  open(state: TrainingState): Promise<StageRun<M>>;
}

/** Looks whether a training goes well. It throws an 'unusable' error where going on makes no sense. */
export interface Watch<M> {
  /** Sees the measures of every update. */
  observe(counters: Counters, measures: M): Promise<void>;
  /** Sees every state that is about to be kept. */
  inspect(state: TrainingState): Promise<void>;
  /** While true, checkpoints are in doubt, and the last one before the doubt is kept. */
  readonly doubtful: boolean;
  /** What it remembers, as JSON; it goes into checkpoints. */
  snapshot(): unknown;
  restore(snapshot: unknown): void;
}
