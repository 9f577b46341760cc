/** Signing in and out, and the way of a browser to that page. */
import express, { type Request, type Response, type Router } from 'express';
import { type Accounts, SESSION_HOURS } from '../services/accounts.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { callerOf, cookieOf, SESSION_COOKIE } from './accountGuard.ts';
import { signInPage } from './signInPage.ts';

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
    sendPage(
      response,
      200,
      signInPage(nextOf(request.query['next']), { signedIn: callerOf(request)?.name ?? null }),
    );
  });
  router.post(
    '/sign-in',
    express.urlencoded({ extended: false, limit: '4kb' }),
    async (request, response) => {
      const form = (request.body ?? {}) as Readonly<Record<string, unknown>>;
      const next = nextOf(form['next']);
      try {
        const before = cookieOf(request, SESSION_COOKIE);
        const { session } = await accounts.signIn(
          String(form['token'] ?? '').trim(),
          request.socket.remoteAddress ?? 'unknown',
        );
        if (before !== undefined) await accounts.signOut(before);
        response
          .cookie(SESSION_COOKIE, session, {
            ...cookie,
            secure: isOverTls(request),
            maxAge: SESSION_HOURS * 3_600_000,
          })
          .redirect(303, next);
      } catch (error) {
        if (!(error instanceof NoduleLabError && error.kind === 'signed-out')) throw error;
        sendPage(response, 401, signInPage(next, { problem: error.message }));
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

/**
 * Whether the browser came by TLS, which ends at a web server in front: its Origin says so, and ownOriginOnly has tied that to
 * the host. A header of the web server could be anybody's.
 */
const isOverTls = (request: Request): boolean =>
  request.secure || request.headers.origin?.startsWith('https://') === true;
