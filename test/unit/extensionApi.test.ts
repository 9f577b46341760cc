import { describe, expect, test } from '@jest/globals';
import { createApiClient, pathOf } from '../../extension/src/api/client.ts';
import {
  type Connection,
  type EventSourceLike,
  listenToEvents,
  parseEvent,
  reconnectDelay,
} from '../../extension/src/api/events.ts';
import { ApiError, nearestAllowed } from '../../extension/src/api/problem.ts';

const answering = (status: number, body: unknown, type = 'application/json') =>
  createApiClient(async () =>
    typeof body === 'string'
      ? new Response(body, { status, headers: { 'content-type': type } })
      : new Response(JSON.stringify(body), { status, headers: { 'content-type': type } }),
  );

const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
};

describe('the client of the server', () => {
  test('parameters are written into the path, encoded', () => {
    expect(pathOf('/api', '/jobs/:id/cancel', { id: 'a/b' })).toBe('/api/jobs/a%2Fb/cancel');
  });

  test('a request carries method, path and body of its route', async () => {
    const seen: [string, RequestInit][] = [];
    const client = createApiClient(async (input, init) => {
      seen.push([String(input), init!]);
      return new Response(JSON.stringify({ centre: [1, 2, 3], setting: 'parenchyma' }));
    });
    await client.call('place', { body: { seriesInstanceUID: '1.2', diameterMm: 10 } });
    expect(seen[0]![0]).toBe('/api/places');
    expect(seen[0]![1].method).toBe('POST');
    expect(JSON.parse(String(seen[0]![1].body))).toEqual({ seriesInstanceUID: '1.2', diameterMm: 10 });
  });

  test("the server's reason becomes the message, and its proposal can be read", async () => {
    const problem = {
      type: 'about:blank',
      title: 'Not usable',
      status: 422,
      detail: 'The place lies outside the lung.',
      kind: 'unusable',
      details: { nearestAllowed: [1, 2, 3] },
    };
    const error = await failure(
      answering(422, problem, 'application/problem+json').call('preview', {
        body: { seriesInstanceUID: '1.2', candidateId: 'c', centre: [0, 0, 0], diameterMm: 8 },
      }),
    );
    expect(error.message).toBe('The place lies outside the lung.');
    expect(nearestAllowed(error)).toEqual([1, 2, 3]);
  });

  test('an answer of another shape is not taken for the real one', async () => {
    const error = await failure(answering(200, { models: [{ name: 7 }] }).call('models', {}));
    expect(error.message).toContain('different versions');
  });

  test.each([
    ['no answer at all', createApiClient(() => Promise.reject(new TypeError('failed')))],
    ['a gateway without its server', answering(502, '<html>Bad gateway</html>', 'text/html')],
  ])('%s counts as a server that is gone', async (_, client) => {
    const error = await failure(client.call('health', {}));
    expect(error.unreachable).toBe(true);
    expect(error.message).toContain('does not answer');
  });

  test('deleting answers nothing', async () => {
    const client = createApiClient(async () => new Response(null, { status: 204 }));
    expect(await client.call('discard', { params: { id: 'p' } })).toBeNull();
  });
});

const job = {
  id: 'j',
  kind: 'accept',
  title: 't',
  createdAt: '2025-01-01T00:00:00Z',
  state: 'queued',
  position: 0,
};

/** A source whose connection the test opens, breaks and feeds. */
class Line implements EventSourceLike {
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  closed = false;
  readonly listeners = new Map<string, (event: MessageEvent<string>) => void>();
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(type, listener);
  }
  close(): void {
    this.closed = true;
  }
}

describe('events of the server', () => {
  test('anything that is not an event of the contract is passed over', () => {
    expect(parseEvent('not json')).toBeNull();
    expect(parseEvent('{"type":"job","job":{}}')).toBeNull();
    expect(parseEvent(JSON.stringify({ type: 'job', job }))).toEqual({ type: 'job', job });
  });

  test('waits longer between attempts, but never more than ten seconds', () => {
    const delays = [0, 1, 2, 3, 4, 20].map(reconnectDelay);
    expect(delays).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test('connects again after a break, says so, and delivers what comes then', () => {
    const lines: Line[] = [];
    const connections: Connection[] = [];
    const received: string[] = [];
    const timers: (() => void)[] = [];
    const stop = listenToEvents({
      open: () => {
        const line = new Line();
        lines.push(line);
        return line;
      },
      onEvent: (event) => received.push(event.type),
      onConnection: (connection) => connections.push(connection),
      setTimer: (callback) => timers.push(callback),
      clearTimer: () => undefined,
    });
    lines[0]!.onopen?.(new Event('open'));
    lines[0]!.onerror?.(new Event('error'));
    expect(lines[0]!.closed).toBe(true);
    timers[0]!();
    lines[1]!.onopen?.(new Event('open'));
    lines[1]!.listeners.get('job')!(new MessageEvent('job', { data: JSON.stringify({ type: 'job', job }) }));
    expect(connections).toEqual(['connecting', 'open', 'lost', 'open']);
    expect(received).toEqual(['job']);
    stop();
    expect(lines[1]!.closed).toBe(true);
    lines[1]!.onerror?.(new Event('error'));
    expect(timers).toHaveLength(1);
  });
});
