import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Role, type Route, routes } from '@nodulelab/contract';
import supertest from 'supertest';
import { announceServer } from '../../server/src/cli/runningServer.ts';
import { openAccounts, wantsAccounts } from '../../server/src/cli/serverAccounts.ts';
import { startServer, type RunningServer } from '../../server/src/http/startServer.ts';
import { ROUTE_ROLES } from '../../server/src/security/index.ts';
import { type Accounts, createAccounts } from '../../server/src/services/accounts.ts';
import { type HttpFixture, startHttpFixture } from '../support/httpFixture.ts';
import { nodulelab } from '../support/product.ts';

const LOCAL = 'local-token-of-whoever-runs-the-server';

let fixture: HttpFixture;
let server: RunningServer;
let accounts: Accounts;
let clock = new Date('2026-11-23T10:00:00.000Z');
const tokens = {} as Record<Role, string>;

beforeAll(async () => {
  fixture = await startHttpFixture();
  accounts = createAccounts({ store: fixture.store, now: () => clock, randomBytes });
  for (const role of ['reader', 'annotator', 'admin'] as const)
    tokens[role] = (await accounts.add({ name: `the-${role}`, role }, 'test')).token;
  server = await startServer({ ...fixture.options, accounts: { accounts, localToken: LOCAL } });
}, 60_000);
afterAll(async () => {
  await server?.stop();
  await fixture?.close();
});

const api = () => supertest(server.url);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const audit = async () =>
  (await fixture.store.audit.list()).map(({ action, subject }) => `${action} ${subject}`);

describe('a server with accounts', () => {
  const all = Object.entries(routes) as [keyof typeof routes, Route][];
  const ask = (route: Route, headers: Record<string, string>) => {
    const path = `/api${route.path.replace(/:\w+/g, '1.2.3')}`;
    const request = api()[route.method](path).set(headers);
    return route.body ? request.send({}) : request;
  };

  test('answers nothing of its interface to who is not signed in, but that they are not', async () => {
    for (const [name, route] of all) {
      const { status } = await ask(route, {});
      expect([name, status]).toEqual([name, ROUTE_ROLES[name] === 'anybody' ? 200 : 401]);
    }
    expect((await api().get('/api/openapi.json')).status).toBe(401);
    expect((await api().get('/api/events')).status).toBe(401);
    expect((await api().get('/dicom-web/studies')).status).toBe(401);
    // What there is no route for tells no more than what there is.
    expect((await api().get('/api/no-such-thing')).status).toBe(401);
    expect((await api().get('/api/session')).body).toEqual({ accounts: true, name: null, role: null });
  });

  test('opens every route to the roles that it is for, and to no other', async () => {
    for (const role of ['reader', 'annotator', 'admin'] as const)
      for (const [name, route] of all) {
        // A revoked account would take the test's own ground away.
        if (name === 'revokeAccount') continue;
        const { status } = await ask(route, bearer(tokens[role]));
        const least = ROUTE_ROLES[name];
        const open =
          least === 'anybody' ||
          role === 'admin' ||
          least === role ||
          (role === 'annotator' && least === 'reader');
        expect([role, name, status === 403 && !open, status === 401]).toEqual([role, name, !open, false]);
      }
  });

  test('lets a reader reach nothing of the archive, and says so in the audit trail', async () => {
    const answer = await api().get('/dicom-web/studies').set(bearer(tokens.reader));
    expect(answer.status).toBe(403);
    expect(answer.body.detail).toContain('the-reader is reader');
    expect(await audit()).toContain('refused the-reader');
    // An annotator comes as far as the archive, which is not there in this test.
    expect((await api().get('/dicom-web/studies').set(bearer(tokens.annotator))).status).toBe(502);
  });

  test("lets the viewer's own files through: they hold nothing of anybody", async () => {
    expect((await api().get('/')).status).toBe(200);
    expect((await api().get('/plugins/extension.js')).status).toBe(200);
  });

  test('leads a browser that opens the viewer to the page to sign in, and back to where it was going', async () => {
    const open = '/synthesis?StudyInstanceUIDs=1.2';
    const led = await api().get(open).set({ accept: 'text/html,*/*' });
    expect([led.status, led.headers['location']]).toEqual([303, `/sign-in?next=${encodeURIComponent(open)}`]);
    expect((await api().get(led.headers['location']!)).text).toContain(`value="${open}"`);
    const signedIn = await api()
      .get(open)
      .set({ accept: 'text/html,*/*', ...bearer(tokens.annotator) });
    expect(signedIn.status).toBe(200);
  });

  test('knows its own command line by the token of its file', async () => {
    const { body } = await api().get('/api/session').set(bearer(LOCAL));
    expect(body).toEqual({ accounts: true, name: 'this machine', role: 'admin' });
    expect(
      (
        await api()
          .get('/api/jobs')
          .set(bearer(`${LOCAL}x`))
      ).status,
    ).toBe(401);
  });
});

