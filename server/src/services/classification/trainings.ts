/** Many trainings side by side in threads; each that is done is kept on disk, and is not done again. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EngineChoice } from '../../engine/registry.ts';
import { writeJsonAtomically } from '../../nn/artefactFile.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { Lesions } from './lesions.ts';
import type { Protocol } from './protocol.ts';
import { trainingRecordSchema, type TrainingRecord, type TrainingTask } from './training.ts';
import type { TrainingAnswer, TrainingWorkerData } from './trainingWorker.ts';

export const TRAININGS = 'trainings';

export const recordPath = (outDir: string, { rule, design, arm, parts }: TrainingTask): string =>
  join(outDir, TRAININGS, rule, design, arm.name, `${parts.seed}-${parts.fold}.json`);

/** Undefined where it was not trained yet, or on other inputs, or where the file was cut off. */
export async function keptRecord(outDir: string, task: TrainingTask): Promise<TrainingRecord | undefined> {
  const record = await readRecord(recordPath(outDir, task));
  return record?.inputsSha256 === task.inputsSha256 ? record : undefined;
}

async function readRecord(path: string): Promise<TrainingRecord | undefined> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return undefined;
  try {
    return trainingRecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** @throws NoduleLabError `conflict` where trainings on other inputs are kept, which these would take the place of */
export async function requireOwnRecords(outDir: string, tasks: readonly TrainingTask[]): Promise<void> {
  const others: string[] = [];
  for (const task of tasks) {
    const path = recordPath(outDir, task);
    const record = await readRecord(path);
    if (record !== undefined && record.inputsSha256 !== task.inputsSha256) others.push(path);
  }
  if (others.length > 0)
    throw new NoduleLabError(
      'conflict',
      `${outDir} holds ${others.length} trainings that were made otherwise (another protocol, other sets or samples, or an older version), for example ${others[0]!}: choose an empty folder, or go on with what it was begun with.`,
      { path: others[0]! },
    );
}

export interface TrainingsRequest {
  readonly outDir: string;
  readonly tasks: readonly TrainingTask[];
  readonly lesions: Lesions;
  readonly protocol: Protocol;
  readonly engine: EngineChoice;
  /** Threads, each with one training at a time. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  /** Trainings that are done, the parts of those at work included. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Does what is not done. Records are the same whatever the number of threads.
 * @throws NoduleLabError `cancelled`; what a training failed with
 */
export async function runTrainings(request: TrainingsRequest): Promise<void> {
  const { tasks, workers, signal } = request;
  if (tasks.length === 0) return;
  const queue = [...tasks];
  const shares = new Float64Array(Math.min(workers, tasks.length));
  let done = 0;
  const tell = (): void => request.onProgress?.(done + shares.reduce((sum, share) => sum + share, 0));
  const threads = Array.from(shares, (_, slot) =>
    openThread(request, (share) => {
      shares[slot] = share;
      tell();
    }),
  );
  const stop = (): void => threads.forEach(({ end }) => void end());
  signal?.addEventListener('abort', stop);
  const slots = threads.map(async ({ train }, slot) => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      if (signal?.aborted === true) throw stopped();
      const record = await train(task);
      const path = recordPath(request.outDir, task);
      await mkdir(dirname(path), { recursive: true });
      await writeJsonAtomically(path, record);
      done += 1;
      shares[slot] = 0;
      tell();
    }
  });
  try {
    await Promise.all(slots);
  } catch (error) {
    queue.length = 0;
    throw signal?.aborted === true ? stopped() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(threads.map(({ end }) => end()));
    await Promise.allSettled(slots);
  }
}

const stopped = (): NoduleLabError =>
  new NoduleLabError(
    'cancelled',
    'The trainings were stopped: those that are done are kept, and the same command goes on with the others.',
  );

interface Thread {
  train(task: TrainingTask): Promise<TrainingRecord>;
  end(): Promise<unknown>;
}

function openThread(
  { lesions, protocol, engine }: TrainingsRequest,
  onShare: (share: number) => void,
): Thread {
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(new URL('./trainingWorker.ts', import.meta.url), {
    workerData: { lesions, protocol, engine, stop } satisfies TrainingWorkerData,
  });
  let atWork: Promise<unknown> = Promise.resolve();
  let failed: unknown;
  let waiting: { resolve(record: TrainingRecord): void; reject(error: unknown): void } | undefined;
  const fail = (error: unknown): void => {
    failed ??= error;
    waiting?.reject(error);
  };
  worker.on('message', (answer: TrainingAnswer) => {
    if (answer.kind === 'progress') onShare(answer.share);
    else if (answer.kind === 'done') waiting?.resolve(answer.record);
    else waiting?.reject(new NoduleLabError(answer.error.kind, answer.error.message));
  });
  worker.on('error', fail);
  worker.on('exit', () =>
    fail(new NoduleLabError('unusable', 'A thread that trains classifiers ended before its time.')),
  );
  return {
    train(task) {
      const training = new Promise<TrainingRecord>((resolve, reject) => {
        waiting = { resolve, reject };
        if (failed === undefined) worker.postMessage(task);
        else reject(failed);
      });
      atWork = training;
      return training;
    },
    // A thread that is ended within an engine's native code takes the whole process with it: it is asked to stop first.
    async end() {
      Atomics.store(stop, 0, 1);
      await Promise.allSettled([atWork]);
      await worker.terminate();
    },
  };
}
