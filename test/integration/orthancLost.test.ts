/** Orthanc goes away while a series is being written: one clear error, and nothing partial once it is back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startOrthanc, type RunningOrthanc } from '../../orthanc/index.ts';
import { openRuntime, type Runtime } from '../../server/src/cli/runtime.ts';
import { withdrawUnfinished } from '../../server/src/services/acceptance.ts';
import { createServices } from '../../server/src/services/createServices.ts';
import { importPaths } from '../../server/src/services/importing/importPaths.ts';
import { makePhantomStudy, unwatched } from '../support/product.ts';

let dir: string;
let orthanc: RunningOrthanc;
let runtime: Runtime;

function addressOf({ baseUrl, auth }: RunningOrthanc): string {
  const url = new URL(baseUrl);
  url.username = auth.username;
  url.password = auth.password;
  return url.href;
}

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

test('Orthanc killed while slices are sent is named in the error, and after its return only the original is there', async () => {
  const phantom = await makePhantomStudy(join(dir, 'phantom'), 3);
  await importPaths(runtime.context, [phantom.dir], unwatched());
  const services = createServices(runtime.context);
  const { seriesInstanceUID } = phantom;
  const { candidates } = await services.generate({ seed: 1, count: 1 });
  const { centre } = await services.place({ seriesInstanceUID, diameterMm: 12, seed: 1 });
  const candidateId = candidates[0]?.id ?? '';
  const preview = await services.preview({ seriesInstanceUID, candidateId, centre, diameterMm: 12 });

  const job = unwatched();
  let killed = false;
  const watching = {
    signal: job.signal,
    progress(_fraction: number, message: string): void {
      if (killed || !/^Sending slice (?:[5-9]|1\d) /.test(message)) return;
      killed = true;
      process.kill(orthanc.pid, 'SIGKILL');
    },
  };
  await expect(services.accept(preview.id, watching)).rejects.toMatchObject({
    kind: 'upstream',
    message: expect.stringContaining(orthanc.baseUrl) as unknown,
  });
  expect(killed).toBe(true);
  expect(await services.health()).toMatchObject({ status: 'degraded', orthanc: { reachable: false } });
  const [unfinished] = await runtime.context.store.derived.unfinished();
  expect(unfinished?.sourceSeriesInstanceUID).toBe(seriesInstanceUID);

  const port = Number(new URL(orthanc.baseUrl).port);
  orthanc = await startOrthanc({ dir: join(dir, 'orthanc'), port });
  expect(Number(new URL(orthanc.baseUrl).port)).toBe(port);
  expect((await services.health()).orthanc.reachable).toBe(true);
  expect(await withdrawUnfinished(runtime.context)).toEqual([unfinished?.seriesInstanceUID]);
  const left = await runtime.context.archive.studySeries(phantom.studyInstanceUID);
  expect(left.map((series) => series.seriesInstanceUID)).toEqual([seriesInstanceUID]);
  expect(left[0]?.instances).toBe(phantom.slices);
}, 240_000);
