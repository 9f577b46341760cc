import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Nodule } from '@nodulelab/contract';
import { PGlite } from '@electric-sql/pglite';
import { type Store, openStore } from '../../server/src/store/store.ts';
import { MIGRATIONS, migration } from '../../server/src/store/sql.ts';
import { aCompletion, aDerivedRow } from '../support/provenance.ts';
import { type CandidateMeta } from '../../server/src/store/candidatesTable.ts';

const STUDY = '1.2.3';
const SERIES = '1.2.3.1';

const noduleOf = (number: number, diameterMm = 10): Nodule => ({
  id: `${SERIES}-${number}`,
  seriesInstanceUID: SERIES,
  studyInstanceUID: STUDY,
  number,
  readers: 4,
  centre: [1.5, -2.25, 3],
  diameterMm,
  consensus: null,
  marks: [],
  consensusContours: [],
  source: 'lidc',
  annotation: null,
});

const meta: CandidateMeta = {
  model: 'first',
  modelSha256: 'a'.repeat(64),
  seed: 7,
  index: 0,
  meanHu: -120.5,
  conditions: null,
  support: null,
  thumbnails: { axial: 'a', coronal: 'c', sagittal: 's' },
};

const derivedRow = (uid: string) =>
  aDerivedRow(uid, { studyInstanceUID: STUDY, sourceSeriesInstanceUID: SERIES });

