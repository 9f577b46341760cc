import { get } from 'node:http';
import { connect } from 'node:net';
import { createContext, runInContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { scriptHash } from '../../server/src/http/securityHeaders.ts';
import { BUNDLE, type HttpFixture, startHttpFixture } from '../support/httpFixture.ts';

let fixture: HttpFixture;
const api = () => fixture.api();

beforeAll(async () => {
  fixture = await startHttpFixture();
});
afterAll(() => fixture.close());

describe('the viewer', () => {
  test('its page answers every address of its own, with a policy that names each inline script', async () => {
    for (const address of ['/', '/synthesis?StudyInstanceUIDs=1.2.3', '/some/route']) {
      const response = await api().get(address);
      expect([address, response.status]).toEqual([address, 200]);
      expect(response.text).toContain('id="root"');
      const policy = response.headers['content-security-policy']!;
      const scripts = policy.split(';').find((part) => part.startsWith('script-src'))!;
      expect(scripts).not.toContain('unsafe-inline');
      expect(scripts.match(/'sha256-/g)).toHaveLength(2);
      expect(policy).not.toMatch(/https?:/);
    }
  });

  test('a file goes out as it was compressed ahead of time, to those who take it', async () => {
    const fetchPacked = (encoding: string) =>
      // fetch would unpack the body unasked.
      new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve) =>
        get(`${fixture.server.url}${BUNDLE}`, { headers: { 'accept-encoding': encoding } }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
        }),
      );
    const packed = await fetchPacked('gzip');
    expect(packed.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': expect.stringContaining('javascript'),
      'cache-control': expect.stringContaining('immutable'),
    });
    expect(gunzipSync(packed.body).toString()).toContain('xxx');
    const plain = await fetchPacked('identity');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.body.toString()).toContain('xxx');
    expect((await api().get('/assets/plain.css')).headers['cache-control']).toBe('no-cache');
  });

  test('its configuration is never cached and names the modules that are served', async () => {
    const response = await api().get('/app-config.js');
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.text).toContain('/plugins/extension.js');
    expect((await api().get('/plugins/extension.js')).text).toBe('export default {}');
  });

  test('the policy allows exactly the import map that the configuration adds to the page', async () => {
    const script = { type: '', textContent: '' };
    runInContext(
      (await api().get('/app-config.js')).text,
      createContext({ window: {}, document: { createElement: () => script, currentScript: { after() {} } } }),
    );
    expect(script.type).toBe('importmap');
    expect((await api().get('/')).headers['content-security-policy']).toContain(
      scriptHash(script.textContent),
    );
  });

  test('nothing outside its folder is served', async () => {
    for (const address of [
      '/../data/lock',
      '/%2e%2e/data/lock',
      '/assets/..%2f..%2fdata/lock',
      '/..%5cdata/lock',
    ]) {
      const answer = await rawGet(address);
      expect([address, answer.includes('HTTP/1.1')]).toEqual([address, true]);
      expect(answer).not.toContain('startTicks');
    }
  });
});

/** Sends the path as it is: clients tidy it up first. */
function rawGet(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(fixture.server.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('end', () => resolve(answer)).on('error', reject);
    socket.write(`GET ${address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  });
}
