/**
 * DICOMweb for the viewer: requests that the guard of originals lets pass go on to the archive under the viewer's own
 * origin, so that nothing needs to be shared across origins and no request reaches the archive unguarded.
 */
import type { Request, RequestHandler, Response } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { Logger } from 'pino';
import { NoduleLabError } from '../volume/errors.ts';
import { sendProblem } from './problems.ts';

export interface ArchiveAddress {
  /** Of Orthanc, without a trailing slash. */
  readonly baseUrl: string;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
}

export interface ArchiveRequest {
  readonly method: string;
  /** Path below the server, as Orthanc sees it, without the query. */
  readonly path: string;
}

/** Decides on a request to the archive; the reason is for the user. */
export type ArchiveGuard = (
  request: ArchiveRequest,
) => Promise<{ readonly allowed: true } | { readonly allowed: false; readonly reason: string }>;

const BELOW_DICOM_WEB = /^\/dicom-web(\/|$)/;
/**
 * What a DICOMweb path is made of. Dot segments and encoded characters are left out on purpose: an archive that
 * resolves them would serve its own interface, and the guard would have judged another path than the one served.
 */
const PLAIN_PATH = /^\/dicom-web(\/(?!\.{1,2}(\/|$))([\w.,~-]|%2C)+)*\/?$/i;
/** Orthanc lets a request say that it is really another method. */
const METHOD_OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override'];

function assertPlain(request: Request): void {
  const query = new URLSearchParams(request.url.split('?').slice(1).join('?'));
  const disguised =
    METHOD_OVERRIDES.some((header) => request.headers[header] !== undefined) ||
    [...query.keys()].some((key) => key.toLowerCase() === '_method');
  if (disguised || !PLAIN_PATH.test(request.path))
    throw new NoduleLabError(
      'refused',
      'This is not a plain DICOMweb request, so it does not reach the archive.',
      {
        method: request.method,
        path: request.path,
      },
    );
}

/** The guard, and behind it the proxy. Mount it at the root, ahead of any body parser: it streams. */
export function archiveProxy(archive: ArchiveAddress, guard: ArchiveGuard, log: Logger): RequestHandler {
  const proxy = createProxyMiddleware<Request, Response>({
    target: archive.baseUrl,
    // Orthanc builds absolute URLs from these headers; they must carry the viewer's origin.
    changeOrigin: false,
    xfwd: true,
    // Orthanc's plugin does not split an encoded list of attributes.
    pathRewrite: (path) => path.replace(/%2C/gi, ','),
    ...(archive.auth ? { auth: `${archive.auth.username}:${archive.auth.password}` } : {}),
    on: {
      error: (cause, _request, response) => {
        if (!('status' in response)) return void response.destroy();
        const message = 'The archive does not answer. Check that Orthanc runs, then repeat the request.';
        sendProblem(response, new NoduleLabError('upstream', message, {}, cause), log);
      },
    },
  });
  return async (request, response, next) => {
    if (!BELOW_DICOM_WEB.test(request.path)) return next();
    assertPlain(request);
    const { method, path } = request;
    const decision = await guard({ method, path });
    if (!decision.allowed) throw new NoduleLabError('refused', decision.reason, { method, path });
    await proxy(request, response, next);
  };
}
