import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Job, type ServerEvent } from '@nodulelab/contract';
import { createEvents } from '../../server/src/jobs/events.ts';
import { type JobHandler, type Jobs, createJobs } from '../../server/src/jobs/jobs.ts';
import { type Store, openStore } from '../../server/src/store/store.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';

const newFolder = (): Promise<string> => mkdtemp(path.join(tmpdir(), 'nodulelab-jobs-'));

/** Waits for the next event of the job that the predicate accepts. */
function when(events: ReturnType<typeof createEvents>, accept: (job: Job) => boolean): Promise<Job> {
  return new Promise((resolve) => {
    const end = events.subscribe((event) => {
      if (event.type !== 'job' || !accept(event.job)) return;
      end();
      resolve(event.job);
    });
  });
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('jobs', () => {
  let dir: string;
  let store: Store;
  let jobs: Jobs;
  const seen: ServerEvent[] = [];
  const unexpected: unknown[] = [];
  const events = createEvents((error) => unexpected.push(error));
  let handler: JobHandler = async () => ({});
  const undone: string[] = [];

  beforeAll(async () => {
    dir = await newFolder();
    store = await openStore({ dir });
    events.subscribe((event) => seen.push(event));
    jobs = createJobs({
      store,
      handlers: {
        accept: (input, context) => handler(input, context),
        import: async () => ({ imported: 3 }),
      },
      now: () => new Date(),
      newId: randomUUID,
      emit: events.emit,
      onError: (error) => unexpected.push(error),
    });
    await jobs.start();
  });
  afterAll(async () => {
    await jobs.stop();
    await store.close();
    await rm(dir, { recursive: true, force: true });
  });

  test('a job runs to its end with its progress on the way, each event a valid Job', async () => {
    seen.length = 0;
    handler = async (input, { progress }) => {
      for (let i = 1; i <= 100; i++) {
        progress(i / 100, `slice ${i}`, { slice: i });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return { made: input['what'] };
    };
    const done = when(events, (job) => job.state === 'done');
    const queued = await jobs.enqueue('accept', 'Write a nodule', { what: 'series' });
    expect(queued).toMatchObject({ state: 'queued', kind: 'accept', title: 'Write a nodule', position: 0 });
    const ended = await done;
    expect(ended).toMatchObject({ id: queued.id, state: 'done', result: { made: 'series' } });
    expect(await jobs.get(queued.id)).toEqual(ended);
    const states = seen.flatMap((event) => (event.type === 'job' ? [Job.parse(event.job)] : []));
    const fractions = states.flatMap((job) => (job.state === 'running' ? [job.progress] : []));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    // A hundred reports in half a second leave as about five a second.
    expect(fractions.length).toBeGreaterThanOrEqual(3);
    expect(fractions.length).toBeLessThanOrEqual(12);
    expect(states.at(-1)?.state).toBe('done');
  });

  test('a failing job tells the kind and the message of an expected error', async () => {
    handler = async () => {
      throw new NoduleLabError('upstream', 'Orthanc does not answer. Start it again.');
    };
    const failed = when(events, (job) => job.state === 'failed');
    await jobs.enqueue('accept', 'x', {});
    expect(await failed).toMatchObject({
      error: { kind: 'upstream', message: 'Orthanc does not answer. Start it again.' },
    });
    expect(unexpected).toEqual([]);
  });

  test('an unexpected error stays in the log and out of the job', async () => {
    handler = async () => {
      throw new TypeError('secret detail');
    };
    const failed = when(events, (job) => job.state === 'failed');
    const { id } = await jobs.enqueue('accept', 'x', {});
    const job = await failed;
    expect(job).toMatchObject({ error: { kind: 'internal', message: expect.stringContaining(id) } });
    expect(JSON.stringify(job)).not.toContain('secret');
    expect(unexpected.splice(0)).toEqual([expect.objectContaining({ message: 'secret detail' })]);
  });

  test('cancelling a running job lets it undo first and ends as cancelled', async () => {
    handler = async (_, { signal, progress }) => {
      progress(0.5, 'half');
      try {
        return await untilAborted(signal);
      } finally {
        await new Promise((resolve) => setTimeout(resolve, 100));
        undone.push('series');
      }
    };
    const half = when(events, (job) => job.state === 'running' && job.progress === 0.5);
    const cancelled = when(events, (job) => job.state === 'cancelled');
    const { id } = await jobs.enqueue('accept', 'x', {});
    await half;
    expect(undone).toEqual([]);
    expect(await jobs.cancel(id)).toMatchObject({
      state: 'running',
      message: expect.stringContaining('undoing'),
    });
    expect((await cancelled).id).toBe(id);
    expect(undone).toEqual(['series']);
    expect(await jobs.get(id)).toMatchObject({ state: 'cancelled' });
    await expect(jobs.cancel(id)).rejects.toMatchObject({ kind: 'conflict' });
    expect(unexpected).toEqual([]);
  });

  test('a job that failed is done once more with what it was given; one that ended well is not', async () => {
    handler = async () => {
      throw new NoduleLabError('upstream', 'Orthanc does not answer.');
    };
    const failed = when(events, (job) => job.state === 'failed');
    const { id } = await jobs.enqueue('accept', 'Write a nodule', { what: 'this one' });
    await failed;
    handler = async (input) => ({ made: input['what'] });
    const done = when(events, (job) => job.state === 'done');
    const again = await jobs.retry(id);
    expect(again).toMatchObject({ state: 'queued', kind: 'accept', title: 'Write a nodule' });
    expect(again.id).not.toBe(id);
    expect(await done).toMatchObject({ id: again.id, result: { made: 'this one' } });
    expect(await jobs.get(id)).toMatchObject({ state: 'failed' });
    await expect(jobs.retry(again.id)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(jobs.retry(randomUUID())).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('jobs of one kind wait for each other; a waiting one is cancelled at once; other kinds pass', async () => {
    handler = (_, { signal }) => untilAborted(signal);
    const begun = when(events, (job) => job.state === 'running');
    const first = await jobs.enqueue('accept', 'first', {});
    await begun;
    const second = await jobs.enqueue('accept', 'second', {});
    const third = await jobs.enqueue('accept', 'third', {});
    expect([second, third]).toMatchObject([{ position: 0 }, { position: 1 }]);
    const imported = when(events, (job) => job.state === 'done' && job.kind === 'import');
    await jobs.enqueue('import', 'beside', {});
    expect(await imported).toMatchObject({ result: { imported: 3 } });
    expect(await jobs.cancel(second.id)).toMatchObject({ state: 'cancelled' });
    expect(await jobs.get(third.id)).toMatchObject({ state: 'queued', position: 0 });
    await jobs.cancel(third.id);
    const ended = when(events, (job) => job.id === first.id && job.state === 'cancelled');
    await jobs.cancel(first.id);
    await ended;
    const titles = (await jobs.list()).map((job) => job.title);
    expect(titles.slice(0, 4)).toEqual(['beside', 'third', 'second', 'first']);
  });

  test('an unknown job and a kind that this server does not do are clear errors', async () => {
    await expect(jobs.get('nonsense')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(jobs.cancel(randomUUID())).rejects.toMatchObject({ kind: 'not-found' });
    await expect(jobs.enqueue('train', 'x', {})).rejects.toMatchObject({ kind: 'unusable' });
  });

  test('a stop lets the running job undo and marks it failed; the queued one runs at the next start', async () => {
    undone.length = 0;
    handler = async (input, { signal }) => {
      if (input['quick']) return { ran: true };
      try {
        return await untilAborted(signal);
      } finally {
        undone.push('stopped');
      }
    };
    const begun = when(events, (job) => job.state === 'running');
    const first = await jobs.enqueue('accept', 'first', {});
    await begun;
    const second = await jobs.enqueue('accept', 'second', { quick: true });
    await jobs.stop();
    expect(undone).toEqual(['stopped']);
    const done = when(events, (job) => job.id === second.id && job.state === 'done');
    await jobs.start();
    await done;
    expect(await jobs.get(first.id)).toMatchObject({
      state: 'failed',
      error: { kind: 'interrupted', message: expect.stringContaining('stopped') },
    });
  });
});

test('a job that ran when its process was killed is marked failed at the next start, and nothing hangs', async () => {
  const dir = await newFolder();
  const source = path.resolve(import.meta.dirname, '../../server/src');
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { openStore } from ${JSON.stringify(`${source}/store/store.ts`)};
       import { createJobs } from ${JSON.stringify(`${source}/jobs/jobs.ts`)};
       const store = await openStore({ dir: ${JSON.stringify(dir)} });
       const jobs = createJobs({
         store, now: () => new Date(), newId: () => crypto.randomUUID(), emit: () => {}, onError: console.error,
         handlers: { accept: () => { console.log('running'); return new Promise(() => {}); } },
       });
       await jobs.start();
       await jobs.enqueue('accept', 'cut off', {});
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const store = await openStore({ dir });
  const ran: string[] = [];
  const jobs = createJobs({
    store,
    handlers: {
      accept: async (input) => {
        ran.push(String(input['name']));
        return {};
      },
    },
    now: () => new Date(),
    newId: randomUUID,
    emit: () => {},
    onError: (error) => {
      throw error;
    },
  });
  await jobs.start();
  const [job] = await jobs.list();
  expect(job).toMatchObject({
    title: 'cut off',
    state: 'failed',
    error: { kind: 'interrupted', message: expect.stringContaining('before you start it again') },
  });
  await jobs.enqueue('accept', 'next', { name: 'next' });
  while ((await jobs.list())[0]?.state !== 'done') await new Promise((resolve) => setTimeout(resolve, 50));
  expect(ran).toEqual(['next']);
  await jobs.stop();
  await store.close();
  await rm(dir, { recursive: true, force: true });
});
