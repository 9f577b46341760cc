/** Reads annotation files on several threads. Reading is all computing: 170 MB of XML take seven seconds on one. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { NoduleLabError } from '../volume/errors.ts';
import { readArchiveFile, type ArchiveFile } from './archiveFile.ts';
import type { FileSummary } from './fileSummary.ts';

/** Fewer files than this are read faster than threads start. */
const WORTH_A_THREAD = 24;
/** A file is at most 16 MB; a thread that needs more memory than this holds something else. */
const THREAD_MEMORY_MB = 1_024;

/** @returns the summaries in the order of the files */
export async function readFiles(
  files: readonly ArchiveFile[],
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<FileSummary[]> {
  const threads = Math.min(availableParallelism(), Math.floor(files.length / WORTH_A_THREAD));
  const summaries: FileSummary[] = [];
  let [next, done] = [0, 0];
  const take = (): number | undefined => (next < files.length ? next++ : undefined);
  const keep = (index: number, summary: FileSummary): void => {
    summaries[index] = summary;
    progress(++done);
  };
  if (threads > 1)
    await Promise.all(Array.from({ length: threads }, () => runThread(files, take, keep, signal)));
  else
    for (let index = take(); index !== undefined; index = take()) {
      signal.throwIfAborted();
      const file = files[index];
      if (file) keep(index, await readArchiveFile(file));
    }
  return summaries;
}

async function runThread(
  files: readonly ArchiveFile[],
  take: () => number | undefined,
  keep: (index: number, summary: FileSummary) => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./archiveThread.ts', import.meta.url), {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB },
  });
  let index = take();
  const stop = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      const ask = (): void => {
        if (index === undefined) resolve();
        else worker.postMessage(files[index]);
      };
      signal.addEventListener('abort', () => reject(signal.reason as Error), { signal: stop.signal });
      worker.on('message', (summary: FileSummary) => {
        if (index !== undefined) keep(index, summary);
        index = take();
        ask();
      });
      worker.on('error', (cause) => {
        const name = index === undefined ? 'the last file' : (files[index]?.name ?? 'a file');
        reject(
          new NoduleLabError(
            'unusable',
            `${name} could not be read: ${cause instanceof Error ? cause.message : 'its thread ended'}. Take it out of the folder and try again.`,
            { name },
            cause,
          ),
        );
      });
      ask();
    });
  } finally {
    stop.abort();
    await worker.terminate();
  }
}
