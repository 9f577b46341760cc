/** Puts the application on a port, and takes it off again in order. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NoduleLabError } from '../volume/errors.ts';
import { type AppDependencies, createApp } from './createApp.ts';
import { openLog } from './log.ts';

export interface ServerOptions extends Omit<AppDependencies, 'log' | 'allowedHosts'> {
  /** Loopback by default. */
  readonly host?: string | undefined;
  /** Preferred port, 3000 by default; where it is taken, a free one is used. */
  readonly port?: number | undefined;
  /** A taken port is an error instead. */
  readonly exactPort?: boolean | undefined;
  readonly allowedHosts?: readonly string[] | undefined;
  /** What samples and why it was taken, for the log. */
  readonly engine?: string | undefined;
  /** stderr without it. */
  readonly logFile?: string | undefined;
}

export interface RunningServer {
  /** `http://host:port`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Stops taking requests, ends the event streams, and waits for what is being answered. */
  stop(): Promise<void>;
}

const WILDCARDS = new Set(['0.0.0.0', '::']);
/** After this a request that is still being answered is cut off. */
const GRACE_MS = 5_000;

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 3000, exactPort = false, allowedHosts = [], logFile } = options;
  const log = openLog(logFile);
  const app = await createApp({
    ...options,
    log,
    // A browser writes an address of IPv6 in brackets.
    allowedHosts: WILDCARDS.has(host)
      ? allowedHosts
      : [host.includes(':') ? `[${host}]` : host, ...allowedHosts],
  });
  const server = createServer(app.express);
  try {
    await listen(server, host, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || exactPort)
      throw new NoduleLabError(
        'conflict',
        `Port ${port} on ${host} cannot be used: ${(error as Error).message}. Choose another with --port.`,
        { port, host },
        error,
      );
    await listen(server, host, 0);
  }
  const { port: actual } = server.address() as AddressInfo;
  const name = WILDCARDS.has(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  log.info({ host, port: actual, version: options.version, engine: options.engine }, 'listening');
  return {
    url: `http://${name}:${actual}`,
    port: actual,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          clearTimeout(cutOff);
          resolve();
        });
        app.close();
        server.closeIdleConnections();
        const cutOff = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      }),
  };
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
