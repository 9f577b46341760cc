/** A thread that trains one arm after the other; trainings.ts is the other end. */
import { parentPort, workerData } from 'node:worker_threads';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import { openClassifierScorer } from '../../networks/classifierTraining.ts';
import { NoduleLabError, type ErrorKind } from '../../volume/errors.ts';
import type { Lesions } from './lesions.ts';
import type { Protocol } from './protocol.ts';
import { trainArm, type TrainingRecord, type TrainingTask } from './training.ts';

export interface TrainingWorkerData {
  readonly lesions: Lesions;
  readonly protocol: Protocol;
  readonly engine: EngineChoice;
  /** Not 0 as soon as the training at work is to be given up. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

export type TrainingAnswer =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly record: TrainingRecord }
  | { readonly kind: 'failed'; readonly error: NoduleLabErrorJson };

/** An error as it crosses threads, where classes are lost. */
export interface NoduleLabErrorJson {
  readonly kind: ErrorKind;
  readonly message: string;
}

const port = parentPort;
if (port === null) throw new Error('trainingWorker.ts runs as a worker thread only');
const { lesions, protocol, engine: choice, stop } = workerData as TrainingWorkerData;

// One thread each: small networks gain more from two trainings side by side than from two threads in one.
const { engine } = await openEngine(choice, { threads: 1 });
const scorer = await openClassifierScorer(engine, protocol.network);
/** Of the updates: how often progress is told. */
const TOLD_EVERY = 20;

port.on('message', (task: TrainingTask) => {
  const tell = (answer: TrainingAnswer): void => port.postMessage(answer);
  trainArm(task, {
    ...{ engine, scorer, lesions, protocol },
    clock: () => performance.now(),
    onUpdate: (done) => {
      if (Atomics.load(stop, 0) !== 0) throw new NoduleLabError('cancelled', 'The training was given up.');
      if (done % TOLD_EVERY === 0) tell({ kind: 'progress', share: done / protocol.training.updates });
    },
  }).then(
    (record) => tell({ kind: 'done', record }),
    (error: unknown) =>
      tell({
        kind: 'failed',
        error: {
          kind: error instanceof NoduleLabError ? error.kind : 'unusable',
          message: `${task.rule}, ${task.design}, ${task.arm.name}, seed ${task.parts.seed}, fold ${task.parts.fold}: ${error instanceof Error ? error.message : String(error)}`,
        },
      }),
  );
});
