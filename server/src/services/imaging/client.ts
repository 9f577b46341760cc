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

/** @param orthancUrl Base URL of the archive that the thread reads hosts from. */
export function startImaging(orthancUrl: string): Imaging {
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let closed = false;
  const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: { orthancUrl } });

  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  thread.on('message', (answer: Answer) => {
    const entry = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (!entry) return;
    if (answer.ok) entry.resolve(answer.value);
    else if (answer.error.kind === 'internal') entry.reject(new Error(answer.error.message));
    else entry.reject(new NoduleLabError(answer.error.kind, answer.error.message, answer.error.details));
  });
  thread.on('error', (error) => failAll(error instanceof Error ? error : new Error(String(error))));
  thread.on('exit', () => {
    closed = true;
    failAll(new Error('the imaging thread ended'));
  });

  const call = <M extends MethodName>(method: M): ImagingMethods[M] =>
    ((params: unknown) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new Error('the imaging thread has ended: restart the server'));
          return;
        }
        const id = (next += 1);
        waiting.set(id, { resolve, reject });
        thread.postMessage({ id, method, params } satisfies Request);
      })) as ImagingMethods[M];

  return {
    facts: call('facts'),
    propose: call('propose'),
    preview: call('preview'),
    derive: call('derive'),
    verify: call('verify'),
    async close() {
      await thread.terminate();
    },
  };
}
