/** Orthanc goes away, or stands still, while a series is being written: one clear error, and nothing partial once it is back. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startOrthanc, type RunningOrthanc } from '../../orthanc/index.ts';
import { openRuntime, type Runtime } from '../../server/src/cli/runtime.ts';
import { createOrthancClient } from '../../server/src/pacs/orthancClient.ts';
import { createGuardedArchive } from '../../server/src/security/guardedArchive.ts';
import type { ServiceContext } from '../../server/src/services/context.ts';
import { createServices } from '../../server/src/services/createServices.ts';
import { importPaths } from '../../server/src/services/importing/importPaths.ts';
import { addressOf } from '../support/orthanc.ts';
import { makePhantomStudy, unwatched } from '../support/product.ts';

let dir: string;
let orthanc: RunningOrthanc;
let runtime: Runtime;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodulelab-lost-'));
  orthanc = await startOrthanc({ dir: join(dir, 'orthanc') });
  runtime = await openRuntime({ dataDir: dir, orthancUrl: addressOf(orthanc), log: () => undefined });
}, 120_000);
afterAll(async () => {
  await runtime?.close();
  await orthanc?.stop();
  if (dir) await rm(dir, { recursive: true, force: true });
});

/** An archive that loses patience sooner than the product does. */
function hasty({ context, orthancUrl }: Runtime): ServiceContext {
  const client = createOrthancClient({ baseUrl: orthancUrl, timeoutMs: 1_000 });
  return { ...context, archive: createGuardedArchive(client, context.store.derived) };
}

const again = async (): Promise<void> => {
  const port = Number(new URL(orthanc.baseUrl).port);
  // It may still be on its way out.
  await orthanc.stop();
  orthanc = await startOrthanc({ dir: join(dir, 'orthanc'), port });
  expect(Number(new URL(orthanc.baseUrl).port)).toBe(port);
};

/** Holds this whole process, so that nothing is sent, until another one has ended. */
function holdUntilEnded(pid: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 50) {
    // Its state follows its name in brackets; Z has ended and was not asked after yet.
    const status = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'latin1') : ') Z';
    if (/\) Z/.test(status)) return;
    Atomics.wait(pause, 0, 0, 50);
  }
  throw new Error(`process ${pid} does not end`);
}

let phantom: Awaited<ReturnType<typeof makePhantomStudy>>;

beforeAll(async () => {
  phantom = await makePhantomStudy(join(dir, 'phantom'), 3);
  await importPaths(runtime.context, [phantom.dir], unwatched());
}, 60_000);

