/**
 * Server-sent events (HTML Living Standard, section 9.2): first the jobs that are queued or running, so that a client
 * that connects late or again knows where things are, then everything as it happens.
 */
import type { ServerEvent } from '@nodulelab/contract';
import type { Request, RequestHandler, Response } from 'express';
import type { Events } from '../jobs/events.ts';
import type { Jobs } from '../jobs/jobs.ts';

/** Below the idle time-outs of common proxies. */
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2_000;
/** A client that reads nothing must not fill the memory of the server. */
const LARGEST_BACKLOG_BYTES = 1 << 20;

export interface EventStream {
  readonly handler: RequestHandler;
  /** Ends all streams; the server could not close while they are open. */
  close(): void;
}

/** @param mayGoOn asked at each heartbeat: a stream must not outlive the session that opened it */
export function eventStream(
  jobs: Jobs,
  events: Events,
  mayGoOn: (request: Request) => Promise<boolean> = () => Promise.resolve(true),
): EventStream {
  const open = new Set<Response>();
  let closed = false;

  async function handler(request: Request, response: Response): Promise<void> {
    if (closed) {
      response.status(503).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    const write = (text: string): void => {
      if (response.writableLength > LARGEST_BACKLOG_BYTES) response.destroy();
      else response.write(text);
    };
    const send = (event: ServerEvent): void =>
      write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    write(`retry: ${RECONNECT_MS}\n\n`);

    // Listening starts before the snapshot is read, or what happens in between would be lost; what arrives meanwhile
    // waits, because it is newer than the snapshot.
    let waiting: ServerEvent[] | undefined = [];
    const unsubscribe = events.subscribe((event) => {
      if (waiting) waiting.push(event);
      else send(event);
    });
    const beat = async (): Promise<void> => {
      if (await mayGoOn(request).catch(() => false)) write(': alive\n\n');
      else response.end();
    };
    const heartbeat = setInterval(() => void beat(), HEARTBEAT_MS);
    heartbeat.unref();
    open.add(response);
    request.on('close', () => {
      clearInterval(heartbeat);
      unsubscribe();
      open.delete(response);
    });
    for (const job of (await jobs.list()).reverse())
      if (job.state === 'queued' || job.state === 'running') send({ type: 'job', job });
    waiting.forEach(send);
    waiting = undefined;
  }

  return {
    handler,
    close() {
      closed = true;
      for (const response of open) response.end();
    },
  };
}