const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'nodulelab-store-'));
  folders.push(folder);
  return folder;
};
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe('the store', () => {
  let store: Store;
  let dir: string;
  beforeAll(async () => {
    dir = await newFolder();
    store = await openStore({ dir });
  });
  afterAll(() => store.close());

  test('keeps one row for a series however often it is imported', async () => {
    const row = {
      seriesInstanceUID: SERIES,
      studyInstanceUID: STUDY,
      patientId: 'P1',
      modality: 'CT',
      description: 'chest',
      instances: 130,
      origin: 'imported' as const,
    };
    await store.series.upsert(row);
    await store.series.upsert({ ...row, instances: 133 });
    expect(await store.series.list()).toEqual([{ ...row, instances: 133 }]);
    expect(await store.series.ofStudy(STUDY)).toHaveLength(1);
    expect(await store.series.ofStudy('9.9')).toEqual([]);
    expect(await store.series.get('9.9')).toBeUndefined();
  });

  test('replaces the nodules of a series as a whole, and the same replacement twice changes nothing', async () => {
    await store.nodules.replaceForSeries(SERIES, [noduleOf(1), noduleOf(2), noduleOf(3)]);
    const next = [noduleOf(1, 20), noduleOf(2, 5)];
    await store.nodules.replaceForSeries(SERIES, next);
    await store.nodules.replaceForSeries(SERIES, next);
    expect(await store.nodules.ofSeries(SERIES)).toEqual(next);
    expect(await store.nodules.get(`${SERIES}-2`)).toEqual(next[1]);
    expect(await store.nodules.get(`${SERIES}-3`)).toBeUndefined();
  });

  test('a replacement that fails halfway leaves the old nodules in place', async () => {
    await store.nodules.replaceForSeries(SERIES, [noduleOf(1), noduleOf(2)]);
    await expect(
      store.nodules.replaceForSeries(SERIES, [noduleOf(1, 30), noduleOf(1, 31)]),
    ).rejects.toThrow();
    expect(await store.nodules.ofSeries(SERIES)).toEqual([noduleOf(1), noduleOf(2)]);
  });

  test('nodules of one series cannot be stored under another', async () => {
    await expect(store.nodules.replaceForSeries('1.9', [noduleOf(1)])).rejects.toMatchObject({
      kind: 'invalid-input',
    });
  });

  test('gives the same sample the same id and its voxels back bit for bit', async () => {
    const voxels = Float32Array.from({ length: 64 }, (_, i) => Math.fround(Math.sin(i) / 3));
    const first = await store.candidates.put(meta, voxels);
    const again = await store.candidates.put(meta, voxels.slice());
    const other = await store.candidates.put({ ...meta, seed: 8 }, voxels);
    expect(again).toEqual(first);
    expect(other.id).not.toBe(first.id);
    expect(other.sha256).toBe(first.sha256);
    const read = await store.candidates.get(first.id);
    expect(read?.candidate).toEqual(first);
    expect(Buffer.from(read!.voxels.buffer).equals(Buffer.from(voxels.buffer))).toBe(true);
    expect(await store.candidates.get('unknown')).toBeUndefined();
  });

  test('a view into a larger buffer is stored as what it shows', async () => {
    const all = Float32Array.from([1, 2, 3, 4]);
    const stored = await store.candidates.put({ ...meta, index: 1 }, all.subarray(1, 3));
    expect([...(await store.candidates.get(stored.id))!.voxels]).toEqual([2, 3]);
  });

  test('a derived series, its segmentation and its report are ours from its beginning, and of its source only once complete', async () => {
    await store.derived.begin(derivedRow('2.1'));
    for (const uid of ['2.1', '2.1.1', '2.1.2'])
      expect([uid, await store.derived.isOurs(uid)]).toEqual([uid, true]);
    expect(await store.derived.isOurs(SERIES)).toBe(false);
    expect(await store.derived.ofSource(SERIES)).toEqual([]);
    expect(await store.derived.unfinished()).toEqual([{ ...derivedRow('2.1'), state: 'writing' }]);
    await store.derived.complete('2.1', aCompletion('2.1'));
    expect(await store.derived.ofSource(SERIES)).toEqual([{ ...derivedRow('2.1'), state: 'complete' }]);
    expect(await store.derived.unfinished()).toEqual([]);
    expect(await store.series.get('2.1')).toEqual(aCompletion('2.1').series[0]);
    expect((await store.audit.list()).map(({ subject }) => subject)).toContain('2.1');
  });

  test('an abandoned series is forgotten, a complete one cannot be abandoned or begun again', async () => {
    await store.derived.begin(derivedRow('2.2'));
    await store.derived.abandon('2.2');
    await store.derived.abandon('2.2');
    for (const uid of ['2.2', '2.2.1', '2.2.2'])
      expect([uid, await store.derived.isOurs(uid)]).toEqual([uid, false]);
    await store.derived.begin(derivedRow('2.3'));
    await store.derived.complete('2.3', aCompletion('2.3'));
    await expect(store.derived.abandon('2.3')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(store.derived.complete('2.3', aCompletion('2.3'))).rejects.toMatchObject({
      kind: 'conflict',
    });
    await expect(store.derived.begin(derivedRow('2.3'))).rejects.toMatchObject({ kind: 'conflict' });
    expect(await store.derived.isOurs('2.3')).toBe(true);
  });

  test.each([
    ['a CT that is registered', '2.6'],
    ['the segmentation of another CT', '2.6.1'],
  ])('a segmentation cannot have the UID of %s, and nothing of that series is entered', async (_, uid) => {
    if (!(await store.derived.isOurs('2.6'))) await store.derived.begin(derivedRow('2.6'));
    const taken = { seriesInstanceUID: uid, sopInstanceUID: '9.9' };
    await expect(store.derived.begin({ ...derivedRow('2.7'), segmentation: taken })).rejects.toMatchObject({
      kind: 'conflict',
    });
    expect(await store.derived.isOurs('2.7')).toBe(false);
  });

  test('a series that cannot be listed is not complete either', async () => {
    await store.derived.begin(derivedRow('2.8'));
    const [row] = aCompletion('2.8').series;
    const broken = { ...aCompletion('2.8'), series: [{ ...row!, instances: -1 }] };
    await expect(store.derived.complete('2.8', broken)).rejects.toThrow();
    expect((await store.derived.get('2.8'))?.state).toBe('writing');
    expect(await store.series.get('2.8')).toBeUndefined();
    await store.derived.abandon('2.8');
    await store.derived.abandon('2.6');
  });

  test('keeps settings of any JSON shape and tells null from never set', async () => {
    await store.settings.set('demo', { series: ['1', 2, null], on: true });
    await store.settings.set('none', null);
    expect(await store.settings.get('demo')).toEqual({ series: ['1', 2, null], on: true });
    expect(await store.settings.get('none')).toBeNull();
    expect(await store.settings.get('never')).toBeUndefined();
    await store.settings.set('demo', 'text');
    expect(await store.settings.get('demo')).toBe('text');
  });

  test('an audit entry can be added and read, never changed or removed', async () => {
    const earlier = (await store.audit.list()).length;
    const entry = {
      at: '2026-01-02T03:04:05.000Z',
      action: 'looked-at',
      subject: '2.1',
      details: { by: 'accept' },
    };
    await store.audit.append(entry);
    await store.audit.append({ ...entry, subject: '2.2' });
    const before = await store.audit.list();
    expect(before.slice(earlier)).toEqual([
      { ...entry, number: earlier + 1 },
      { ...entry, subject: '2.2', number: earlier + 2 },
    ]);
    if (store.sql.kind !== 'pglite') throw new Error('this suite runs on the embedded database');
    for (const attack of [
      "UPDATE nodulelab.audit SET subject = 'x'",
      'DELETE FROM nodulelab.audit',
      'TRUNCATE nodulelab.audit',
    ])
      await expect(store.sql.pglite.query(attack)).rejects.toThrow(/append-only/);
    expect(await store.audit.list()).toEqual(before);
  });

  test('an artefact that was changed on disk is refused, and storing it again repairs it', async () => {
    const bytes = Buffer.from('voxels of a candidate');
    const sha256 = await store.artefacts.put(bytes);
    expect(Buffer.from(await store.artefacts.get(sha256)).equals(bytes)).toBe(true);
    const file = path.join(dir, 'artefacts', sha256.slice(0, 2), sha256);
    await writeFile(file, 'something else');
    await expect(store.artefacts.get(sha256)).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining(file),
    });
    expect(await store.artefacts.put(bytes)).toBe(sha256);
    expect((await readFile(file)).equals(bytes)).toBe(true);
    expect(await readdir(path.dirname(file))).toEqual([sha256]);
    await expect(store.artefacts.get('0'.repeat(64))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(store.artefacts.get('../../lock')).rejects.toMatchObject({ kind: 'invalid-input' });
  });
});

