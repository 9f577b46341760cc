/** A thread that measures patches while the network describes others; measureThreads.ts is the other end. */
import { parentPort } from 'node:worker_threads';
import { measurePatchAlone, type MeasuredPatch } from './describePatch.ts';

export interface MeasureRequest {
  readonly ticket: number;
  readonly values: Float32Array;
  readonly size: number;
  readonly spacingMm: number;
}

export interface MeasureAnswer {
  readonly ticket: number;
  /** The values come back as they went. */
  readonly values: Float32Array;
  readonly measured: MeasuredPatch | null;
  /** Why the patch could not be measured; empty where it was. */
  readonly failure: string;
}

const port = parentPort;
if (port === null) throw new Error('measureWorker.ts runs as a worker thread only');

port.on('message', ({ ticket, values, size, spacingMm }: MeasureRequest) => {
  let answer: MeasureAnswer;
  try {
    answer = { ticket, values, measured: measurePatchAlone(values, size, spacingMm), failure: '' };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    answer = { ticket, values, measured: null, failure };
  }
  const { measured } = answer;
  port.postMessage(
    answer,
    [values, measured?.pixels, measured?.crop?.values].flatMap((array) =>
      array === undefined ? [] : [array.buffer as ArrayBuffer],
    ),
  );
});
