import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  Job,
  JobList,
  Problem,
  ServerEvent,
  type VerificationReports,
  openApiDocument,
} from '@nodulelab/contract';
import { startServer } from '../../server/src/http/startServer.ts';
import { type ErrorKind, NoduleLabError } from '../../server/src/volume/errors.ts';
import { type HttpFixture, startHttpFixture } from '../support/httpFixture.ts';

let fixture: HttpFixture;
const api = () => fixture.api();

beforeAll(async () => {
  fixture = await startHttpFixture();
});
beforeEach(() => {
  fixture.answers = {};
});
afterAll(() => fixture.close());

const preview = {
  seriesInstanceUID: '1.2.3',
  candidateId: 'c',
  centre: [1, 2, 3],
  diameterMm: 10,
};

describe('problem answers', () => {
  const kinds: readonly [ErrorKind, number][] = [
    ['invalid-input', 400],
    ['refused', 403],
    ['not-found', 404],
    ['conflict', 409],
    ['cancelled', 409],
    ['unusable', 422],
    ['upstream', 502],
  ];
  test.each(kinds)('an error of the kind "%s" is a problem with the status %d', async (kind, status) => {
    fixture.answers.preview = async () => {
      throw new NoduleLabError(kind, 'What failed. What to do.', { place: [1, 2, 3] });
    };
    const response = await api().post('/api/previews').send(preview);
    expect(response.status).toBe(status);
    expect(response.type).toBe('application/problem+json');
    expect(Problem.parse(response.body)).toMatchObject({
      status,
      kind,
      detail: 'What failed. What to do.',
      details: { place: [1, 2, 3] },
    });
  });

  test('an unexpected error tells nothing but where the log has it', async () => {
    fixture.answers.health = async () => {
      throw new TypeError('password=hunter2');
    };
    const response = await api().get('/api/health');
    expect(response.status).toBe(500);
    const problem = Problem.parse(response.body);
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    const log = await readFile(path.join(fixture.dir, 'server.log'), 'utf8');
    expect(log).toContain(String(problem.details?.['logId']));
    expect(log).toContain('hunter2');
  });

  test.each([
    ['modelReport', 'report'],
    ['modelClassification', 'classification'],
  ] as const)('the page %s of a model may run no script', async (service, page) => {
    fixture.answers[service] = async (name) => Buffer.from(`<h1>${name}: ${service}</h1>`);
    const { status, headers, text } = await api().get(`/api/models/malignant-64/${page}`);
    expect([status, headers['content-type'], text]).toEqual([
      200,
      'text/html; charset=utf-8',
      `<h1>malignant-64: ${service}</h1>`,
    ]);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; /);
    expect(headers['content-security-policy']).not.toContain('script');
  });

  test('a picture of a model is of the kind that it is, under a name that leads out of no folder', async () => {
    for (const [first, kind] of [
      [0x89, 'image/png'],
      [0xff, 'image/jpeg'],
    ] as const) {
      fixture.answers.modelPicture = async () => Uint8Array.of(first, 1, 2);
      const { status, headers, body } = await api().get('/api/models/malignant-64/pictures/sheet.jpg');
      expect([status, headers['content-type'], body]).toEqual([200, kind, Buffer.from([first, 1, 2])]);
    }
    const escaping = encodeURIComponent('../model.json');
    expect((await api().get(`/api/models/malignant-64/pictures/${escaping}`)).status).toBe(400);
  });

  test('an answer that breaks the contract does not leave the server', async () => {
    fixture.answers.models = async () => ({ models: [{ name: 'x' }] }) as never;
    expect((await api().get('/api/models')).status).toBe(500);
  });

  test.each([
    ['a missing body', () => api().post('/api/previews')],
    ['broken JSON', () => api().post('/api/previews').type('json').send('{"a":')],
    [
      'a body of the wrong shape',
      () =>
        api()
          .post('/api/previews')
          .send({ ...preview, diameterMm: 400 }),
    ],
    [
      'an index instead of a point',
      () =>
        api()
          .post('/api/previews')
          .send({ ...preview, centre: [1, 2] }),
    ],
    ['a UID that is none', () => api().get('/api/series/abc/nodules')],
  ])('%s is a malformed request', async (_, send) => {
    fixture.answers.preview = fixture.answers.nodules = async () => {
      throw new Error('the service must not be reached');
    };
    const response = await send();
    expect(response.status).toBe(400);
    expect(Problem.parse(response.body).kind).toBe('invalid-input');
  });

  test('a body too large is refused before it is read', async () => {
    const response = await api()
      .post('/api/imports')
      .send({ paths: ['x'.repeat(300_000)] });
    expect(response.status).toBe(413);
    expect(Problem.parse(response.body).kind).toBe('invalid-input');
  });

  test('an address that nothing serves is a problem too, not the page of the viewer', async () => {
    for (const send of [api().get('/api/nothing'), api().post('/somewhere'), api().get('/absent.js')]) {
      const response = await send;
      expect(response.status).toBe(404);
      expect(Problem.parse(response.body).kind).toBe('not-found');
    }
  });
});

