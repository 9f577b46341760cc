/**
 * Who asks, and whether they may: the archive, the events and each route of the interface demand a role. The viewer's own files are
 * open, for they hold nothing of anybody.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role, WhoAmI } from '@nodulelab/contract';
import type { Request, RequestHandler } from 'express';
import { type Least, mayReach } from '../security/index.ts';
import type { Accounts } from '../services/accounts.ts';
import { NoduleLabError } from '../volume/errors.ts';

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
  /** Whether who asked may still, by what the store knows now. */
  holds(request: Request, least: Least): Promise<boolean>;
}

/** A server for whoever sits at this machine. */
export const NO_ACCOUNTS: Access = {
  on: false,
  identify: (_request, _response, next) => next(),
  demand: () => Promise.resolve(),
  holds: () => Promise.resolve(true),
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
    holds: async (request, least) =>
      mayReach((await identify(request, accounts, localToken))?.role ?? null, least),
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

/** By their hashes, which are of one length whatever was sent. */
const same = (a: string, b: string): boolean => timingSafeEqual(digestOf(a), digestOf(b));
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** @returns undefined where it is not there */
export function cookieOf(request: Request, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}
