/**
 * DICOMweb for the viewer: requests that the guard of originals lets pass go on to the archive under the viewer's own
 * origin, so that nothing needs to be shared across origins and no request reaches the archive unguarded.
 */
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { Logger } from 'pino';
import { type ArchiveKnowledge, decideArchiveRequest } from '../security/index.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { sendProblem } from './problems.ts';

export interface ArchiveAddress {
  /** Of Orthanc; credentials may be part of it (`http://user:password@host:port`). */
  readonly baseUrl: string;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
}

const BELOW_DICOM_WEB = /^\/dicom-web(\/|$)/;
/** The guard looks at every object that is to be stored before any reaches the archive: so they are held in memory. */
const LARGEST_STORE_BYTES = 256 * 2 ** 20;

/** The guard, and behind it the proxy. Mount it at the root, ahead of any body parser. */
export function archiveProxy(
  archive: ArchiveAddress,
  knowledge: ArchiveKnowledge,
  log: Logger,
): RequestHandler {
  const { target, authorization } = addressOf(archive);
  const bodies = new WeakMap<IncomingMessage, Buffer>();
  const proxy = createProxyMiddleware<Request, Response>({
    target,
    // Orthanc builds absolute URLs from these headers; they must carry the viewer's origin.
    changeOrigin: false,
    xfwd: true,
    // Orthanc's plugin does not split an encoded list of attributes.
    pathRewrite: (path) => path.replace(/%2C/gi, ','),
    headers: authorization ? { authorization } : {},
    on: {
      proxyReq: (toArchive, request) => {
        const body = bodies.get(request);
        if (!body) return;
        toArchive.removeHeader('transfer-encoding');
        toArchive.setHeader('content-length', body.length);
        toArchive.write(body);
      },
      error: (cause, _request, response) => {
        if (!('status' in response)) return void response.destroy();
        const message = 'The archive does not answer. Check that Orthanc runs, then repeat the request.';
        sendProblem(response, new NoduleLabError('upstream', message, {}, cause), log);
      },
    },
  });
  return async (request, response, next) => {
    if (!BELOW_DICOM_WEB.test(request.path)) return next();
    const { method, url, headers } = request;
    const body = method === 'POST' ? await readBody(request) : undefined;
    const decision = await decideArchiveRequest(
      { method, path: url, headers, ...(body ? { body } : {}) },
      knowledge,
    );
    if (!decision.allowed)
      throw new NoduleLabError('refused', decision.reason, { method, path: request.path });
    if (body) bodies.set(request, body);
    // What the client has for this server is not for the archive.
    delete request.headers.authorization;
    delete request.headers.cookie;
    await proxy(request, response, next);
  };
}

function addressOf({ baseUrl, auth }: ArchiveAddress): { target: string; authorization: string | undefined } {
  const { origin, pathname, username, password } = new URL(baseUrl);
  const known =
    auth ??
    (username
      ? { username: decodeURIComponent(username), password: decodeURIComponent(password) }
      : undefined);
  return {
    target: `${origin}${pathname.replace(/\/$/, '')}`,
    authorization: known && `Basic ${Buffer.from(`${known.username}:${known.password}`).toString('base64')}`,
  };
}

async function readBody(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_STORE_BYTES)
      throw new NoduleLabError(
        'invalid-input',
        `More than ${LARGEST_STORE_BYTES / 2 ** 20} MB in one request. Store the objects in several requests, or import them.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