describe('who is served', () => {
  test('a foreign name in Host is refused, whatever is asked', async () => {
    fixture.answers.models = async () => ({ models: [] });
    for (const path of ['/api/models', '/', '/dicom-web/studies']) {
      const response = await api().get(path).set('Host', 'evil.example:3000');
      expect([path, response.status]).toEqual([path, 403]);
    }
    for (const host of ['localhost:3000', '127.0.0.1', '[::1]:80', 'nodulelab.test'])
      expect((await api().get('/api/models').set('Host', host)).status).toBe(200);
  });

  test('a change that comes from a page of another origin is refused; the own page and programs pass', async () => {
    fixture.answers.discard = async () => {};
    const discard = () => api().delete('/api/previews/p').set('Host', 'localhost:3000');
    expect((await discard().set('Origin', 'http://evil.example')).status).toBe(403);
    expect((await discard().set('Origin', 'http://localhost:4000')).status).toBe(403);
    expect((await discard().set('Origin', 'null')).status).toBe(403);
    expect((await discard().set('Sec-Fetch-Site', 'cross-site')).status).toBe(403);
    expect((await discard().set('Origin', 'http://localhost:3000')).status).toBe(204);
    expect((await discard()).status).toBe(204);
  });

  test('no answer allows another origin to read it', async () => {
    fixture.answers.models = async () => ({ models: [] });
    const response = await api().get('/api/models').set('Origin', 'http://evil.example');
    expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(response.headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  test('import is open to this machine only, not to what comes through a proxy', async () => {
    const response = await api()
      .post('/api/imports')
      .set('X-Forwarded-For', '10.0.0.7')
      .send({ paths: ['/data'] });
    expect(response.status).toBe(403);
    expect((await api().get('/api/jobs')).body).toEqual({ jobs: [] });
  });
});

describe('routes', () => {
  test('the description of the interface is served', async () => {
    const response = await api().get('/api/openapi.json');
    expect(response.body).toEqual(JSON.parse(JSON.stringify(openApiDocument('0.0.0-test'))));
  });

  test('accept looks first whether it may, then answers with the job', async () => {
    fixture.answers.acceptable = async () => {
      throw new NoduleLabError('refused', 'The host is not de-identified.');
    };
    expect((await api().post('/api/previews/p1/accept').send({})).status).toBe(403);
    expect((await api().get('/api/jobs')).body).toEqual({ jobs: [] });

    fixture.answers.acceptable = async (id, confirmed) => ({ title: `Write ${id} with ${confirmed.join()}` });
    fixture.work = async (input) => ({ input });
    const response = await api()
      .post('/api/previews/p1/accept')
      .send({ confirmed: ['seam'] });
    expect(response.status).toBe(202);
    const job = Job.parse(response.body);
    expect(job).toMatchObject({ kind: 'accept', title: 'Write p1 with seam', state: 'queued' });
    let state = job;
    while (state.state !== 'done') state = Job.parse((await api().get(`/api/jobs/${job.id}`)).body);
    expect(state.result).toEqual({ input: { previewId: 'p1', confirmed: ['seam'] } });
    expect((await api().post(`/api/jobs/${job.id}/cancel`)).status).toBe(409);
    expect((await api().get(`/api/jobs/${randomUUID()}`)).status).toBe(404);
    expect(JobList.parse((await api().get('/api/jobs')).body).jobs).toHaveLength(1);
  });

  test('an insertion into many series is a job that holds the whole request', async () => {
    const body = { series: ['1.2', '1.3'], diameterMm: 8, nodulesPerSeries: 2 };
    const response = await api().post('/api/insertions').send(body);
    expect(response.status).toBe(202);
    const job = Job.parse(response.body);
    expect(job).toMatchObject({ kind: 'insert', title: 'Nodules into 2 series' });
    let state = job;
    while (state.state !== 'done') state = Job.parse((await api().get(`/api/jobs/${job.id}`)).body);
    expect(state.result).toEqual({ request: { ...body, seed: 1 } });
  });

  test('files on the server machine are verified for that machine only, series of the archive for everybody', async () => {
    const reports = [
      {
        seriesInstanceUID: '1.2',
        slices: 1,
        verdict: 'no-evidence',
        evidence: [],
        found: [],
        provenance: null,
      },
    ];
    fixture.answers.verify = async () => ({ reports }) as VerificationReports;
    const ask = (body: object) =>
      api().post('/api/verifications').set('x-forwarded-for', '10.0.0.9').send(body);
    expect((await ask({ path: '/data' })).status).toBe(403);
    expect((await ask({ seriesInstanceUID: '1.2' })).body).toEqual({ reports });
    expect((await api().post('/api/verifications').send({ path: '/data' })).body).toEqual({ reports });
    expect((await ask({ path: '/data', seriesInstanceUID: '1.2' })).status).toBe(400);
  });

  test('an import gives its paths to the job', async () => {
    const response = await api()
      .post('/api/imports')
      .send({ paths: ['/data/a', '/data/b'] });
    expect(Job.parse(response.body)).toMatchObject({ kind: 'import', title: 'Import /data/a and 1 more' });
    expect(response.status).toBe(202);
  });
});

describe('the event stream', () => {
  /** Reads the stream until the predicate holds or the server ends it. */
  async function read(until: (text: string) => boolean): Promise<string> {
    const controller = new AbortController();
    const response = await fetch(`${fixture.server.url}/api/events`, { signal: controller.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (until(text)) break;
    }
    controller.abort();
    return text;
  }
  const eventsOf = (text: string): ServerEvent[] =>
    [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => ServerEvent.parse(JSON.parse(data!)));

  test('begins with the running jobs and goes on with what happens, in order', async () => {
    let finish = (): void => {};
    fixture.work = (_, { progress }) =>
      new Promise((resolve) => {
        progress(0.25, 'a quarter');
        finish = () => resolve({ seriesInstanceUID: '1.2' });
      });
    const job = await fixture.jobs.enqueue('accept', 'under way', {});
    while ((await fixture.jobs.get(job.id)).state !== 'running') await new Promise((r) => setTimeout(r, 20));
    let finished = false;
    const text = await read((sofar) => {
      if (!finished && sofar.includes('under way')) {
        finished = true;
        fixture.events.emit({
          type: 'series-created',
          studyInstanceUID: '1',
          seriesInstanceUID: '1.2',
          sourceSeriesInstanceUID: '1.1',
        });
        finish();
      }
      return sofar.includes('"done"');
    });
    expect(text).toMatch(/^event: series-created$/m);
    const seen = eventsOf(text).map((event) => (event.type === 'job' ? event.job.state : event.type));
    expect(seen[0]).toBe('running');
    expect(seen.slice(-2)).toEqual(['series-created', 'done']);
    expect(eventsOf(text)[0]).toMatchObject({ job: { id: job.id, title: 'under way' } });
  });

  test('a client that went away is no longer written to, and a stop ends the streams of those that stay', async () => {
    const other = await startServer(fixture.options);
    const response = await fetch(`${other.url}/api/events`);
    const began = Date.now();
    const rest = response.text();
    await other.stop();
    expect(await rest).toContain('retry:');
    expect(Date.now() - began).toBeLessThan(4000);
  });
});

describe('the way to the archive', () => {
  test('what the guard refuses does not get there', async () => {
    const response = await api().delete('/dicom-web/studies/1.2');
    expect(response.status).toBe(403);
    expect(Problem.parse(response.body).detail).toMatch(/read-only/);
  });

  test('an archive that does not answer is a bad gateway', async () => {
    const response = await api().get('/dicom-web/studies');
    expect(response.status).toBe(502);
    expect(Problem.parse(response.body).kind).toBe('upstream');
  });
});

test('a preferred port that is taken is replaced by a free one, unless it must be that one', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  const options = { ...fixture.options, port };
  const other = await startServer(options);
  expect(other.port).not.toBe(port);
  await other.stop();
  await expect(startServer({ ...options, exactPort: true })).rejects.toMatchObject({ kind: 'conflict' });
  holder.close();
});
