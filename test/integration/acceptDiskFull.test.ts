/** A full disk, of Orthanc or of NoduleLab itself, in the middle of an accept: a clear word, and all or nothing. */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startOrthanc, type RunningOrthanc } from '../../orthanc/index.ts';
import { openRuntime } from '../../server/src/cli/runtime.ts';
import { createServices } from '../../server/src/services/createServices.ts';
import { importPaths } from '../../server/src/services/importing/importPaths.ts';
import { runAccept, type AcceptOrder } from '../support/acceptRun.ts';
import { mountable, mountSmall, unmount } from '../support/smallDisk.ts';
import { addressOf } from '../support/orthanc.ts';
import { makePhantomStudy, previewOne, unwatched } from '../support/product.ts';

const withMount = mountable() ? describe : describe.skip;
const reason = mountable() ? '' : ' (skipped: a small file system can be mounted by root on Linux only)';

let dir: string;
let phantom: Awaited<ReturnType<typeof makePhantomStudy>>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodulelab-full-'));
  phantom = await makePhantomStudy(join(dir, 'phantom'), 1);
}, 60_000);
afterAll(async () => {
  if (dir) await rm(dir, { recursive: true, force: true });
});

/** Leaves so many bytes free. */
function fill(disk: string, room: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filler'), new Uint8Array(bavail * bsize - room));
}

withMount(`the disk of Orthanc${reason}`, () => {
  test('fills while slices are stored: the job says what Orthanc says, only the original is there, and with room it goes well', async () => {
    const disk = join(dir, 'orthanc-disk');
    await mkdir(disk);
    mountSmall(disk, '48m');
    let orthanc: RunningOrthanc | undefined;
    try {
      orthanc = await startOrthanc({ dir: join(disk, 'orthanc') });
      const orthancUrl = addressOf(orthanc);
      const runtime = await openRuntime({ dataDir: join(dir, 'data'), orthancUrl, log: () => undefined });
      const { context } = runtime;
      const services = createServices(context);
      try {
        await importPaths(context, [phantom.dir], unwatched());
        const { seriesInstanceUID, studyInstanceUID } = phantom;
        const preview = await previewOne({ services, seriesInstanceUID });
        const names = preview.checks.map(({ name }) => name);
        let filled = false;
        const watching = {
          ...unwatched(),
          progress(_fraction: number, message: string): void {
            if (filled || !/^Sending slice/.test(message)) return;
            filled = true;
            fill(disk, 0);
          },
        };
        await expect(services.accept(preview.id, names, watching)).rejects.toMatchObject({
          kind: 'upstream',
        });
        expect(filled).toBe(true);
        await rm(join(disk, 'filler'));
        await services.recover();
        const left = await context.archive.studySeries(studyInstanceUID);
        expect(left.map((series) => [series.seriesInstanceUID, series.instances])).toEqual([
          [seriesInstanceUID, phantom.slices],
        ]);
        expect(await context.store.series.list()).toHaveLength(1);
        const result = await services.accept(preview.id, names, unwatched());
        expect((await services.replay(result.seriesInstanceUID)).identical).toBe(true);
      } finally {
        await services.close();
        await runtime.close();
      }
    } finally {
      await orthanc?.stop();
      unmount(disk);
    }
  }, 120_000);
});

withMount(`the disk of NoduleLab${reason}`, () => {
  let disk: string;
  let orthanc: RunningOrthanc;
  let host: Pick<AcceptOrder, 'dataDir' | 'orthancUrl' | 'seriesInstanceUID' | 'disk'>;
  beforeAll(async () => {
    disk = join(dir, 'own-disk');
    await mkdir(disk);
    orthanc = await startOrthanc({ dir: join(dir, 'orthanc') });
    const { seriesInstanceUID } = phantom;
    host = { dataDir: join(disk, 'data'), orthancUrl: addressOf(orthanc), seriesInstanceUID, disk };
    const seed = join(dir, 'seed');
    const runtime = await openRuntime({ dataDir: seed, orthancUrl: host.orthancUrl, log: () => undefined });
    await importPaths(runtime.context, [phantom.dir], unwatched());
    await runtime.close();
    mountSmall(disk, '256m');
    await cp(seed, host.dataDir, { recursive: true });
  }, 120_000);
  afterAll(async () => {
    await orthanc?.stop();
    if (disk) unmount(disk);
  });

  test.each([
    ['before it begins', undefined],
    ['when the series is registered', '^Registered'],
    ['when all of it is verified', '^Verified'],
  ])(
    'fills %s: with room again the next start finds all of the series, or nothing',
    async (_, at) => {
      const run = await runAccept({ ...host, action: 'fill', ...(at === undefined ? {} : { at }) });
      if (at === undefined) expect(run.end?.kind).toBe('failed');
      await rm(join(disk, 'filler'));
      const { start } = await runAccept({ ...host, action: 'look' });
      const expected = new Map([[phantom.seriesInstanceUID, phantom.slices]]);
      for (const { ct, segmentation, report } of start.known)
        expected.set(ct, phantom.slices).set(segmentation, 1).set(report, 1);
      expect(new Map(start.archive.map(({ uid, instances }) => [uid, instances]))).toEqual(expected);
      expect(start.listed).toHaveLength(3 * start.known.length);
      // Who was told that it is written finds it.
      if (run.end?.kind === 'written') expect(start.known.map(({ ct }) => ct)).toContain(run.end.ct);
    },
    120_000,
  );
});