describe('signing in', () => {
  const signIn = (token: string, next = '/') => api().post('/sign-in').type('form').send({ token, next });

  test('with a wrong token shows the page again, which says why, and the audit trail has it', async () => {
    const answer = await signIn('wrong', '/synthesis');
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('This token opens no account.');
    expect(answer.text).toContain('value="/synthesis"');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect((await audit()).some((entry) => entry.startsWith('sign-in-refused'))).toBe(true);
  });

  test('gives a cookie that scripts cannot read and other sites do not send, and goes on where one was', async () => {
    const answer = await signIn(tokens.annotator, '/synthesis?StudyInstanceUIDs=1.2');
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/synthesis?StudyInstanceUIDs=1.2');
    const [cookie] = answer.headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(/^nodulelab_session=[\w-]{43}; .*HttpOnly; SameSite=Strict/);
    expect(cookie).not.toContain(tokens.annotator);
  });

  test.each(['//evil.test/', '/\\evil.test', 'https://evil.test', '/a b', ''])(
    'never goes on to another server (%s)',
    async (next) => {
      expect((await signIn(tokens.annotator, next)).headers['location']).toBe('/');
    },
  );

  const session = async (): Promise<string> => {
    const [cookie] = (await signIn(tokens.annotator)).headers['set-cookie'] as unknown as string[];
    return cookie!.split(';')[0]!;
  };

  test('lasts half a day', async () => {
    const cookie = await session();
    const status = async (): Promise<number> => (await api().get('/api/jobs').set({ cookie })).status;
    expect(await status()).toBe(200);
    const began = clock;
    clock = new Date(began.getTime() + 11.9 * 3_600_000);
    expect(await status()).toBe(200);
    clock = new Date(began.getTime() + 12.1 * 3_600_000);
    expect(await status()).toBe(401);
    clock = began;
  });

  test('ends with signing out', async () => {
    const cookie = await session();
    expect((await api().post('/sign-out').set({ cookie })).status).toBe(303);
    expect((await api().get('/api/jobs').set({ cookie })).status).toBe(401);
  });

  test('a foreign page can neither sign in nor sign out', async () => {
    const foreign = { origin: 'https://evil.test' };
    expect(
      (await api().post('/sign-in').set(foreign).type('form').send({ token: tokens.admin })).status,
    ).toBe(403);
    expect((await api().post('/sign-out').set(foreign)).status).toBe(403);
  });

  test('no secret stands in the database', async () => {
    await session();
    const list =
      JSON.stringify(await fixture.store.accounts.list()) + JSON.stringify(await fixture.store.audit.list());
    for (const token of Object.values(tokens)) expect(list).not.toContain(token);
    // What a thief of the database would have opens nothing.
    expect((await api().get('/api/jobs').set({ cookie: 'nodulelab_session=undefined' })).status).toBe(401);
  });
});

