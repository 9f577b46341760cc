/**
 * A thread that makes batches: the engine keeps the main thread busy for a whole step, so batches that were made there
 * would cost the graph their time. batchLoader.ts is the other end.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { makeBatch, type BatchPlan } from './batches.ts';

export interface BatchWorkerData {
  readonly plan: BatchPlan;
  /** The whole set at the stage's resolution, shared by all threads; null where it is too large for that. */
  readonly held: Float32Array | null;
}

export interface BatchRequest {
  readonly index: number;
  readonly offsets: readonly number[];
  /** The batch's patches where the set is not held. */
  readonly patches: Float32Array | null;
}

export interface BatchAnswer {
  readonly index: number;
  readonly batch: Float32Array;
}

const port = parentPort;
if (port === null) throw new Error('batchWorker.ts runs as a worker thread only');
const { plan, held } = workerData as BatchWorkerData;

// What fails here ends the thread, and the loader tells of it.
port.on('message', ({ index, offsets, patches }: BatchRequest) => {
  const source = patches ?? held;
  if (source === null) throw new Error(`no patches came with the request for batch ${index}`);
  const batch = makeBatch(plan, index, source, offsets);
  port.postMessage({ index, batch } satisfies BatchAnswer, [batch.buffer as ArrayBuffer]);
});
