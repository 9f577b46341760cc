import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Job, type ServerEvent, Training, TrainingOverview, TrainingProgress } from '@nodulelab/contract';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { REPOSITORY } from '../../server/src/cli/runtime.ts';
import type { TrainWorkerConfig } from '../../server/src/gan/trainWorker.ts';
import { modelChoiceFile } from '../../server/src/services/modelChoice.ts';
import { createModelRegistry } from '../../server/src/services/models.ts';
import { createTrainings, type Trainings } from '../../server/src/services/trainings/trainings.ts';
import { type HttpFixture, startHttpFixture } from '../support/httpFixture.ts';
import { writePatchSet } from '../support/patchSet.ts';
import { nodulelab } from '../support/product.ts';

const TINY = { dataset: 'balls', preset: 'seed-64', widthDivisor: 64, batchSize: 2, seed: 3 };

let fixture: HttpFixture;
let dataDir: string;
let trainings: Trainings;
const heard: ServerEvent[] = [];

beforeAll(async () => {
  fixture = await startHttpFixture();
  dataDir = path.join(fixture.dir, 'data');
  trainings = createTrainings({
    dataDir,
    models: createModelRegistry(
      [path.join(dataDir, 'models')],
      onnxCpuEngine({ threads: 1 }),
      modelChoiceFile(path.join(dataDir, 'current-model.json')),
    ),
    configuration: { researchArchive: false, version: '0.0.0-test' },
    now: () => new Date('2026-11-22T20:45:30Z'),
    emit: (event) => fixture.events.emit(event),
  });
  fixture.answers = { trainings };
  fixture.train = async (input, job) => ({ ...(await trainings.run(String(input['training']), job)) });
  fixture.events.subscribe((event) => heard.push(event));
  await writePatchSet(path.join(dataDir, 'datasets', 'balls'), 4);
}, 60_000);
afterAll(() => fixture?.close());

async function ask<T>(
  schema: { parse(value: unknown): T },
  method: 'get' | 'post',
  address: string,
  body?: object,
): Promise<T> {
  const response = await fixture.api()[method](`/api${address}`).send(body);
  if (response.status >= 400) throw new Error(`${response.status} ${response.text}`);
  return schema.parse(response.body);
}