describe('accounts', () => {
  test('are added, told their token once, and end with all their sessions', async () => {
    const added = await api()
      .post('/api/accounts')
      .set(bearer(tokens.admin))
      .send({ name: 'eva', role: 'annotator' });
    expect(added.status).toBe(201);
    const token = added.body.token as string;
    expect((await api().get('/api/jobs').set(bearer(token))).status).toBe(200);
    const { session } = await accounts.signIn(token, 'test');
    const listed = await api().get('/api/accounts').set(bearer(tokens.admin));
    expect(JSON.stringify(listed.body)).not.toContain(token);
    expect((await api().post('/api/accounts/eva/revoke').set(bearer(tokens.admin))).status).toBe(200);
    expect((await api().get('/api/jobs').set(bearer(token))).status).toBe(401);
    expect(await accounts.ofSession(session)).toBeUndefined();
    const again = await api()
      .post('/api/accounts')
      .set(bearer(tokens.admin))
      .send({ name: 'eva', role: 'reader' });
    expect([again.status, again.body.detail]).toEqual([
      409,
      expect.stringContaining('names are not given twice'),
    ]);
    expect((await api().post('/api/accounts/eva/revoke').set(bearer(tokens.admin))).status).toBe(404);
    expect(await audit()).toEqual(expect.arrayContaining(['account-added eva', 'account-revoked eva']));
  });

  test('always leave an admin', async () => {
    const last = await api().post('/api/accounts/the-admin/revoke').set(bearer(tokens.admin));
    expect([last.status, last.body.detail]).toEqual([409, expect.stringContaining('the last admin')]);
  });

  test('are not there on a server without them, which says how they would be', async () => {
    expect((await fixture.api().get('/api/session')).body).toEqual({
      accounts: false,
      name: null,
      role: null,
    });
    const answer = await fixture.api().get('/api/accounts');
    expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('serve --accounts')]);
    expect((await fixture.api().get('/sign-in')).text).not.toContain('name="token"');
  });

  test('are off where only this machine reaches the server and on elsewhere, unless it is said otherwise', () => {
    const wants = (host: string, allowHost: string[] = []) => wantsAccounts({ host, allowHost }, undefined);
    for (const host of ['127.0.0.1', 'localhost', '::1', '127.3.2.1'])
      expect([host, wants(host)]).toEqual([host, false]);
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'ct.hospital.test', '127.evil.test'])
      expect([host, wants(host)]).toEqual([host, true]);
    // Another web server in front brings others here over loopback.
    expect(wants('127.0.0.1', ['ct.hospital.test'])).toBe(true);
    expect(wantsAccounts({ host: '127.0.0.1', allowHost: [] }, true)).toBe(true);
    expect(wantsAccounts({ host: '0.0.0.0', allowHost: ['a'] }, false)).toBe(false);
  });

  test('two admins who revoke each other at once: one stays', async () => {
    await accounts.add({ name: 'second', role: 'admin' }, 'test');
    const both = await Promise.allSettled([
      accounts.revoke('the-admin', 'second'),
      accounts.revoke('second', 'the-admin'),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const left = (await accounts.list()).filter(
      ({ role, revokedAt }) => role === 'admin' && revokedAt === null,
    );
    expect(left).toHaveLength(1);
    tokens.admin = (await accounts.add({ name: 'third', role: 'admin' }, 'test')).token;
  });

  test('the first admin of a server gets a token in a file of its owner only, under a name that is free', async () => {
    const other = await startHttpFixture();
    try {
      const kept = createAccounts({ store: other.store, now: () => clock, randomBytes });
      await kept.add({ name: 'admin', role: 'reader' }, 'test');
      const notes: string[] = [];
      const opened = await openAccounts(
        other.dir,
        other.store,
        () => clock,
        (text) => notes.push(text),
      );
      const path = join(other.dir, 'first-admin-token');
      const token = (await readFile(path, 'utf8')).trim();
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(notes).toEqual([expect.stringContaining(path)]);
      expect(notes[0]).not.toContain(token);
      expect(await opened.accounts.ofToken(token)).toMatchObject({ name: 'admin-2', role: 'admin' });
      await rm(path);
      await openAccounts(
        other.dir,
        other.store,
        () => clock,
        (text) => notes.push(text),
      );
      expect(notes).toHaveLength(1);
    } finally {
      await other.close();
    }
  }, 60_000);
});

