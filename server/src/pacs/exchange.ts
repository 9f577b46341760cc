/**
 * One HTTP request and its whole answer, over connections that are kept. Built on node:http: fetch takes more than twice
 * its processor time for each slice of a CT, most of it in streams that nobody reads piece by piece.
 */
import http from 'node:http';
import https from 'node:https';
import { setImmediate } from 'node:timers/promises';

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly signal: AbortSignal;
}

export interface ExchangeAnswer {
  readonly status: number;
  /** With a buffer of its own, which can be handed to another thread. */
  readonly bytes: Uint8Array;
}

export type Exchange = (url: string, request: ExchangeRequest) => Promise<ExchangeAnswer>;

/**
 * How long before the moment that the server names a kept connection is given up. Orthanc names one second: with Node's own
 * margin of a second, and that of fetch, which is longer, no connection to it would be used twice.
 */
const MARGIN_MS = 500;
/**
 * Connections to one archive at a time. Without a limit none would be used twice: the next request begins before the
 * connection of the one that just ended is given back.
 */
const CONNECTIONS = 8;
const AGENT = { keepAlive: true, agentKeepAliveTimeoutBuffer: MARGIN_MS, maxSockets: CONNECTIONS };

const plain = new http.Agent(AGENT);
const secure = new https.Agent(AGENT);

/** When each idle connection was last used. */
const idleSince = new WeakMap<object, number>();
for (const agent of [plain, secure])
  agent.on('free', (connection: object) => idleSince.set(connection, performance.now()));

/**
 * Gives up connections that were idle too long. Their timers do this too, but not while this thread computes: after two
 * seconds over a volume, the next request would meet a connection that Orthanc closed long ago.
 */
function dropIdle(agent: http.Agent): void {
  const now = performance.now();
  for (const connections of Object.values(agent.freeSockets))
    for (const connection of connections ?? [])
      if (now - (idleSince.get(connection) ?? 0) > MARGIN_MS) connection.destroy();
}

/** The body of an answer, copied once where its length is known. */
function collect(message: http.IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const said = Number(message.headers['content-length']);
    const whole = Number.isSafeInteger(said) ? new Uint8Array(said) : undefined;
    const chunks: Buffer[] = [];
    let at = 0;
    message.on('data', (chunk: Buffer) => {
      if (whole === undefined) chunks.push(chunk);
      else whole.set(chunk, at);
      at += chunk.length;
    });
    message.on('error', reject);
    message.on('end', () => resolve(whole ?? new Uint8Array(Buffer.concat(chunks))));
  });
}

function once(url: string, request: ExchangeRequest): Promise<ExchangeAnswer> {
  return new Promise((resolve, reject) => {
    const { method, body, signal } = request;
    const length = body === undefined ? (method === 'POST' ? 0 : undefined) : Buffer.byteLength(body);
    const headers =
      length === undefined ? request.headers : { ...request.headers, 'content-length': String(length) };
    const isSecure = url.startsWith('https:');
    const agent = isSecure ? secure : plain;
    dropIdle(agent);
    const options = { method, headers, signal, agent };
    const sent = (isSecure ? https : http).request(url, options, (message) => {
      collect(message).then((bytes) => resolve({ status: message.statusCode ?? 0, bytes }), reject);
    });
    sent.on('error', (error: NodeJS.ErrnoException) =>
      reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new StaleConnection(error) : error),
    );
    sent.end(body);
  });
}

/** A kept connection that the other end closed before the request was read. */
class StaleConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

/** @throws the error of the connection, or that of the signal */
export const exchange: Exchange = async (url, request) => {
  // A connection that the archive closed while this thread computed is known to be closed only after a turn of the event
  // loop, and what is posted to it cannot be sent again.
  if (request.method === 'POST') await setImmediate();
  try {
    return await once(url, request);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    // What only asks may be asked again; after a POST nobody knows whether it arrived.
    if (request.method === 'POST') throw error.cause;
    return once(url, request);
  }
};

/** The same over a fetch that the caller chose. */
export const exchangeBy =
  (fetch: typeof globalThis.fetch): Exchange =>
  async (url, { body, ...request }) => {
    const response = await fetch(url, {
      ...request,
      ...(body === undefined ? {} : { body: body as BodyInit }),
    });
    return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
  };
