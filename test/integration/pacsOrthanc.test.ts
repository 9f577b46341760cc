import { createServer } from 'node:http';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startOrthanc } from '../../orthanc/index.ts';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { writeDerivedCt, type BoxChange } from '../../server/src/dicom/derivedCt.ts';
import { makeUidGenerator } from '../../server/src/dicom/uid.ts';
import { verifyDerived } from '../../server/src/dicom/verifyDerived.ts';
import { readDicomHeader } from '../../server/src/dicom/header.ts';
import {
  createOrthancClient,
  splitArchiveUrl,
  type InstanceToStore,
  type OrthancClient,
} from '../../server/src/pacs/index.ts';
import { ctFiles, smallVolume } from '../support/ctFiles.ts';
import { testWithLidc } from '../support/lidcData.ts';
import { orthancMissing, startTestOrthanc, type TestOrthanc } from '../support/orthanc.ts';
import { aProvenance } from '../support/provenance.ts';

const missing = orthancMissing();
const describeWithOrthanc = missing === undefined ? describe : describe.skip;

const SERIES = 12;
let uids = 100_000;
/** A series of its own for each test. */
function freshSeries(): { seriesUid: string; studyUid: string; instances: InstanceToStore[] } {
  uids += 1000;
  const files = ctFiles(smallVolume([6, 5, SERIES]), {}, uids);
  const header = readDicomHeader(files[0]!.bytes, 'first');
  return {
    seriesUid: header.seriesInstanceUID,
    studyUid: header.studyInstanceUID,
    instances: files.map(({ bytes }) => ({
      bytes,
      sopInstanceUID: readDicomHeader(bytes, '').sopInstanceUID,
    })),
  };
}

