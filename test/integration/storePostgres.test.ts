/** The same SQL and the same queue on a real PostgreSQL server, which several processes may share. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Jobs, type JobsOptions, createJobs } from '../../server/src/jobs/jobs.ts';
import { type Store, openStore } from '../../server/src/store/index.ts';
import { aCompletion, aDerivedRow } from '../support/provenance.ts';
import { type TestPostgres, postgresPrograms, startTestPostgres } from '../support/postgres.ts';

const there = postgresPrograms() !== undefined;
const describeWithPostgres = there ? describe : describe.skip;

/** Less than a test has: what never comes ends the test, not the suite. */
const PATIENCE_MS = 45_000;

async function reached(state: () => Promise<boolean>, everyMs = 100): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await state())) {
    if (Date.now() > deadline) throw new Error('the awaited state of the jobs never came');
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

const untilAborted = (signal: AbortSignal, undo = (): unknown => undefined): Promise<never> =>
  new Promise((_, reject) =>
    signal.addEventListener('abort', () => {
      undo();
      reject(signal.reason as Error);
    }),
  );

describeWithPostgres(`on PostgreSQL${there ? '' : ' (skipped: PostgreSQL is not on this machine)'}`, () => {
  let dir: string;
  let postgres: TestPostgres;
  let first: Store;
  let second: Store;
  const servers: Jobs[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'nodulelab-pg-'));
    postgres = await startTestPostgres();
    const options = { dir, connectionString: postgres.connectionString };
    // Two servers that start at once must not migrate over each other.
    [first, second] = await Promise.all([openStore(options), openStore(options)]);
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await first?.close();
    await second?.close();
    await postgres?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** A started server of jobs, which is stopped at the end whatever happens. */
  const serverOn = async (store: Store, handlers: JobsOptions['handlers']): Promise<Jobs> => {
    const ignore = (): void => undefined;
    const server = createJobs({
      store,
      handlers,
      now: () => new Date(),
      newId: randomUUID,
      emit: ignore,
      onError: ignore,
    });
    servers.push(server);
    await server.start();
    return server;
  };

  test('what one process writes another one reads, and no lock keeps it out', async () => {
    const row = {
      seriesInstanceUID: '1.2.1',
      studyInstanceUID: '1.2',
      patientId: 'P',
      modality: 'CT',
      description: '',
      instances: 3,
      origin: 'phantom',
    } as const;
    await first.series.upsert(row);
    expect(await second.series.list()).toEqual([row]);
    expect(await readdir(dir)).not.toContain('lock');

    const meta = {
      model: 'm',
      modelSha256: 'a'.repeat(64),
      seed: 1,
      index: 0,
      meanHu: -1.5,
      conditions: null,
      support: null,
      thumbnails: { axial: '', coronal: '', sagittal: '' },
    };
    const voxels = Float32Array.from([0.1, 0.2]);
    const candidate = await first.candidates.put(meta, voxels);
    expect(await second.candidates.get(candidate.id)).toEqual({ candidate, voxels });

    const derived = aDerivedRow('1.2.2');
    await first.derived.begin(derived);
    await expect(second.derived.begin(derived)).rejects.toMatchObject({ kind: 'conflict' });
    // Whoever is silent for long is dead; who says something is not.
    expect(await second.derived.silent(60)).toEqual([]);
    expect(await second.derived.silent(-1)).toEqual([{ ...derived, state: 'writing' }]);
    await first.derived.touch('1.2.2');
    await second.derived.complete('1.2.2', aCompletion('1.2.2'));
    expect(await first.derived.get('1.2.2')).toEqual({ ...derived, state: 'complete' });
  });

  test('a transaction that fails leaves nothing, and the audit trail is append-only', async () => {
    const nodule = {
      id: 'n1',
      seriesInstanceUID: '1.2.1',
      studyInstanceUID: '1.2',
      number: 1,
      readers: 1,
      centre: [0, 0, 0] as [number, number, number],
      diameterMm: 5,
      consensus: null,
      marks: [],
      consensusContours: [],
      source: 'lidc' as const,
      annotation: null,
    };
    await first.nodules.replaceForSeries('1.2.1', [nodule]);
    await expect(
      first.nodules.replaceForSeries('1.2.1', [{ ...nodule, diameterMm: 9 }, nodule]),
    ).rejects.toThrow();
    expect(await second.nodules.list()).toEqual([nodule]);

    await first.audit.append({ at: '2026-01-02T03:04:05.000Z', action: 'a', subject: 's', details: {} });
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: postgres.connectionString });
    await client.connect();
    await expect(client.query('DELETE FROM nodulelab.audit')).rejects.toThrow(/append-only/);
    await client.end();
    expect((await second.audit.list()).filter(({ action }) => action === 'a')).toHaveLength(1);
  });

  test('a job is done once although two servers work on the queue, and either one can cancel it', async () => {
    const ran: string[] = [];
    const begun: string[] = [];
    const undone: string[] = [];
    const serverNamed = (store: Store, name: string): Promise<Jobs> =>
      serverOn(store, {
        import: async (input) => {
          ran.push(String(input['n']));
          return { by: name };
        },
        accept: (_, { signal }) => {
          begun.push(name);
          return untilAborted(signal, () => undone.push(name));
        },
      });
    const one = await serverNamed(first, 'one');
    const two = await serverNamed(second, 'two');
    for (let n = 0; n < 6; n++) await (n % 2 ? one : two).enqueue('import', `import ${n}`, { n });
    await reached(async () => (await one.list()).every(({ state }) => state === 'done'));
    expect(ran.sort()).toEqual(['0', '1', '2', '3', '4', '5']);

    const { id } = await one.enqueue('accept', 'long', {});
    await reached(async () => begun.length > 0);
    expect(await two.get(id)).toMatchObject({ state: 'running' });
    await one.cancel(id);
    await two.cancel(id).catch(() => {});
    await reached(async () => (await one.get(id)).state === 'cancelled');
    await one.stop();
    await two.stop();
    expect(undone).toEqual(begun);
    expect(undone).toHaveLength(1);
  }, 120_000);

  test('a job that is cancelled at the moment it begins is cancelled, and its work never waits for an end it missed', async () => {
    let missed = 0;
    const server = await serverOn(first, {
      accept: async (_, { signal }) => {
        if (signal.aborted) missed++;
        signal.throwIfAborted();
        return untilAborted(signal);
      },
    });
    for (let n = 0; n < 40; n++) {
      const { id } = await server.enqueue('accept', 'short', {});
      await reached(async () => (await server.get(id)).state === 'running', 0);
      await server.cancel(id);
      await reached(async () => (await server.get(id)).state === 'cancelled', 0);
    }
    expect(missed).toBe(0);
  }, 120_000);
});