async function eventually<T>(read: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 150_000;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (Date.now() > deadline) throw new Error(`not reached: ${JSON.stringify(value).slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const training = (name: string): Promise<Training> => ask(Training, 'get', `/trainings/${name}`);
const ended = (id: string): Promise<Job> =>
  eventually(
    () => ask(Job, 'get', `/jobs/${id}`),
    ({ state }) => state !== 'queued' && state !== 'running',
  );

describe('a training that is asked for over HTTP', () => {
  test('runs beside other jobs, tells how it stands, keeps a checkpoint when stopped, and goes on from it', async () => {
    const job = await ask(Job, 'post', '/trainings', { ...TINY, name: 'first' });
    expect(job).toMatchObject({ kind: 'train', title: 'Train first' });
    const begun = await eventually(
      () => training('first'),
      ({ points }) => points.length >= 2,
    );
    expect(begun).toMatchObject({
      state: 'running',
      jobId: job.id,
      preset: 'seed-64/64',
      dataset: 'balls',
      seed: 3,
    });
    const accepted = await fixture.jobs.enqueue('accept', 'beside', {});
    expect((await ended(accepted.id)).state).toBe('done');
    expect((await ask(Job, 'get', `/jobs/${job.id}`)).state).toBe('running');

    await ask(Job, 'post', `/jobs/${job.id}/cancel`);
    expect((await ended(job.id)).state).toBe('cancelled');
    const stopped = await training('first');
    expect(stopped).toMatchObject({ state: 'stopped', resumable: true, jobId: null, engine: 'onnx-cpu' });
    const kept = stopped.checkpoints.at(-1)!;
    expect(kept.update).toBe(stopped.update);
    expect(stopped.points.at(-1)!.update).toBe(stopped.update);

    const live = heard.flatMap((event) =>
      event.type === 'job' && event.job.id === job.id && event.job.state === 'running' && event.job.detail
        ? [TrainingProgress.parse(event.job.detail)]
        : [],
    );
    const updates = live.flatMap(({ point }) => (point === null ? [] : [point.update]));
    expect(updates.length).toBeGreaterThan(0);
    expect(updates).toEqual(updates.toSorted((a, b) => a - b));

    const again = await ask(Job, 'post', '/trainings/first/resume', {
      limits: { maxUpdates: stopped.update + 2 },
    });
    expect(await ended(again.id)).toMatchObject({
      state: 'done',
      result: { update: stopped.update + 2, reason: 'limit' },
    });
    const over = await training('first');
    expect(over).toMatchObject({ state: 'limit', update: stopped.update + 2, resumable: false });
    expect(over.points.map(({ update }) => update)).toEqual(
      Array.from({ length: stopped.update + 2 }, (_, i) => i + 1),
    );
  }, 300_000);

  test('shows its pictures and its report, and becomes a model', async () => {
    const { checkpoints, realPicture } = await training('first');
    expect(realPicture).toBe(true);
    const shown = checkpoints.at(-1)!;
    expect(shown.picture).toBe(true);
    for (const picture of [shown.stem, 'real']) {
      const response = await fixture.api().get(`/api/trainings/first/pictures/${picture}`);
      expect(response.headers['content-type']).toBe('image/png');
      expect((response.body as Buffer).subarray(1, 4).toString()).toBe('PNG');
    }
    const report = await fixture.api().get('/api/trainings/first/report');
    expect(report.headers['content-type']).toMatch(/^text\/html/);
    expect(report.text).toContain('seed-64');

    const wanted = { model: 'balls-64', description: 'Four soft balls.' };
    const made = await fixture.api().post('/api/trainings/first/model').send(wanted);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'balls-64', preset: 'seed-64/64', resolution: 64 });
    const twice = await fixture.api().post('/api/trainings/first/model').send(wanted);
    expect(twice.status).toBe(409);
    const card = JSON.parse(
      await readFile(path.join(dataDir, 'models/balls-64/model.json'), 'utf8'),
    ) as object;
    const manifest = JSON.parse(
      await readFile(path.join(dataDir, 'datasets/balls/manifest.json'), 'utf8'),
    ) as { patchesSha256: string };
    expect(card).toMatchObject({ datasetSha256: manifest.patchesSha256, data: 'Four soft balls.' });
  }, 60_000);

  test('has each of its checkpoints as a model, not the newest alone; the one that is promoted is preferred', async () => {
    const { checkpoints, update } = await training('first');
    const [earlier] = checkpoints;
    expect(earlier!.update).toBeLessThan(update);
    const promote = (model: string, checkpoint: string) =>
      fixture
        .api()
        .post('/api/trainings/first/model')
        .send({ model, description: 'Four soft balls.', checkpoint, current: true });
    heard.length = 0;
    expect((await promote('early', earlier!.stem)).body).toMatchObject({
      name: 'early',
      updates: earlier!.update,
    });
    expect(heard).toContainEqual({ type: 'models-changed' });
    const models = createModelRegistry(
      [path.join(dataDir, 'models')],
      onnxCpuEngine({ threads: 1 }),
      modelChoiceFile(path.join(dataDir, 'current-model.json')),
    );
    expect(await models.current()).toMatchObject({ name: 'early', chosen: true, former: 'balls-64' });
    const gone = await promote('gone', '00099999');
    expect([gone.status, (gone.body as { detail: string }).detail]).toEqual([
      404,
      'The training first does not keep the checkpoint 00099999 any more.',
    ]);
  }, 60_000);

  test('the command line promotes an earlier checkpoint as well', async () => {
    const [earlier] = (await training('first')).checkpoints;
    const checkpoints = path.join(dataDir, 'trainings/first');
    const promote = (name: string, update: number) =>
      nodulelab(
        ...['--data', dataDir, '--json', 'export', '--checkpoints', checkpoints, '--name', name],
        ...['--description', 'Four soft balls.', '--update', String(update), '--use'],
      );
    const made = await promote('from-line', earlier!.update);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(made.stdout)).toMatchObject({ training: { updates: earlier!.update } });
    const current = await nodulelab('--data', dataDir, '--json', 'model', 'current');
    expect(JSON.parse(current.stdout)).toMatchObject({ name: 'from-line', former: 'early' });
    const gone = await promote('gone', 99_999);
    expect([gone.status, gone.stderr]).toEqual([1, expect.stringContaining('no checkpoint of update 99999')]);
  }, 60_000);

  test('is interrupted when the server stops, says so after a restart, and resumes there', async () => {
    const limits = { maxUpdates: 100_000 };
    const job = await ask(Job, 'post', '/trainings', { ...TINY, name: 'second', limits });
    await eventually(
      () => training('second'),
      ({ points }) => points.length >= 1,
    );
    await fixture.jobs.stop();
    await fixture.jobs.start();
    expect(await ask(Job, 'get', `/jobs/${job.id}`)).toMatchObject({
      state: 'failed',
      error: { kind: 'interrupted' },
    });
    const left = await training('second');
    expect(left).toMatchObject({ state: 'interrupted', resumable: true, error: null });
    expect(left.checkpoints.at(-1)!.update).toBe(left.update);

    const more = { limits: { maxUpdates: left.update + 1 } };
    const again = await ask(Job, 'post', '/trainings/second/resume', more);
    expect(await ended(again.id)).toMatchObject({ state: 'done', result: { update: left.update + 1 } });
  }, 300_000);

  test('that cannot be done fails with the reason, in its job and in the list', async () => {
    const job = await ask(Job, 'post', '/trainings', { ...TINY, name: 'third', batchSize: 64 });
    const failed = await ended(job.id);
    if (failed.state !== 'failed') throw new Error(failed.state);
    expect(failed.error.message).toContain('holds 4');
    const { trainings: list } = await ask(TrainingOverview, 'get', '/trainings');
    expect(list.find(({ name }) => name === 'third')).toMatchObject({
      state: 'failed',
      error: failed.error.message,
    });
  }, 60_000);

  test('gets a name of preset and time where none is given; a taken name is refused', async () => {
    const limits = { maxUpdates: 1 };
    const job = await ask(Job, 'post', '/trainings', { ...TINY, limits });
    expect(job.title).toBe('Train seed-64-20261122-204530');
    expect((await ended(job.id)).state).toBe('done');
    const taken = await fixture
      .api()
      .post('/api/trainings')
      .send({ ...TINY, name: 'first' });
    expect(taken.status).toBe(409);
  }, 60_000);
});

test('a long training is done in slices, each of which goes on where the one before it ended', async () => {
  const context = {
    ...{ dataDir, models: createModelRegistry([], onnxCpuEngine()), now: () => new Date() },
    configuration: { researchArchive: false, version: '0.0.0-test' },
    emit: () => undefined,
  };
  const { name } = await trainings.begin({ ...TINY, name: 'long', limits: {} });
  const controller = new AbortController();
  const updates: number[] = [];
  const job = {
    signal: controller.signal,
    progress: (_fraction: number, _message: string, detail?: Record<string, unknown>): void => {
      const { point } = TrainingProgress.parse(detail);
      if (point !== null) updates.push(point.update);
    },
  };
  const first = await createTrainings(context, 8_000).run(name, job);
  expect(first).toMatchObject({ training: 'long', reason: 'aborted', again: true });
  updates.length = 0;
  const second = await createTrainings(context, 8_000).run(name, job);
  expect(second.again).toBe(true);
  expect(second.update).toBeGreaterThanOrEqual(first.update);
  expect(updates.every((update) => update > first.update)).toBe(true);
}, 120_000);

test('a training whose server dies without a word ends by itself, with a checkpoint', async () => {
  const { name } = await trainings.begin({ ...TINY, name: 'orphan', limits: {} });
  const dir = path.join(dataDir, 'trainings', name);
  const config: TrainWorkerConfig = {
    ...{ preset: TINY.preset, widthDivisor: TINY.widthDivisor, batchSize: TINY.batchSize, seed: TINY.seed },
    ...{ dataset: path.join(dataDir, 'datasets', 'balls'), outDir: dir },
  };
  await writeFile(path.join(dir, 'worker.json'), JSON.stringify(config));
  const worker = path.join(REPOSITORY, 'server/src/services/trainings/worker.ts');
  const server = spawn(
    process.execPath,
    [
      ...['--input-type=module', '--eval'],
      `const { runTrainWorker } = await import(process.argv[1]);
       await runTrainWorker(process.argv[2], new AbortController().signal, () => undefined);`,
      ...[worker, path.join(dir, 'worker.json')],
    ],
    { stdio: 'ignore' },
  );
  await eventually(
    () => training(name),
    ({ state, points }) => state === 'running' && points.length > 0,
  );
  server.kill('SIGKILL');
  const left = await eventually(
    () => training(name),
    ({ state }) => state !== 'running',
  );
  expect(left).toMatchObject({ state: 'stopped', resumable: true });
  expect(left.checkpoints.at(-1)!.update).toBe(left.update);
}, 120_000);

test('the overview lists data sets that are whole, and what is no training is not listed', async () => {
  await mkdir(path.join(dataDir, 'datasets', 'half'), { recursive: true });
  await writeFile(path.join(dataDir, 'datasets', 'half', 'manifest.json'), '{');
  await mkdir(path.join(dataDir, 'trainings', 'empty'), { recursive: true });
  const { trainings: list, datasets, presets } = await ask(TrainingOverview, 'get', '/trainings');
  expect(datasets).toEqual([{ name: 'balls', patches: 4, summary: 'all, isolated, train fold' }]);
  expect(list.map(({ name }) => name)).not.toContain('empty');
  expect(presets).toContain('seed-64');
});

test.each([
  ['get', '/trainings/..%2F..%2Fetc', 400],
  ['get', '/trainings/absent', 404],
  ['get', '/trainings/first/pictures/..%2Frun', 400],
  ['get', '/trainings/first/pictures/99999999', 404],
  ['get', '/trainings/absent/report', 404],
  ['post', '/trainings/absent/resume', 404],
  ['post', '/trainings/first/resume', 409],
] as const)('%s %s answers %i', async (method, address, status) => {
  const api = fixture.api();
  const response = await (method === 'get' ? api.get(`/api${address}`) : api.post(`/api${address}`).send({}));
  expect(response.status).toBe(status);
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
});

test.each([
  [{ ...TINY, dataset: '../balls' }, 400],
  [{ ...TINY, dataset: 'absent' }, 404],
  [{ ...TINY, preset: 'seed-65' }, 404],
  [{ ...TINY, name: '.hidden' }, 400],
])('a request for %j answers %i and leaves no folder behind', async (body, status) => {
  const before = await readdir(path.join(dataDir, 'trainings'));
  expect((await fixture.api().post('/api/trainings').send(body)).status).toBe(status);
  expect(await readdir(path.join(dataDir, 'trainings'))).toEqual(before);
});
