import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Problem } from '@nodulelab/contract';
import { type HttpFixture, startHttpFixture } from '../support/httpFixture.ts';
import { type TestOrthanc, startTestOrthanc } from '../support/orthanc.ts';

const STUDY = '1.2.826.0.1.1';
let orthanc: TestOrthanc;
let fixture: HttpFixture;
let instance: string;

beforeAll(async () => {
  orthanc = await startTestOrthanc();
  const created = await orthanc.request('/tools/create-dicom', {
    method: 'POST',
    body: JSON.stringify({
      Force: true,
      Tags: {
        PatientID: 'P1',
        StudyInstanceUID: STUDY,
        SeriesInstanceUID: `${STUDY}.1`,
        SOPInstanceUID: `${STUDY}.1.1`,
        SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
        StudyDescription: 'original',
        Modality: 'CT',
      },
    }),
  });
  instance = ((await created.json()) as { ID: string }).ID;
  fixture = await startHttpFixture({
    archive: { baseUrl: orthanc.baseUrl, auth: orthanc.auth },
    knowledge: {
      isOurs: async () => false,
      hasSeries: (uid) => isThere('series', uid),
      hasInstance: (uid) => isThere('instances', uid),
    },
  });
});
afterAll(async () => {
  await fixture?.close();
  await orthanc?.stop();
});

async function isThere(level: 'series' | 'instances', uid: string): Promise<boolean> {
  const found = (await (await orthanc.request('/tools/lookup', { method: 'POST', body: uid })).json()) as {
    Path: string;
  }[];
  return found.some(({ Path }) => Path.startsWith(`/${level}/`));
}

const originalIsThere = async (): Promise<boolean> => (await orthanc.request(`/instances/${instance}`)).ok;

