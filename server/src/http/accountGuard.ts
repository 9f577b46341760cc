/**
 * Who asks, and whether they may: the archive, the events and each route of the interface demand a role. The viewer's own files are
 * open, for they hold nothing of anybody.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role, WhoAmI } from '@nodulelab/contract';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { type Least, mayReach } from '../security/index.ts';
import { type Accounts, SESSION_HOURS } from '../services/accounts.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { signInPage } from './signInPage.ts';

export const SESSION_COOKIE = 'nodulelab_session';

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

/** Programs of whoever runs the server: they read it from a file of theirs. */
export const LOCAL_CALLER: Caller = { name: 'this machine', role: 'admin' };

export interface AccountGuardOptions {
  readonly accounts: Accounts;
  /** Of the server's own command line. */
  readonly localToken: string;
}

export const newLocalToken = (): string => randomBytes(32).toString('base64url');

const callers = new WeakMap<Request, Caller>();

/** Null where nobody is signed in, or the server has no accounts. */
export const callerOf = (request: Request): Caller | null => callers.get(request) ?? null;

export const whoAmI = (request: Request, { on }: Access): WhoAmI => {
  const caller = callerOf(request);
  return { accounts: on, name: caller?.name ?? null, role: caller?.role ?? null };
};

/** How requests are let in. */
export interface Access {
  readonly on: boolean;
  /** Finds out who asks; mount it first. */
  readonly identify: RequestHandler;
  /** @throws signed-out, or refused (which the audit trail keeps). */
  demand(request: Request, least: Least): Promise<void>;
}

/** A server for whoever sits at this machine. */
export const NO_ACCOUNTS: Access = {
  on: false,
  identify: (_request, _response, next) => next(),
  demand: () => Promise.resolve(),
};

export function accessByAccount({ accounts, localToken }: AccountGuardOptions): Access {
  return {
    on: true,
    async identify(request, _response, next) {
      const caller = await identify(request, accounts, localToken);
      if (caller) callers.set(request, caller);
      next();
    },
    async demand(request, least) {
      const caller = callerOf(request);
      if (mayReach(caller?.role ?? null, least)) return;
      if (!caller)
        throw new NoduleLabError(
          'signed-out',
          'Sign in first: this server has accounts. The page is /sign-in.',
          {
            signIn: '/sign-in',
          },
        );
      const what = `${request.method} ${request.originalUrl.split('?')[0]}`;
      await accounts.refused(caller.name, what);
      throw new NoduleLabError('refused', `${caller.name} is ${caller.role}, and ${what} needs ${least}.`);
    },
  };
}

/** Lets nobody pass who may not. */
export const gate =
  (access: Access, least: Least): RequestHandler =>
  async (request, _response, next) => {
    await access.demand(request, least);
    next();
  };

async function identify(
  request: Request,
  accounts: Accounts,
  localToken: string,
): Promise<Caller | undefined> {
  const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return same(bearer, localToken) ? LOCAL_CALLER : await accounts.ofToken(bearer);
  const session = cookieOf(request, SESSION_COOKIE);
  return session === undefined ? undefined : await accounts.ofSession(session);
}

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** @returns undefined where it is not there */
export function cookieOf(request: Request, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

/** The page to sign in and out; forms only, no script. */
export function signInRouter(accounts: Accounts): Router {
  const router = express.Router();
  const cookie = { httpOnly: true, sameSite: 'strict', path: '/' } as const;
  // Whoever opens the viewer in a browser is led to the page; programs get what they ask for, or a 401.
  router.get(/^\/(?!sign-in|api(\/|$)|dicom-web(\/|$)|plugins\/)/, (request, response, next) => {
    const wantsPage = request.headers.accept?.includes('text/html') === true;
    if (!wantsPage || callerOf(request)) return next();
    response.redirect(303, `/sign-in?next=${encodeURIComponent(request.originalUrl)}`);
  });
  router.get('/sign-in', (request, response) => {
    sendPage(response, 200, signInPage(nextOf(request.query['next']), null));
  });
  router.post(
    '/sign-in',
    express.urlencoded({ extended: false, limit: '4kb' }),
    async (request, response) => {
      const form = (request.body ?? {}) as Readonly<Record<string, unknown>>;
      const next = nextOf(form['next']);
      try {
        const { session } = await accounts.signIn(
          String(form['token'] ?? '').trim(),
          request.socket.remoteAddress ?? 'unknown',
        );
        response
          .cookie(SESSION_COOKIE, session, {
            ...cookie,
            secure: request.secure,
            maxAge: SESSION_HOURS * 3_600_000,
          })
          .redirect(303, next);
      } catch (error) {
        if (!(error instanceof NoduleLabError && error.kind === 'signed-out')) throw error;
        sendPage(response, 401, signInPage(next, error.message));
      }
    },
  );
  router.post('/sign-out', async (request, response) => {
    const session = cookieOf(request, SESSION_COOKIE);
    if (session !== undefined) await accounts.signOut(session);
    response.clearCookie(SESSION_COOKIE, cookie).redirect(303, '/sign-in');
  });
  return router;
}

/** Without a referrer a browser says that a form comes from nowhere, which is refused. */
const sendPage = (response: Response, status: number, page: string): unknown =>
  response
    .status(status)
    .type('html')
    .set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'same-origin' })
    .send(page);

/** A path of this server, never another's address. */
const nextOf = (value: unknown): string =>
  typeof value === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(value) ? value : '/';