describe('what accounts protect', () => {
  test('folders of the server are open to its own command line only, wherever a request seems to come from', async () => {
    const path = '/tmp';
    for (const token of [tokens.annotator, tokens.admin])
      expect((await api().post('/api/verifications').set(bearer(token)).send({ path })).status).toBe(403);
    expect(
      (
        await api()
          .post('/api/imports')
          .set(bearer(tokens.admin))
          .send({ paths: [path] })
      ).status,
    ).toBe(403);
    expect(
      (
        await api()
          .post('/api/imports')
          .set(bearer(LOCAL))
          .send({ paths: [path] })
      ).status,
    ).toBe(202);
  });

  test('what only an admin may begin, nobody else ends or begins again', async () => {
    const { body: job } = await api()
      .post('/api/imports')
      .set(bearer(LOCAL))
      .send({ paths: ['/tmp'] });
    for (const verb of ['cancel', 'retry'])
      expect((await api().post(`/api/jobs/${job.id}/${verb}`).set(bearer(tokens.annotator))).status).toBe(
        403,
      );
    expect((await api().post(`/api/jobs/${job.id}/retry`).set(bearer(tokens.admin))).status).toBe(403);
  });

  test('an event stream ends soon after its account', async () => {
    const { token } = await accounts.add({ name: 'listener', role: 'annotator' }, 'test');
    const stream = await fetch(`${server.url}/api/events`, { headers: bearer(token) });
    expect(stream.status).toBe(200);
    await accounts.revoke('listener', 'test');
    // The whole of it is there only when the server has ended it.
    expect(await stream.text()).toContain('retry:');
  }, 60_000);

  test('a token of any characters is a wrong one, not a fault of the server', async () => {
    const odd = '\u00e9'.repeat(LOCAL.length);
    expect((await api().get('/api/jobs').set(bearer(odd))).status).toBe(401);
  });

  test('what is refused again and again is noted once in a while', async () => {
    const before = (await fixture.store.audit.list()).length;
    for (let n = 0; n < 20; n++) await api().get('/api/guarded-path').set(bearer(tokens.reader));
    for (let n = 0; n < 20; n++) await api().get('/api/models').set(bearer(tokens.reader));
    for (let n = 0; n < 20; n++)
      await api()
        .post('/sign-in')
        .type('form')
        .send({ token: `wrong-${n}` });
    expect((await fixture.store.audit.list()).length - before).toBeLessThanOrEqual(3);
  });
});

describe('the command line', () => {
  test('keeps accounts in a data folder, and beside the server that runs on it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nodulelab-accounts-'));
    try {
      const added = await nodulelab('--data', dir, '--json', 'accounts', 'add', 'ann', '--role', 'admin');
      expect(added.status).toBe(0);
      expect(JSON.parse(added.stdout)).toMatchObject({
        account: { name: 'ann', role: 'admin' },
        token: expect.stringMatching(/^[\w-]{43}$/),
      });
      expect((await nodulelab('--data', dir, 'accounts', 'add', 'bob')).status).toBe(2);
      expect((await nodulelab('--data', dir, 'accounts', 'revoke', 'ann')).stderr).toContain(
        'the last admin',
      );
      // The running server of this test announces itself there: commands then ask it, with the token of its file.
      const withdraw = await announceServer(dir, server.url, LOCAL);
      expect((await stat(join(dir, 'server.json'))).mode & 0o777).toBe(0o600);
      fixture.answers.health = () =>
        Promise.resolve({
          status: 'ok',
          version: '1',
          orthanc: { reachable: true, version: '1' },
          engine: 'e',
          model: 'm',
        });
      const { stdout } = await nodulelab('--data', dir, 'accounts', 'list');
      expect(stdout).toMatch(/the-reader +reader/);
      expect(stdout).not.toMatch(/^ann /m);
      await withdraw();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }, 60_000);
});
