/**
 * The server's side of the imaging thread. Reading a CT, finding its lungs and writing a series take seconds of
 * arithmetic; in a thread of their own they never hold up an HTTP answer.
 */
import { Worker } from 'node:worker_threads';
import { NoduleLabError } from '../../volume/errors.ts';
import type { Answer, ImagingMethods, MethodName, Request } from './protocol.ts';

export interface Imaging extends ImagingMethods {
  close(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * @param orthancUrl Base URL of the archive that the thread reads hosts from.
 * @param dataDir where the keys are that sign what it writes
 */
export function startImaging(orthancUrl: string, dataDir: string): Imaging {
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let closed = false;
  let thread: Worker | undefined;

  /** A thread that crashed takes its requests with it; the next request gets a new one. */
  const running = (): Worker => {
    if (thread) return thread;
    const started = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: { orthancUrl, dataDir },
    });
    const lost = (reason: string): void => {
      // `error` is followed by `exit`, and by then the requests that wait may be those of a new thread.
      if (thread !== started) return;
      thread = undefined;
      for (const { reject } of waiting.values()) reject(new Error(reason));
      waiting.clear();
    };
    started.on('message', settle);
    started.on('error', (error) => lost(`the imaging thread failed: ${String(error)}`));
    started.on('exit', () => lost('the imaging thread ended'));
    thread = started;
    return started;
  };

  const settle = (answer: Answer): void => {
    const entry = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (!entry) return;
    if (answer.ok) entry.resolve(answer.value);
    else if (answer.error.kind === 'internal') entry.reject(new Error(answer.error.message));
    else entry.reject(new NoduleLabError(answer.error.kind, answer.error.message, answer.error.details));
  };

  const call = <M extends MethodName>(method: M): ImagingMethods[M] =>
    ((params: unknown) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new Error('the imaging thread is closed'));
          return;
        }
        const id = (next += 1);
        waiting.set(id, { resolve, reject });
        running().postMessage({ id, method, params } satisfies Request);
      })) as ImagingMethods[M];

  return {
    warm: call('warm'),
    facts: call('facts'),
    propose: call('propose'),
    rankPlaces: call('rankPlaces'),
    preview: call('preview'),
    remove: call('remove'),
    remake: call('remake'),
    guard: call('guard'),
    write: call('write'),
    verify: call('verify'),
    readCt: call('readCt'),
    readOfficial: call('readOfficial'),
    mark: call('mark'),
    verifyMark: call('verifyMark'),
    annotate: call('annotate'),
    planes: call('planes'),
    outline: call('outline'),
    async close() {
      closed = true;
      await thread?.terminate();
    },
  };
}
