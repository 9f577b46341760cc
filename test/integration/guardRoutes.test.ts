import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findOrthanc } from '../../orthanc/index.ts';
import { readDicomHeader } from '../../server/src/dicom/header.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { createOrthancClient, type OrthancClient } from '../../server/src/pacs/index.ts';
import {
  createGuardedArchive,
  decideArchiveRequest,
  type ArchiveKnowledge,
  type ArchiveRequest,
} from '../../server/src/security/index.ts';
import { altered, ctFiles, smallVolume, type CtFile } from '../support/ctFiles.ts';
import { orthancMissing, startTestOrthanc, type TestOrthanc } from '../support/orthanc.ts';

const missing = orthancMissing();
const describeWithOrthanc = missing === undefined ? describe : describe.skip;

interface Archive {
  readonly orthanc: TestOrthanc;
  readonly client: OrthancClient;
  readonly originals: readonly CtFile[];
  readonly seriesUid: string;
  readonly studyUid: string;
  readonly sopUid: string;
  /** Orthanc's ids of the original, by level. */
  readonly ids: Readonly<Record<'patients' | 'studies' | 'series' | 'instances', string>>;
}

async function archiveWithOriginal(): Promise<Archive> {
  const orthanc = await startTestOrthanc();
  const client = createOrthancClient({
    baseUrl: orthanc.baseUrl,
    auth: { user: orthanc.auth.username, password: orthanc.auth.password },
  });
  const originals = ctFiles();
  const ids: Record<string, string> = {};
  for (const { bytes } of originals) {
    const response = await orthanc.request('/instances', { method: 'POST', body: bytes as BodyInit });
    const answer = (await response.json()) as Record<string, string>;
    Object.assign(ids, {
      patients: answer['ParentPatient'],
      studies: answer['ParentStudy'],
      series: answer['ParentSeries'],
      instances: answer['ID'],
    });
  }
  const header = readDicomHeader(originals[0]!.bytes, 'original');
  return {
    orthanc,
    client,
    originals,
    ids: ids as Archive['ids'],
    seriesUid: header.seriesInstanceUID,
    studyUid: header.studyInstanceUID,
    sopUid: header.sopInstanceUID,
  };
}

/** What must not change: every stored byte of the original, and which series there are. */
async function snapshot({
  client,
  seriesUid,
  studyUid,
}: Archive): Promise<{ files: Map<string, string>; series: string[] }> {
  const files = await client.downloadSeries(seriesUid);
  return {
    files: new Map(
      files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('base64')] as const).sort(),
    ),
    series: (await client.studySeries(studyUid)).map((series) => series.seriesInstanceUID).sort(),
  };
}

interface Route {
  readonly method: string;
  readonly path: string;
}

/** Every route of this Orthanc's own interface, as it documents itself. */
async function orthancRoutes(dir: string): Promise<Route[]> {
  const search = findOrthanc();
  if (!search.found) throw new Error(search.message);
  const file = join(dir, 'openapi.json');
  await promisify(execFile)(search.installation.executable, [join(dir, 'orthanc.json'), `--openapi=${file}`]);
  const api = JSON.parse(await readFile(file, 'utf8')) as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

/** Puts the original's identifiers where the route takes one. */
function aimed(route: Route, ids: Archive['ids']): Route {
  const level = route.path.split('/')[1] as keyof Archive['ids'];
  return { ...route, path: route.path.replace('{id}', ids[level] ?? ids.series).replace(/\{[^}]+\}/g, '1') };
}

function stow(files: readonly Uint8Array[]): Pick<ArchiveRequest, 'headers' | 'body'> {
  return {
    headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b0und' },
    body: Buffer.concat([
      ...files.flatMap((file) => [
        Buffer.from('--b0und\r\nContent-Type: application/dicom\r\n\r\n'),
        file,
        Buffer.from('\r\n'),
      ]),
      Buffer.from('--b0und--\r\n'),
    ]),
  };
}

function forward({ orthanc }: Archive, request: ArchiveRequest): Promise<Response> {
  return orthanc.request(request.path, {
    method: request.method,
    headers: (request.headers ?? {}) as Record<string, string>,
    ...(request.body === undefined ? {} : { body: request.body as BodyInit }),
  });
}

