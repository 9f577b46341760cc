import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { exchange, type ExchangeRequest } from '../../server/src/pacs/exchange.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
}

const ask = (url: string, request: Partial<ExchangeRequest> = {}) =>
  exchange(url, { method: 'GET', headers: {}, signal: AbortSignal.timeout(5000), ...request });

describe('a request to the archive', () => {
  test('brings body and headers, and takes the answer whole', async () => {
    const url = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.statusCode = 201;
        response.end(`${request.method} ${request.headers['x-asked']} ${Buffer.concat(chunks).toString()}`);
      });
    });
    const { status, bytes } = await ask(url, {
      method: 'POST',
      headers: { 'x-asked': 'yes' },
      body: new TextEncoder().encode('slice'),
    });
    expect([status, Buffer.from(bytes).toString()]).toEqual([201, 'POST yes slice']);
    expect(bytes.byteLength).toBe(bytes.buffer.byteLength);
  });

  test('takes an answer whose length nobody says', async () => {
    const url = await serve((_, response) => {
      response.write('one ');
      setImmediate(() => response.end('two'));
    });
    expect(Buffer.from((await ask(url)).bytes).toString()).toBe('one two');
  });

  test('goes over a connection that was there before', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('here');
    });
    for (let i = 0; i < 100; i++) await ask(url);
    expect(ports.size).toBeLessThanOrEqual(8);
  });

  test('that meets a connection just closed is asked again where it only asks, and fails where it writes', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests++;
      // The second request on a connection finds it reset.
      if (request.socket.bytesWritten > 0) request.socket.resetAndDestroy();
      else response.end('here');
    });
    expect((await ask(url)).status).toBe(200);
    expect((await ask(url)).status).toBe(200);
    expect(requests).toBe(3);
    await expect(ask(url, { method: 'POST', body: 'slice' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(requests).toBe(4);
  });

  test('does not go over a connection that the server closed while this thread computed', async () => {
    const url = await serve((_, response) => response.end('here'));
    server!.keepAliveTimeout = 1000;
    server!.keepAliveTimeoutBuffer = 0;
    await ask(url);
    // The server is in this thread too: the connection ends for it when it is closed here, as if it had gone on alone.
    server!.closeIdleConnections();
    const until = performance.now() + 700;
    while (performance.now() < until);
    expect((await ask(url, { method: 'POST', body: 'slice' })).status).toBe(200);
  });

  test('fails where the answer is cut off or does not come', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/silent') return;
      response.writeHead(200, { 'content-length': '10' });
      response.write('half');
      setImmediate(() => response.destroy());
    });
    await expect(ask(url)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    await expect(ask(`${url}silent`, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/aborted/);
  });
});