test.each<[string, NodeJS.Signals, () => Promise<void>]>([
  ['killed', 'SIGKILL', again],
  ['ended', 'SIGTERM', again],
  ['frozen', 'SIGSTOP', async () => void process.kill(orthanc.pid, 'SIGCONT')],
])(
  'Orthanc %s while slices are sent is named in the error, and some seconds after its return only the original is there',
  async (_, signal, bringBack) => {
    const context = hasty(runtime);
    const services = createServices(context);
    const { seriesInstanceUID } = phantom;
    const { candidates } = await services.generate({ seed: 1, count: 1 });
    const { centre } = await services.place({ seriesInstanceUID, diameterMm: 12, seed: 1 });
    const candidateId = candidates[0]?.id ?? '';
    const preview = await services.preview({ seriesInstanceUID, candidateId, centre, diameterMm: 12 });
    const confirmed = preview.checks.map(({ name }) => name);

    const job = unwatched();
    let hit = false;
    const watching = {
      signal: job.signal,
      progress(_fraction: number, message: string): void {
        if (hit || !/^Sending slice (?:[5-9]|1\d) /.test(message)) return;
        hit = true;
        process.kill(orthanc.pid, signal);
        // Asked to end, it first answers what was begun, which may be all of so small a series.
        if (signal === 'SIGTERM') holdUntilEnded(orthanc.pid);
      },
    };
    await expect(services.accept(preview.id, confirmed, watching)).rejects.toMatchObject({
      kind: 'upstream',
      message: expect.stringContaining(orthanc.baseUrl) as unknown,
    });
    expect(hit).toBe(true);
    expect(await services.health()).toMatchObject({ status: 'degraded', orthanc: { reachable: false } });
    const unfinished = await context.store.derived.unfinished();
    expect(unfinished.map((row) => row.sourceSeriesInstanceUID)).toEqual([seriesInstanceUID]);
    const [uid] = unfinished.map((row) => row.seriesInstanceUID);
    expect((await services.nodules(uid ?? '')).synthetic).toEqual([]);
    // A start meanwhile goes on without the archive.
    expect(await services.recover()).toEqual({ withdrawn: [], waiting: 1 });
    // Nothing new is written while something is left that cannot be taken away.
    await expect(services.accept(preview.id, confirmed, unwatched())).rejects.toMatchObject({
      kind: 'upstream',
    });

    await bringBack();
    expect((await services.health()).orthanc.reachable).toBe(true);
    // Nobody asks for it: it is tried again by itself.
    const end = Date.now() + 40_000;
    while ((await context.store.derived.unfinished()).length > 0) {
      if (Date.now() > end) throw new Error('what was half written is never taken away');
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const left = await context.archive.studySeries(phantom.studyInstanceUID);
    expect(left.map((series) => [series.seriesInstanceUID, series.instances])).toEqual([
      [seriesInstanceUID, phantom.slices],
    ]);
    const result = await services.accept(preview.id, confirmed, unwatched());
    for (const series of [
      result.seriesInstanceUID,
      result.segmentation.seriesInstanceUID,
      result.report.seriesInstanceUID,
    ])
      await context.archive.deleteOwnSeries(series);
    await services.close();
  },
  120_000,
);

test('Orthanc killed after the objects of an annotation were sent leaves neither nodule nor object, also over a restart', async () => {
  const { seriesInstanceUID, studyInstanceUID } = phantom;
  const context = hasty(runtime);
  const imaging = {
    ...context.imaging,
    verifyMark: async (files: Parameters<typeof context.imaging.verifyMark>[0]) => {
      const sent = await context.archive.studySeries(studyInstanceUID);
      expect(sent.map(({ modality }) => modality).toSorted()).toEqual(['CT', 'SEG', 'SR']);
      process.kill(orthanc.pid, 'SIGKILL');
      return context.imaging.verifyMark(files);
    },
  };
  const before = await createServices(context).nodules(seriesInstanceUID);
  const [model] = before.nodules;
  const request = {
    shape: { kind: 'outlines' as const, outlines: model!.consensusContours },
    characteristics: model!.marks[0]!.characteristics!,
    author: 'A. Reader',
  };
  const killed = createServices({ ...context, imaging });
  await expect(killed.annotate(seriesInstanceUID, request)).rejects.toMatchObject({ kind: 'upstream' });
  // As if the server had ended here.
  await killed.close();
  expect(await killed.recover()).toEqual({ withdrawn: [], waiting: 1 });
  expect(await killed.nodules(seriesInstanceUID)).toEqual(before);

  await again();
  const next = createServices(context);
  expect((await next.recover()).withdrawn).toHaveLength(1);
  const left = await context.archive.studySeries(studyInstanceUID);
  expect(left.map((series) => series.seriesInstanceUID)).toEqual([seriesInstanceUID]);
  const nodule = await next.annotate(seriesInstanceUID, request);

  // Deleted while the archive is away: nothing is forgotten that could not be taken away.
  process.kill(orthanc.pid, 'SIGKILL');
  await expect(next.deleteAnnotation(seriesInstanceUID, nodule.id)).rejects.toMatchObject({
    kind: 'upstream',
  });
  expect((await next.nodules(seriesInstanceUID)).nodules).toContainEqual(nodule);
  await again();
  await next.deleteAnnotation(seriesInstanceUID, nodule.id);
  expect(await next.nodules(seriesInstanceUID)).toEqual(before);
  expect(await context.archive.studySeries(studyInstanceUID)).toHaveLength(1);
  await next.close();
}, 120_000);