describeWithOrthanc(
  `the guard in front of a real Orthanc${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let archive: Archive;
    let knowledge: ArchiveKnowledge;
    beforeAll(async () => {
      archive = await archiveWithOriginal();
      const { client } = archive;
      knowledge = {
        isOurs: async () => false,
        hasSeries: client.hasSeries,
        hasInstance: async (uid) => (await client.findInstance(uid)) !== undefined,
      };
    });
    afterAll(() => archive?.orthanc.stop());

    /** As the server does it: what is allowed goes to Orthanc, the rest does not. */
    async function through(request: ArchiveRequest): Promise<number | 'refused'> {
      const decision = await decideArchiveRequest(request, knowledge);
      return decision.allowed ? (await forward(archive, request)).status : 'refused';
    }

    test('no route of Orthanc itself passes, in no disguise, and the original is as it was', async () => {
      const before = await snapshot(archive);
      const routes = (await orthancRoutes(archive.orthanc.dir)).map((route) => aimed(route, archive.ids));
      expect(routes.length).toBeGreaterThan(150);
      for (const path of [
        `/series/${archive.ids.series}`,
        `/instances/${archive.ids.instances}`,
        `/studies/${archive.ids.studies}/modify`,
        '/tools/reset',
      ])
        expect(routes.map((route) => route.path)).toContain(path);
      for (const { method, path } of routes)
        for (const disguised of [
          path,
          `/dicom-web${path}/..${path}`,
          `/dicom-web/..${path}`,
          `/dicom-web/%2e%2e${path}`,
          `/dicom-web//..${path}`,
        ])
          expect([
            method,
            disguised,
            await through({ method, path: disguised, body: Buffer.from('{"Force":true}') }),
          ]).toEqual([method, disguised, 'refused']);
      expect(await snapshot(archive)).toEqual(before);
    });

    test('no DICOMweb request changes the original, whatever its method and path', async () => {
      const before = await snapshot(archive);
      const { studyUid, seriesUid, sopUid, originals } = archive;
      const study = `/dicom-web/studies/${studyUid}`;
      const paths = [
        '/dicom-web/studies',
        study,
        `${study}/series/${seriesUid}`,
        `${study}/series/${seriesUid}/instances/${sopUid}`,
        `${study}/metadata`,
        '/dicom-web/servers',
        '/dicom-web/servers/self/stow',
      ];
      const forged = originals.map(
        (file) => altered(file, { [TAG.PatientName]: { vr: 'PN', values: ['Forged'] } }).bytes,
      );
      const body = stow(forged);
      for (const path of paths) {
        for (const method of ['DELETE', 'PUT', 'PATCH', 'POST'])
          expect([method, path, await through({ method, path, ...body })]).toEqual([method, path, 'refused']);
        expect(await through({ method: 'GET', path: `${path}?_method=DELETE` })).toBe('refused');
        expect(await through({ method: 'GET', path, headers: { 'x-http-method-override': 'DELETE' } })).toBe(
          'refused',
        );
      }
      expect(await snapshot(archive)).toEqual(before);
    });

    test('reading passes and gives what is stored', async () => {
      const { studyUid, seriesUid, sopUid } = archive;
      const series = `/dicom-web/studies/${studyUid}/series/${seriesUid}`;
      for (const path of [
        '/dicom-web/studies',
        `/dicom-web/studies/${studyUid}/series`,
        `${series}/instances`,
        `${series}/metadata`,
        `${series}/instances/${sopUid}/metadata`,
      ])
        expect([path, await through({ method: 'GET', path })]).toEqual([path, 200]);
    });

    test('a segmentation passes into a new series and not into the original', async () => {
      const seg = (file: CtFile, seriesUid: string): Uint8Array =>
        altered(file, {
          [TAG.SOPClassUID]: { vr: 'UI', values: ['1.2.840.10008.5.1.4.1.1.66.4'] },
          [TAG.Modality]: { vr: 'CS', values: ['SEG'] },
          [TAG.SeriesInstanceUID]: { vr: 'UI', values: [seriesUid] },
        }).bytes;
      const before = await snapshot(archive);
      const fresh = ctFiles(smallVolume(), {}, 7000);
      const request = { method: 'POST', path: '/dicom-web/studies' };
      expect(await through({ ...request, ...stow([seg(fresh[0]!, archive.seriesUid)]) })).toBe('refused');
      expect(await snapshot(archive)).toEqual(before);
      expect(await through({ ...request, ...stow([seg(fresh[1]!, '2.25.123456')]) })).toBe(200);
      expect(await archive.client.hasSeries('2.25.123456')).toBe(true);
      expect((await snapshot(archive)).files).toEqual(before.files);
    });

    test('inside the server, only a series in the registry can be deleted', async () => {
      const ours = ctFiles(smallVolume(), { studyInstanceUID: archive.studyUid }, 8000);
      const ownUid = readDicomHeader(ours[0]!.bytes, 'own').seriesInstanceUID;
      const guarded = createGuardedArchive(archive.client, { isOurs: async (uid) => uid === ownUid });
      await guarded.storeSeries(
        ours.map(({ bytes }) => ({ bytes, sopInstanceUID: readDicomHeader(bytes, '').sopInstanceUID })),
      );
      const before = await snapshot(archive);
      await expect(guarded.deleteOwnSeries(archive.seriesUid)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/Originals are read-only/),
      });
      expect(await snapshot(archive)).toEqual(before);
      await guarded.deleteOwnSeries(ownUid);
      expect(await guarded.hasSeries(ownUid)).toBe(false);
      expect((await snapshot(archive)).files).toEqual(before.files);
      await guarded.deleteOwnSeries(ownUid);
      expect(Object.keys(guarded).filter((name) => /delete|upload/i.test(name))).toEqual(['deleteOwnSeries']);
    });
  },
);

describeWithOrthanc('without the guard', () => {
  let archive: Archive;
  beforeAll(async () => {
    archive = await archiveWithOriginal();
  });
  afterAll(() => archive?.orthanc.stop());

  test('the same requests do reach the original: the guard is what protects it', async () => {
    const { ids, seriesUid } = archive;
    const first = await forward(archive, { method: 'DELETE', path: `/instances/${ids.instances}` });
    expect(first.status).toBe(200);
    expect(await archive.client.seriesInstances(seriesUid)).toHaveLength(3);
    await forward(archive, { method: 'GET', path: `/series/${ids.series}?_method=DELETE` });
    expect(await archive.client.hasSeries(seriesUid)).toBe(false);
  });
});