describeWithOrthanc(
  `the client of a real Orthanc${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let orthanc: TestOrthanc;
    let client: OrthancClient;
    const clientWith = (fetchLike?: typeof fetch): OrthancClient =>
      createOrthancClient({
        baseUrl: orthanc.baseUrl,
        ...(fetchLike === undefined ? {} : { fetch: fetchLike }),
        auth: { user: orthanc.auth.username, password: orthanc.auth.password },
      });
    beforeAll(async () => {
      orthanc = await startTestOrthanc();
      client = clientWith();
    });
    afterAll(() => orthanc?.stop());

    /** How many instances Orthanc holds in all: a roll-back must bring it back to what it was. */
    async function instanceCount(): Promise<number> {
      const statistics = (await (await orthanc.request('/statistics')).json()) as { CountInstances: number };
      return statistics.CountInstances;
    }

    test('stores a series, finds it, and gives back the very bytes', async () => {
      const { seriesUid, studyUid, instances } = freshSeries();
      const progress: [number, number][] = [];
      const result = await client.storeSeries(instances, {
        onProgress: (done, all) => progress.push([done, all]),
      });
      expect(result).toEqual({ added: SERIES, alreadyStored: 0 });
      expect(progress.map(([done]) => done)).toEqual(Array.from({ length: SERIES }, (_, i) => i + 1));
      expect(await client.findSeries(seriesUid)).toMatchObject({
        seriesInstanceUID: seriesUid,
        modality: 'CT',
        seriesDescription: 'Test series',
        seriesNumber: 3,
        instances: SERIES,
      });
      expect((await client.studySeries(studyUid)).map((series) => series.seriesInstanceUID)).toEqual([
        seriesUid,
      ]);
      const files = await client.downloadSeries(seriesUid);
      expect(new Map(files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')]))).toEqual(
        new Map(
          instances.map(({ sopInstanceUID, bytes }) => [sopInstanceUID, Buffer.from(bytes).toString('hex')]),
        ),
      );
    });

    test('what is not there is empty or undefined, not an error', async () => {
      expect(await client.findSeries('1.2.3')).toBeUndefined();
      expect(await client.hasSeries('1.2.3')).toBe(false);
      expect(await client.downloadSeries('1.2.3')).toEqual([]);
      expect(await client.studySeries('1.2.3')).toEqual([]);
    });

    test('what is no identifier is not asked for', async () => {
      await expect(client.findSeries('*')).rejects.toMatchObject({ kind: 'invalid-input' });
      await expect(client.deleteSeriesByOrthancId('../instances')).rejects.toMatchObject({
        kind: 'invalid-input',
      });
    });

    test('storing again adds nothing and changes nothing', async () => {
      const { seriesUid, instances } = freshSeries();
      await client.storeSeries(instances.slice(0, 5));
      expect(await client.storeSeries(instances)).toEqual({ added: SERIES - 5, alreadyStored: 5 });
      const forged = instances.map(({ sopInstanceUID, bytes }) => {
        const copy = bytes.slice();
        copy[copy.length - 1] = 0x7f;
        return { sopInstanceUID, bytes: copy };
      });
      expect(await client.storeSeries(forged)).toEqual({ added: 0, alreadyStored: SERIES });
      const [file] = await client.downloadSeries(seriesUid);
      expect(Buffer.compare(file!.bytes, instances.find((i) => i.sopInstanceUID === file!.name)!.bytes)).toBe(
        0,
      );
    });

    test('cancelled midway, only what was there before is left', async () => {
      const { seriesUid, instances } = freshSeries();
      await client.storeSeries(instances.slice(0, 3));
      const before = await instanceCount();
      const controller = new AbortController();
      const run = client.storeSeries(instances, {
        signal: controller.signal,
        onProgress: (done) => {
          if (done === 7) controller.abort();
        },
      });
      await expect(run).rejects.toMatchObject({
        kind: 'cancelled',
        message: expect.stringMatching(/Nothing of it is left/),
      });
      expect(await instanceCount()).toBe(before);
      expect((await client.seriesInstances(seriesUid)).map((i) => i.sopInstanceUID).sort()).toEqual(
        instances
          .slice(0, 3)
          .map((i) => i.sopInstanceUID)
          .sort(),
      );
    });

    test.each(['before it arrives', 'after it arrived'])(
      'a transfer lost %s leaves nothing behind',
      async (when) => {
        const { seriesUid, instances } = freshSeries();
        const before = await instanceCount();
        let posts = 0;
        const faulty: typeof fetch = async (input, init) => {
          if (init?.method !== 'POST' || !String(input).endsWith('/instances') || ++posts !== 6)
            return fetch(input, init);
          if (when === 'after it arrived') await fetch(input, init);
          throw new TypeError('fetch failed', { cause: new Error('read ECONNRESET') });
        };
        await expect(clientWith(faulty).storeSeries(instances)).rejects.toMatchObject({
          kind: 'upstream',
          message: expect.stringMatching(
            /does not answer at http:\/\/127.*ECONNRESET.*Nothing of it is left/,
          ),
          details: { instances: SERIES, remaining: [] },
        });
        expect(posts).toBeGreaterThanOrEqual(6);
        expect(await client.hasSeries(seriesUid)).toBe(false);
        expect(await instanceCount()).toBe(before);
      },
    );

    test('a file that Orthanc does not take fails the whole series', async () => {
      const { seriesUid, instances } = freshSeries();
      const broken = instances.map((instance, i) =>
        i === 8 ? { ...instance, bytes: instance.bytes.subarray(0, -20) } : instance,
      );
      await expect(client.storeSeries(broken)).rejects.toMatchObject({ details: { remaining: [] } });
      expect(await client.hasSeries(seriesUid)).toBe(false);
    });

    test('instances that contradict themselves are refused before anything is sent', async () => {
      const { instances } = freshSeries();
      const before = await instanceCount();
      await expect(client.storeSeries([instances[0]!, instances[0]!])).rejects.toThrow(/given twice/);
      await expect(client.storeSeries([{ ...instances[0]!, sopInstanceUID: '1.2.3' }])).rejects.toThrow(
        /1\.2\.3 says that it is/,
      );
      expect(await instanceCount()).toBe(before);
    });

    testWithLidc(
      ['LIDC-IDRI-0001'],
      'a series derived from LIDC-IDRI-0001 goes in, comes back verified, and the original is as it was',
      async (folder) => {
        const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.dcm'))
          .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }))
          .filter(({ name, bytes }) => readDicomHeader(bytes, name).kind === 'ct');
        const source = readCtSeries(files);
        expect(await client.storeSeries(source.slices)).toEqual({ added: 133, alreadyStored: 0 });
        const change: BoxChange = {
          box: { min: [100, 200, 40], max: [130, 230, 50] },
          hu: Int16Array.from({ length: 9000 }, (_, i) => (i % 300) - 250),
        };
        const derived = writeDerivedCt(source, [change], aProvenance(), {
          now: new Date(),
          newUid: makeUidGenerator(randomBytes),
        });
        expect(await client.storeSeries(derived.instances)).toEqual({ added: 133, alreadyStored: 0 });
        const readBack = await client.downloadSeries(derived.seriesInstanceUID);
        expect(verifyDerived(source, readBack, [change]).identicalVoxels).toBe(133 * 512 * 512 - 9000);
        const originals = new Map(source.slices.map((slice) => [slice.sopInstanceUID, slice.bytes]));
        const stored = await client.downloadSeries(source.seriesInstanceUID);
        expect(stored).toHaveLength(133);
        for (const { name, bytes } of stored) expect(Buffer.compare(bytes, originals.get(name)!)).toBe(0);
      },
      120_000,
    );

    test('deleting names one series and is verified', async () => {
      const { seriesUid, instances } = freshSeries();
      await client.storeSeries(instances);
      const before = await instanceCount();
      const series = await client.findSeries(seriesUid);
      await client.deleteSeriesByOrthancId(series!.orthancId);
      expect(await instanceCount()).toBe(before - SERIES);
      await client.deleteSeriesByOrthancId(series!.orthancId);
    });
  },
);

describeWithOrthanc('when Orthanc goes away while a series is written', () => {
  let orthanc: TestOrthanc | undefined;
  afterEach(async () => {
    await orthanc?.stop();
    if (orthanc !== undefined) await rm(orthanc.dir, { recursive: true, force: true });
  });

  test('the error says so and what is left; after a restart it can be removed', async () => {
    orthanc = await startTestOrthanc();
    const { dir, auth, pid } = orthanc;
    const { seriesUid, instances } = freshSeries();
    const options = { auth: { user: auth.username, password: auth.password } };
    let killed = false;
    const run = createOrthancClient({ ...options, baseUrl: orthanc.baseUrl }).storeSeries(instances, {
      onProgress: (done) => {
        if (done >= 5 && !killed) {
          killed = true;
          process.kill(pid, 'SIGKILL');
        }
      },
    });
    const error: unknown = await run.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      kind: 'upstream',
      message: expect.stringMatching(/does not answer at .*Start it.*could not be removed again/),
    });
    const { remaining } = (error as { details: { remaining: string[] } }).details;
    expect(remaining.length).toBeGreaterThanOrEqual(5);

    const again = await startOrthanc({ dir });
    try {
      const client = createOrthancClient({ ...options, baseUrl: again.baseUrl });
      const left = await client.seriesInstances(seriesUid);
      expect(left.map((instance) => instance.sopInstanceUID).every((uid) => remaining.includes(uid))).toBe(
        true,
      );
      const series = await client.findSeries(seriesUid);
      if (series !== undefined) await client.deleteSeriesByOrthancId(series.orthancId);
      expect(await client.storeSeries(instances)).toEqual({ added: SERIES, alreadyStored: 0 });
    } finally {
      await again.stop();
    }
  });
});

describe('an address that is not Orthanc', () => {
  test('nothing there', async () => {
    const client = createOrthancClient({ baseUrl: 'http://127.0.0.1:9' });
    await expect(client.capabilities()).rejects.toMatchObject({
      kind: 'upstream',
      message: expect.stringMatching(/does not answer at http:\/\/127\.0\.0\.1:9: .*Start it/),
    });
  });

  test('another program, or one that never answers', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/system') response.end('<html>hello</html>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const client = createOrthancClient({ baseUrl, timeoutMs: 300 });
    await expect(client.capabilities()).rejects.toThrow(/does not answer in JSON, so it is no Orthanc/);
    await expect(client.hasSeries('1.2.3')).rejects.toThrow(/no answer in time/);
    server.closeAllConnections();
    server.close();
  });

  test('credentials in the address are split off and not shown', () => {
    expect(splitArchiveUrl('http://me:s%40crt@host:8042/orthanc/')).toEqual({
      baseUrl: 'http://host:8042/orthanc',
      auth: { user: 'me', password: 's@crt' },
    });
    expect(splitArchiveUrl('https://host')).toEqual({ baseUrl: 'https://host' });
    expect(() => splitArchiveUrl('file:///etc')).toThrow(/http or https/);
    expect(createOrthancClient({ baseUrl: 'http://me:secret@127.0.0.1:9' }).baseUrl).not.toContain('secret');
  });
});
