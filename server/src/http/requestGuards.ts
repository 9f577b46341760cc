/**
 * Which requests are served at all. The server has no accounts on loopback, so it must make sure that it talks to the
 * user of this machine and not, through the user's browser, to a foreign page:
 * - a foreign `Host` means a name that an attacker points at this address (DNS rebinding);
 * - a foreign `Origin` on a request that changes something means another site's page (request forgery).
 */
import type { Request, RequestHandler } from 'express';
import { NoduleLabError } from '../volume/errors.ts';

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const LOOPBACK_ADDRESS = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

const nameOf = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

/** @param allowedHosts names besides those of loopback under which the server is reached, without a port */
export function ownHostOnly(allowedHosts: readonly string[]): RequestHandler {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return (request, _response, next) => {
    const name = nameOf(request.headers.host ?? '');
    if (!LOOPBACK_NAME.test(name) && !allowed.has(name))
      throw new NoduleLabError(
        'refused',
        `This server is not reached under the name "${name}". ` +
          'Use its own address, or allow the name where the server is started.',
      );
    next();
  };
}

/** Refuses requests that change something and come from a page of another origin. Programs send no origin. */
export const ownOriginOnly: RequestHandler = (request, _response, next) => {
  if (SAFE_METHODS.has(request.method)) return next();
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (foreignSite || (origin !== undefined && hostOf(origin) !== host?.toLowerCase()))
    throw new NoduleLabError('refused', 'A page of another origin cannot change anything here.');
  next();
};

/** Undefined for "null" and anything else that names no host. */
function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

/** True where the client is a program on this machine and no proxy stands between. */
export const isLocal = (request: Request): boolean =>
  LOOPBACK_ADDRESS.test(request.socket.remoteAddress ?? '') &&
  request.headers['x-forwarded-for'] === undefined &&
  request.headers.forwarded === undefined;
