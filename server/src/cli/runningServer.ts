/**
 * The embedded database serves one process. A command that needs it therefore asks the running server, which says where
 * it listens in `<data>/server.json`; where none runs, the command opens the data itself under the folder's lock.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Health, Job, Problem } from '@nodulelab/contract';
import { z } from 'zod';
import type { JobContext } from '../services/face.ts';
import { type ErrorKind, NoduleLabError } from '../volume/errors.ts';

const Announcement = z.object({
  url: z.url(),
  pid: z.int(),
  /** Opens a server that has accounts: whoever may read the data folder may do everything in it. */
  token: z.string().optional(),
});
const fileOf = (dataDir: string): string => join(dataDir, 'server.json');

export async function announceServer(
  dataDir: string,
  url: string,
  token?: string,
): Promise<() => Promise<void>> {
  // An old file would keep its mode.
  await rm(fileOf(dataDir), { force: true });
  await writeFile(fileOf(dataDir), JSON.stringify({ url, pid: process.pid, token }), { mode: 0o600 });
  return () => rm(fileOf(dataDir), { force: true });
}

export interface RunningServer {
  readonly url: string;
  call<T extends z.ZodType>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    answer: T,
    body?: unknown,
  ): Promise<z.output<T>>;
  /** Waits for a job and answers its result; a signal cancels the job. */
  finish(job: Job, watch: JobContext): Promise<Record<string, unknown>>;
}

/** What the file says; undefined where it is not there or not whole. */
async function announcement(dataDir: string): Promise<z.infer<typeof Announcement> | undefined> {
  try {
    return Announcement.parse(JSON.parse(await readFile(fileOf(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

/** The server that serves this data folder, if one answers. */
export async function findRunningServer(dataDir: string): Promise<RunningServer | undefined> {
  const announced = await announcement(dataDir);
  // Where a server was killed its file stays behind, and its port may be that of another folder's server by now.
  if (announced === undefined || !processExists(announced.pid)) return undefined;
  const server = connect(announced.url, announced.token);
  const alive = await server.call('GET', '/api/health', Health).catch(() => undefined);
  return alive ? server : undefined;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function connect(url: string, token: string | undefined): RunningServer {
  const call: RunningServer['call'] = async (method, path, answer, body) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json: unknown = response.status === 204 ? null : await response.json();
    if (!response.ok) {
      const problem = Problem.parse(json);
      throw new NoduleLabError(
        (problem.kind === 'internal' ? 'upstream' : problem.kind) as ErrorKind,
        problem.detail,
        problem.details ?? {},
      );
    }
    return answer.parse(json);
  };
  return {
    url,
    call,
    async finish(job, { progress, signal }) {
      let asked = false;
      for (let state = job; ; state = await call('GET', `/api/jobs/${job.id}`, Job)) {
        switch (state.state) {
          case 'done':
            return state.result;
          case 'failed':
            throw new NoduleLabError(state.error.kind as ErrorKind, state.error.message);
          case 'cancelled':
            throw new NoduleLabError('cancelled', `${state.title}: cancelled`);
          case 'running':
            progress(state.progress, state.message);
            break;
          case 'queued':
            progress(0, 'waiting for its turn');
            break;
          default:
            state satisfies never;
        }
        if (signal.aborted && !asked) {
          asked = true;
          // It may have ended in this moment: its state tells.
          await call('POST', `/api/jobs/${job.id}/cancel`, Job).catch(() => undefined);
        } else await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
  };
}
