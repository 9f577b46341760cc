/**
 * Long work, one at a time for each kind: queued in the database, with progress, cancel and an end that is always
 * recorded. The queue is the only truth about the state of a job; memory adds how far a running one is.
 *
 * A job that was running when its process died is marked failed at the next start: nothing stays "running" for ever,
 * and nothing is repeated that a person did not ask for again.
 */
import { type Job, JobKind, type ServerEvent } from '@nodulelab/contract';
import type { JobWithMetadata, PgBoss } from 'pg-boss';
import type { JobContext } from '../services/face.ts';
import type { QueueConnection } from '../store/database.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { openQueue } from './queue.ts';
import { type JobFailure, Payload, type Progress, jobOf } from './record.ts';
import { throttle } from './throttle.ts';
import { secondsLeft } from './timeLeft.ts';

/** Does the work of one kind of job and answers what it made; heeds `context.signal` by undoing and throwing. */
export type JobHandler = (
  input: Record<string, unknown>,
  context: JobContext,
) => Promise<Record<string, unknown>>;

export interface JobsOptions {
  /** The store whose database holds the queue. */
  readonly store: { readonly sql: QueueConnection };
  /** Kinds without a handler cannot be queued here. */
  readonly handlers: Readonly<Partial<Record<JobKind, JobHandler>>>;
  readonly now: () => Date;
  /** A UUID. */
  readonly newId: () => string;
  readonly emit: (event: ServerEvent) => void;
  /** Hears what is not for the user: unexpected errors of handlers and of the queue. */
  readonly onError: (error: unknown) => void;
}

export interface Jobs {
  /** @throws unusable where this server does not do such jobs. */
  enqueue(kind: JobKind, title: string, input: Record<string, unknown>): Promise<Job>;
  /** @throws not-found */
  get(id: string): Promise<Job>;
  /** Newest first. */
  list(): Promise<Job[]>;
  /**
   * Asks for the end of a job. A queued one is cancelled at once; a running one undoes what it began and is
   * `cancelled` after that, which is told by an event.
   * @throws not-found; conflict where it has ended already
   */
  cancel(id: string): Promise<Job>;
  /**
   * Queues a job that failed or was cancelled once more, with what it was given then.
   * @throws not-found; conflict where it has not ended, or ended well; a training goes on by being resumed
   */
  retry(id: string): Promise<Job>;
  start(): Promise<void>;
  /** Ends the running jobs (each undoes what it began and is marked failed); queued ones wait for the next start. */
  stop(): Promise<void>;
}

const PROGRESS_INTERVAL_MS = 200;
/** A backstop only: a job queued by this process is fetched at once. */
const POLLING_SECONDS = 2;

interface Running {
  readonly controller: AbortController;
  progress: Progress;
  announce(): void;
}

const stopReason = new NoduleLabError('cancelled', 'The server is stopping.');

const STOPPED: JobFailure = {
  kind: 'interrupted',
  message: 'The server was stopped while this job ran; what it had begun was undone. Start it again.',
};
/** A training undoes nothing: it keeps its checkpoints. */
const TRAINING_STOPPED: JobFailure = {
  kind: 'interrupted',
  message: 'The server was stopped while this training ran; its last checkpoint is kept. Resume it.',
};
const CRASHED: JobFailure = {
  kind: 'interrupted',
  message:
    'The server ended while this job ran; what was unfinished is undone at the start. Look whether its result is there before you start it again.',
};

const ending = (kind: JobKind): string =>
  kind === 'train' ? 'Stopping: writing a checkpoint' : 'Cancelling: undoing what was begun';

