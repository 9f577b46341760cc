/** kill -9 of the accepting process at each of its steps: after the next start all of a series is there, or nothing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CandidateList, Job, Place, Preview } from '@nodulelab/contract';
import { startOrthanc, type RunningOrthanc } from '../../orthanc/index.ts';
import { openRuntime } from '../../server/src/cli/runtime.ts';
import { createServices } from '../../server/src/services/createServices.ts';
import { importPaths } from '../../server/src/services/importing/importPaths.ts';
import { runAccept, type AcceptOrder, type AcceptRun } from '../support/acceptRun.ts';
import { addressOf } from '../support/orthanc.ts';
import { startServe } from '../support/serveProcess.ts';
import { makePhantomStudy, unwatched } from '../support/product.ts';

let dir: string;
let orthanc: RunningOrthanc;
let host: Pick<AcceptOrder, 'dataDir' | 'orthancUrl' | 'seriesInstanceUID'>;
let slices: number;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodulelab-killed-'));
  orthanc = await startOrthanc({ dir: join(dir, 'orthanc') });
  const orthancUrl = addressOf(orthanc);
  const phantom = await makePhantomStudy(join(dir, 'phantom'), 1);
  const runtime = await openRuntime({ dataDir: dir, orthancUrl, log: () => undefined });
  await importPaths(runtime.context, [phantom.dir], unwatched());
  await runtime.close();
  host = { dataDir: dir, orthancUrl, seriesInstanceUID: phantom.seriesInstanceUID };
  ({ slices } = phantom);
}, 180_000);
afterAll(async () => {
  await orthanc?.stop();
  if (dir) await rm(dir, { recursive: true, force: true });
});

/** The archive holds the original, and whole synthetic series that are known; nothing else, in either of the two. */
function expectAllOrNothing({ start }: AcceptRun): void {
  const expected = new Map([[host.seriesInstanceUID, slices]]);
  for (const { ct, segmentation, report } of start.known)
    expected.set(ct, slices).set(segmentation, 1).set(report, 1);
  const found = new Map(start.archive.map(({ uid, instances }) => [uid, instances]));
  expect(found).toEqual(expected);
  expect(new Set(start.listed)).toEqual(
    new Set(start.known.flatMap(({ ct, segmentation, report }) => [ct, segmentation, report])),
  );
}

test('killed at any step, the next start finds all three objects there and verified, or nothing', async () => {
  const moments: readonly Pick<AcceptOrder, 'at' | 'time' | 'delayMs'>[] = [
    { at: '^Writing' },
    { at: '^Registered' },
    { at: '^Sending slice', time: 1 },
    { at: '^Sending slice', time: 23 },
    { at: '^Sending segmentation', time: 1 },
    { at: '^Sending segmentation', time: 2 },
    { at: '^Reading it back', delayMs: 40 },
    { at: '^Verified' },
    // Somewhere within or around the transaction that completes it.
    { at: '^Verified', delayMs: 4 },
    { at: '^Written' },
  ];
  let known = 0;
  for (const moment of moments) {
    const run = await runAccept({ ...host, action: 'kill', removal: known === 0, ...moment });
    expectAllOrNothing(run);
    known = run.start.known.length;
    expect([moment, run.killed]).toEqual([moment, true]);
  }
  const last = await runAccept({ ...host, action: 'look' });
  expectAllOrNothing(last);
  // The last kill came after the end, those before the transaction left nothing.
  expect(last.start.known.length).toBeGreaterThanOrEqual(1);
  expect(last.start.known.length).toBeLessThanOrEqual(2);

  const runtime = await openRuntime({ dataDir: dir, orthancUrl: host.orthancUrl, log: () => undefined });
  const services = createServices(runtime.context);
  try {
    for (const { ct } of last.start.known) expect((await services.replay(ct)).identical).toBe(true);
    // What was seen gone once is looked for again before it is forgotten.
    const end = Date.now() + 30_000;
    await services.recover();
    while ((await runtime.context.store.derived.unfinished()).length > 0) {
      if (Date.now() > end) throw new Error('unfinished series are never forgotten');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } finally {
    await services.close();
    await runtime.close();
  }
}, 400_000);

test('the server is killed while it writes: after its next start the job says so, and all or nothing of the series is there', async () => {
  const { seriesInstanceUID } = host;
  const server = await startServe(host.dataDir, host.orthancUrl);
  let jobId: string;
  try {
    const { candidates } = await server.ask(CandidateList, '/api/candidates', { seed: 2, count: 1 });
    const size = { seriesInstanceUID, diameterMm: 10 };
    const { centre } = await server.ask(Place, '/api/places', { ...size, seed: 9 });
    const candidateId = candidates[0]?.id;
    const preview = await server.ask(Preview, '/api/previews', { ...size, candidateId, centre });
    const confirmed = preview.checks.map(({ name }) => name);
    const job = await server.ask(Job, `/api/previews/${preview.id}/accept`, { confirmed });
    jobId = job.id;
    for (let now = job; !('progress' in now && now.progress > 0.1);)
      now = await server.ask(Job, `/api/jobs/${jobId}`);
  } finally {
    await server.end('SIGKILL');
  }
  const next = await startServe(host.dataDir, host.orthancUrl);
  try {
    expect(await next.ask(Job, `/api/jobs/${jobId}`)).toMatchObject({
      ...{ state: 'failed', error: { kind: 'interrupted' } },
    });
  } finally {
    await next.end('SIGINT');
  }
  const before = await runAccept({ ...host, action: 'none' });
  expectAllOrNothing(before);
  expect(before.end?.kind).toBe('written');
  const after = await runAccept({ ...host, action: 'look' });
  expectAllOrNothing(after);
  expect(after.start.known).toHaveLength(before.start.known.length + 1);
}, 240_000);