describe('the lock of the data folder', () => {
  test('a second opening in the same process is refused and names the process', async () => {
    const dir = await newFolder();
    const store = await openStore({ dir });
    try {
      await expect(openStore({ dir })).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining(`process ${process.pid}`),
        details: { pid: process.pid },
      });
    } finally {
      await store.close();
    }
  });

  test('another living process holds it; once killed, its lock is taken over and its rows are there', async () => {
    const dir = await newFolder();
    const module = path.resolve(import.meta.dirname, '../../server/src/store/store.ts');
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { openStore } from ${JSON.stringify(module)};
         const store = await openStore({ dir: ${JSON.stringify(dir)} });
         await store.settings.set('written by', 'the child');
         console.log('open');
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    await expect(openStore({ dir })).rejects.toMatchObject({ kind: 'conflict', details: { pid: child.pid } });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = await openStore({ dir });
    expect(await store.settings.get('written by')).toBe('the child');
    await store.close();
    expect(await readdir(dir)).not.toContain('lock');
  });

  test('a lock whose pid belongs to another process now is stale', async () => {
    const dir = await newFolder();
    const first = await openStore({ dir });
    const lock = JSON.parse(await readFile(path.join(dir, 'lock'), 'utf8'));
    await first.close();
    await writeFile(path.join(dir, 'lock'), JSON.stringify({ ...lock, pid: 1, startTicks: '-1' }));
    const second = await openStore({ dir });
    await second.close();
  });

  test('a lock file cut short by a crash is stale', async () => {
    const dir = await newFolder();
    await writeFile(path.join(dir, 'lock'), '{"pid":');
    const store = await openStore({ dir });
    await store.close();
    await store.close();
  });
});

describe('the database', () => {
  test('keeps its rows over a restart and refuses to open under an older program', async () => {
    const dir = await newFolder();
    const first = await openStore({ dir });
    await first.nodules.replaceForSeries(SERIES, [noduleOf(1)]);
    await first.close();
    const second = await openStore({ dir });
    expect(await second.nodules.list()).toEqual([noduleOf(1)]);
    await second.close();

    const raw = await PGlite.create(path.join(dir, 'db'));
    await raw.query('INSERT INTO nodulelab.version (number) VALUES (999)');
    await raw.close();
    await expect(openStore({ dir })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('newer NoduleLab'),
    });
    expect(await readdir(dir)).not.toContain('lock');
  });

  test('a PostgreSQL server that does not answer is one clear error without the password', async () => {
    const dir = await newFolder();
    const error = await openStore({
      dir,
      connectionString: 'postgresql://user:secret@127.0.0.1:1/nodulelab',
    }).catch((cause: Error) => cause);
    expect(error).toMatchObject({ kind: 'upstream', message: expect.stringContaining('127.0.0.1:1') });
    expect((error as Error).message).not.toContain('secret');
  });
});

test('a database of the first version keeps all that it knew of its synthetic series, finished and unfinished', async () => {
  const dir = await newFolder();
  const raw = await PGlite.create(path.join(dir, 'db'));
  await raw.exec(migration.prepare);
  await raw.exec(MIGRATIONS[0]!);
  await raw.query(migration.record, [1]);
  const parameters = { candidateSha256: 'ab', seed: 7 };
  for (const [uid, state] of [
    ['3.1', 'complete'],
    ['3.2', 'writing'],
  ])
    await raw.query(
      `INSERT INTO nodulelab.derived VALUES ($1, '1.2', '1.2.1', 'c1', '[1, 2.5, -3]', 12.5, $2, '2026-01-02T03:04:05.678Z', $3)`,
      [uid, JSON.stringify(parameters), state],
    );
  await raw.close();

  const store = await openStore({ dir });
  try {
    const common = {
      studyInstanceUID: '1.2',
      sourceSeriesInstanceUID: '1.2.1',
      codeVersion: null,
      edits: [],
    };
    const earlier = { candidateId: 'c1', centre: [1, 2.5, -3], diameterMm: 12.5, parameters };
    const row = {
      ...common,
      segmentation: null,
      report: null,
      earlier,
      createdAt: '2026-01-02T03:04:05.678Z',
    };
    expect(await store.derived.ofSource('1.2.1')).toEqual([
      { seriesInstanceUID: '3.1', ...row, state: 'complete' },
    ]);
    expect(await store.derived.unfinished()).toEqual([
      { seriesInstanceUID: '3.2', ...row, state: 'writing' },
    ]);
    expect(await store.derived.isOurs('3.1')).toBe(true);
    await store.derived.abandon('3.2');
    expect(await store.derived.isOurs('3.2')).toBe(false);
  } finally {
    await store.close();
  }
});