export function createJobs({ store, handlers, now, newId, emit, onError }: JobsOptions): Jobs {
  const running = new Map<string, Running>();
  const workers = new Map<JobKind, string>();
  let boss: PgBoss | undefined;
  let stopping = false;

  const queue = (): PgBoss => {
    if (!boss) throw new NoduleLabError('conflict', 'The job queue is not running. Start the server first.');
    return boss;
  };

  const read = (kind: JobKind, rows: readonly JobWithMetadata<unknown>[]): Job[] => {
    const waiting = rows
      .filter((row) => row.state === 'created')
      .sort((a, b) => a.createdOn.getTime() - b.createdOn.getTime())
      .map((row) => row.id);
    return rows.map((row) =>
      jobOf(kind, row, Math.max(0, waiting.indexOf(row.id)), running.get(row.id)?.progress),
    );
  };

  const find = async (id: string): Promise<Job> => {
    // pg-boss keys its rows by UUID: anything else would be an error of the database, not an absent job.
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
      for (const kind of JobKind.options) {
        const [row] = await queue().findJobs<unknown>(kind, { id });
        if (!row) continue;
        const rows =
          row.state === 'created' ? await queue().findJobs<unknown>(kind, { queued: true }) : [row];
        const job = read(kind, rows).find((candidate) => candidate.id === id);
        if (job) return job;
        return find(id); // It left the queue between the two looks.
      }
    throw new NoduleLabError('not-found', `There is no job ${id}. GET /api/jobs lists those that are known.`);
  };

  const announce = async (id: string): Promise<Job> => {
    const job = await find(id);
    emit({ type: 'job', job });
    return job;
  };

  async function work(kind: JobKind, handler: JobHandler, id: string, data: unknown, lost: AbortSignal) {
    const { title, createdAt, input } = Payload.parse(data);
    const controller = new AbortController();
    const began = now().getTime();
    const progressed = throttle(PROGRESS_INTERVAL_MS, () => {
      const { fraction, message, detail, secondsLeft: left } = entry.progress;
      emit({
        type: 'job',
        job: {
          id,
          kind,
          title,
          createdAt,
          state: 'running',
          progress: fraction,
          message,
          ...(left === undefined ? {} : { secondsLeft: left }),
          ...(detail ? { detail } : {}),
        },
      });
    });
    const entry: Running = {
      controller,
      progress: { fraction: 0, message: 'Starting' },
      announce: () => progressed.call(),
    };
    running.set(id, entry);
    // Fetched at the very moment of the stop.
    if (stopping) controller.abort(stopReason);
    try {
      // It may have been cancelled between being fetched and being entered above.
      if ((await find(id)).state !== 'running') return;
      // The end was asked for while that was looked up: a handler that only listens for it would never hear of it.
      controller.signal.throwIfAborted();
      progressed.call();
      const result = await handler(input, {
        signal: AbortSignal.any([controller.signal, lost]),
        progress: (fraction, message, detail) => {
          if (controller.signal.aborted) return;
          const done = Math.min(1, Math.max(0, fraction));
          const left = secondsLeft(done, now().getTime() - began);
          entry.progress = { fraction: done, message, detail, secondsLeft: left };
          progressed.call();
        },
      });
      // Done is done, even if a cancel came while the last step ran: the state tells what is true.
      await queue().complete(kind, id, result);
    } catch (error) {
      if (controller.signal.reason === stopReason)
        await queue().fail(kind, id, kind === 'train' ? TRAINING_STOPPED : STOPPED);
      else if (controller.signal.aborted) {
        if (!isAbort(error)) onError(error);
        await queue().cancel(kind, id);
      } else await queue().fail(kind, id, failureOf(error, id));
    } finally {
      running.delete(id);
      progressed.cancel();
      await announce(id).catch(onError);
    }
  }

  const isAbort = (error: unknown): boolean =>
    (error instanceof NoduleLabError && error.kind === 'cancelled') ||
    (typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError');

  function failureOf(error: unknown, id: string): JobFailure {
    if (error instanceof NoduleLabError) return { kind: error.kind, message: error.message };
    onError(error);
    return {
      kind: 'internal',
      message: `An unexpected error ended the job. The log has it under job ${id}.`,
    };
  }

  async function failCrashed(): Promise<void> {
    // On a shared server a running job may belong to another process; its heartbeat tells whether that is alive.
    if (store.sql.kind !== 'pglite') return;
    for (const kind of JobKind.options)
      for (const row of await queue().findJobs(kind))
        if (row.state === 'active')
          await queue().fail(kind, row.id, kind === 'train' ? TRAINING_STOPPED : CRASHED);
  }

  async function enqueue(kind: JobKind, title: string, input: Record<string, unknown>): Promise<Job> {
    const worker = workers.get(kind);
    if (!worker) throw new NoduleLabError('unusable', `This server does not do "${kind}" jobs.`);
    const payload: Payload = { title, createdAt: now().toISOString(), input };
    const id = newId();
    await queue().send(kind, payload, { id });
    const job = await announce(id);
    queue().notifyWorker(worker);
    return job;
  }

  return {
    enqueue,
    get: find,
    async list() {
      const jobs: Job[] = [];
      for (const kind of JobKind.options) jobs.push(...read(kind, await queue().findJobs<unknown>(kind)));
      return jobs.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
    },
    async cancel(id) {
      const job = await find(id);
      if (job.state !== 'queued' && job.state !== 'running')
        throw new NoduleLabError(
          'conflict',
          `Job ${id} (${job.title}) has ended already: it is ${job.state}.`,
        );
      const abort = (entry: Running): void => {
        entry.progress = { ...entry.progress, message: ending(job.kind), secondsLeft: undefined };
        entry.controller.abort(new NoduleLabError('cancelled', `Job ${id} was cancelled.`));
        entry.announce();
      };
      const entry = running.get(id);
      if (entry) {
        abort(entry);
        return find(id);
      }
      await queue().cancel(job.kind, id);
      // It may have begun while the line above ran.
      const begun = running.get(id);
      if (begun) abort(begun);
      return announce(id);
    },
    async retry(id) {
      const { kind, state, title } = await find(id);
      if (kind === 'train')
        throw new NoduleLabError('conflict', `${title}: a training goes on where it stopped. Resume it.`);
      if (state !== 'failed' && state !== 'cancelled')
        throw new NoduleLabError(
          'conflict',
          `Job ${id} (${title}) is ${state}: only one that failed or was cancelled can be done once more.`,
        );
      const [row] = await queue().findJobs<unknown>(kind, { id });
      const { input } = Payload.parse(row?.data);
      return enqueue(kind, title, input);
    },
    async start() {
      stopping = false;
      boss = await openQueue(store.sql, onError);
      await failCrashed();
      for (const kind of JobKind.options) {
        const handler = handlers[kind];
        if (!handler) continue;
        const worker = await boss.work(kind, { pollingIntervalSeconds: POLLING_SECONDS }, async ([job]) => {
          if (job) await work(kind, handler, job.id, job.data, job.signal);
        });
        workers.set(kind, worker);
      }
    },
    async stop() {
      if (!boss) return;
      stopping = true;
      const ending = boss;
      const drained = [...workers.keys()].map((kind) => ending.offWork(kind, { wait: true }));
      for (const entry of running.values()) entry.controller.abort(stopReason);
      await Promise.all(drained);
      await ending.stop({ graceful: true, timeout: 5_000 });
      boss = undefined;
      workers.clear();
    },
  };
}
