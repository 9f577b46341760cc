/** Measures patches in threads of their own: radiomics are all computing, and the network keeps the main thread busy. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { NoduleLabError } from '../../../volume/errors.ts';
import type { MeasuredPatch } from './describePatch.ts';
import type { MeasureAnswer, MeasureRequest } from './measureWorker.ts';

export interface MeasureThreads {
  /** The values travel to the thread and come back with the answer: the caller's array is empty meanwhile. */
  measure(values: Float32Array, size: number, spacingMm: number): Promise<Measured>;
  release(): Promise<void>;
}

export interface Measured {
  readonly values: Float32Array;
  readonly measured: MeasuredPatch;
}

const MOST_THREADS = 8;

interface Waiting {
  resolve(measured: Measured): void;
  reject(error: Error): void;
}

/** @param threads by default one for each core */
export function startMeasureThreads(
  threads = Math.min(MOST_THREADS, availableParallelism()),
): MeasureThreads {
  const waiting = new Map<number, Waiting>();
  let failure: NoduleLabError | undefined;
  let next = 0;
  const fail = (error: NoduleLabError): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  const workers = Array.from({ length: threads }, () => {
    // Flags of the program itself are not meant for its threads.
    const worker = new Worker(new URL('./measureWorker.ts', import.meta.url), { execArgv: [] });
    worker.on('message', ({ ticket, values, measured, failure: why }: MeasureAnswer) => {
      const entry = waiting.get(ticket);
      waiting.delete(ticket);
      if (measured === null) entry?.reject(new NoduleLabError('invalid-input', why));
      else entry?.resolve({ values, measured });
    });
    worker.on('error', (error) => fail(threadFailed(error)));
    worker.on('exit', () => fail(threadFailed('it ended')));
    return worker;
  });
  return {
    measure(values, size, spacingMm) {
      if (failure !== undefined) return Promise.reject(failure);
      const ticket = next++;
      const { promise, ...settle } = Promise.withResolvers<Measured>();
      waiting.set(ticket, settle);
      const request: MeasureRequest = { ticket, values, size, spacingMm };
      workers[ticket % threads]!.postMessage(request, [values.buffer as ArrayBuffer]);
      return promise;
    },
    async release() {
      fail(new NoduleLabError('cancelled', 'The evaluation ended while patches were being measured.'));
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

const threadFailed = (cause: unknown): NoduleLabError =>
  new NoduleLabError(
    'unusable',
    `The thread that measures patches failed (${cause instanceof Error ? cause.message : String(cause)}): ` +
      'run the same command again, it goes on from there; if it fails again, free memory.',
    {},
    cause,
  );