/** Sends method, path and headers exactly as they are given and answers the status. */
function raw(method: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(fixture.server.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('end', () => resolve(Number(answer.split(' ')[1]))).on('error', reject);
    const lines = Object.entries({
      Host: 'localhost',
      Connection: 'close',
      'Content-Length': '0',
      ...headers,
    });
    socket.write(
      `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    );
  });
}

describe('DICOMweb through the server', () => {
  test('finds the study with its description, although the viewer encodes the list of attributes', async () => {
    const response = await fixture
      .api()
      .get('/dicom-web/studies?includefield=00081030%2C00080060&limit=10')
      .set('Accept', 'application/dicom+json');
    expect(response.status).toBe(200);
    const [study] = JSON.parse(response.text ?? response.body.toString()) as Record<
      string,
      { Value?: unknown[] }
    >[];
    expect(study?.['0020000D']?.Value).toEqual([STUDY]);
    expect(study?.['00081030']?.Value).toEqual(['original']);
  });

  test('addresses in its answers lead back to this server', async () => {
    const response = await fixture.api().get('/dicom-web/studies').set('Accept', 'application/dicom+json');
    const [study] = JSON.parse(response.text ?? response.body.toString()) as Record<
      string,
      { Value?: unknown[] }
    >[];
    expect(String(study?.['00081190']?.Value?.[0])).toContain(`${fixture.server.url}/dicom-web/`);
  });

  test("the server's credentials are used and the client's are not passed on", async () => {
    const response = await fixture
      .api()
      .get('/dicom-web/studies')
      .set('Authorization', 'Basic d3Jvbmc6d3Jvbmc=');
    expect(response.status).toBe(200);
    expect(response.headers['www-authenticate']).toBeUndefined();
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s on an original is refused with the reason',
    async (method) => {
      for (const path of [
        '/dicom-web/studies',
        `/dicom-web/studies/${STUDY}`,
        `/dicom-web/studies/${STUDY}/series/${STUDY}.1`,
      ]) {
        const response = await fetch(fixture.server.url + path, { method });
        expect([path, response.status]).toEqual([path, 403]);
        expect(Problem.parse(await response.json())).toMatchObject({ kind: 'refused' });
      }
      expect(await originalIsThere()).toBe(true);
    },
  );

  test('what the viewer makes is stored in a new series, whole; into the original series it is not', async () => {
    const makeReport = async (series: string, sop: string): Promise<Buffer> => {
      const made = await orthanc.request('/tools/create-dicom', {
        method: 'POST',
        body: JSON.stringify({
          Force: true,
          Tags: {
            PatientID: 'P1',
            StudyInstanceUID: STUDY,
            SeriesInstanceUID: series,
            SOPInstanceUID: sop,
            SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.33',
            Modality: 'SR',
            TextValue: 'x'.repeat(1000),
          },
        }),
      });
      const { ID } = (await made.json()) as { ID: string };
      const bytes = Buffer.from(await (await orthanc.request(`/instances/${ID}/file`)).arrayBuffer());
      await orthanc.request(`/instances/${ID}`, { method: 'DELETE' });
      return bytes;
    };
    const stow = async (bytes: Buffer): Promise<number> => {
      const body = Buffer.concat([
        Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
        bytes,
        Buffer.from('\r\n--b--\r\n'),
      ]);
      const response = await fetch(`${fixture.server.url}/dicom-web/studies`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
        body,
      });
      await response.arrayBuffer();
      return response.status;
    };
    const intoOriginal = await makeReport(`${STUDY}.1`, `${STUDY}.1.9`);
    expect(await stow(intoOriginal)).toBe(403);
    expect(await isThere('instances', `${STUDY}.1.9`)).toBe(false);
    const intoNew = await makeReport(`${STUDY}.2`, `${STUDY}.2.1`);
    expect(await stow(intoNew)).toBe(200);
    expect(await isThere('instances', `${STUDY}.2.1`)).toBe(true);
    // The same again would replace what is there.
    expect(await stow(intoNew)).toBe(403);
  });

  test('a request in disguise never reaches the archive', async () => {
    const attacks: [string, string, Record<string, string>?][] = [
      ['GET', `/dicom-web/../instances/${instance}?_method=DELETE`],
      ['GET', `/dicom-web/%2e%2e/instances/${instance}?_method=delete`],
      ['GET', `/dicom-web/..%2finstances/${instance}`],
      ['GET', `/dicom-web/./../instances/${instance}`, { 'X-HTTP-Method-Override': 'DELETE' }],
      ['GET', `/dicom-web/studies/${STUDY}?_method=DELETE`],
      ['GET', `/dicom-web/studies/${STUDY}?a=b?_METHOD=DELETE&%5Fmethod=DELETE`],
      ['GET', `/dicom-web/studies/${STUDY}`, { 'X-HTTP-Method-Override': 'DELETE' }],
      ['GET', '/dicom-web//../instances'],
      ['GET', '/dicom-web/studies\\..\\..\\instances'],
      ['DELETE', `/dicom-web/../instances/${instance}`],
    ];
    for (const [method, path, headers] of attacks)
      expect([method, path, await raw(method, path, headers)]).toEqual([method, path, 403]);
    expect(await originalIsThere()).toBe(true);
  });

  test("the archive's own interface is not reachable beside DICOMweb", async () => {
    for (const path of [
      '/instances',
      '/system',
      '/tools/shutdown',
      '//dicom-web/studies',
      '/DICOM-WEB/studies',
      '/app/explorer.html',
    ])
      for (const method of ['GET', 'POST', 'DELETE']) {
        const status = await raw(method, path);
        // The page of the viewer answers unknown addresses; nothing of the archive does.
        expect([method, path, method === 'GET' ? [200, 404].includes(status) : status]).toEqual([
          method,
          path,
          method === 'GET' ? true : 404,
        ]);
      }
    expect((await fixture.api().get('/system')).text).toContain('id="root"');
    expect(await originalIsThere()).toBe(true);
  });

  test('when the archive goes away, the answer is a bad gateway', async () => {
    await orthanc.stop();
    const response = await fixture.api().get('/dicom-web/studies');
    expect(response.status).toBe(502);
    expect(Problem.parse(response.body).kind).toBe('upstream');
  });
});
