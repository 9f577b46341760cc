/** Mounts every route of the contract: parameters and body are checked on the way in, the answer on the way out. */
import { type Route, openApiDocument, routes } from '@nodulelab/contract';
import express, { type Request, type Router } from 'express';
import type { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import { ROUTE_ROLES } from '../security/index.ts';
import { type Access, gate } from './accountGuard.ts';
import { PAGE_WITHOUT_SCRIPT } from './securityHeaders.ts';

type Routes = typeof routes;
export type RouteName = keyof Routes;

type Parsed<R, Key extends 'params' | 'body'> = R extends { readonly [K in Key]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

/** What a handler is given. */
export interface RouteInput<Name extends RouteName> {
  readonly params: Parsed<Routes[Name], 'params'>;
  readonly body: Parsed<Routes[Name], 'body'>;
  readonly request: Request;
}

/** One handler for each route of the contract: a missing or a surplus one does not compile. */
export type RouteHandlers = {
  readonly [Name in RouteName]: (
    input: RouteInput<Name>,
  ) => Promise<z.input<Routes[Name]['success']['body']>>;
};

/** Bodies are small JSON: the largest is a list of paths. */
const BODY_LIMIT = '256kb';

/** The interface below `/api`, its own description among it. */
export function apiRouter(handlers: RouteHandlers, version: string, access: Access): Router {
  const router = express.Router();
  const document = JSON.stringify(openApiDocument(version), null, 2);
  router.get('/openapi.json', gate(access, 'reader'), (_request, response) => {
    response.type('json').send(document);
  });
  // Ahead of reading a body: who is not signed in may ask who they are, and nothing else.
  router.use((request, response, next) =>
    request.method === 'GET' && request.path === routes.whoAmI.path
      ? next()
      : gate(access, 'reader')(request, response, next),
  );
  router.use(express.json({ limit: BODY_LIMIT }));
  for (const name of Object.keys(routes) as RouteName[]) {
    const route: Route = routes[name];
    // The table guarantees that the schemas of `route` are those of the handler's input.
    const handler = handlers[name] as (input: unknown) => Promise<unknown>;
    router[route.method](route.path, async (request, response) => {
      await access.demand(request, ROUTE_ROLES[name]);
      const answer = await handler({
        params: check(route.params, request.params, 'path'),
        body: check(route.body, request.body, 'body'),
        request,
      });
      // `private`: nothing between the viewer and this server keeps what is a patient's, or made for one.
      response
        .status(route.success.status)
        .set('Cache-Control', route.success.unchanging ? 'private, max-age=31536000, immutable' : 'no-store');
      if (route.success.status === 204) response.end();
      else if (route.success.media !== undefined) {
        if (route.success.media === 'text/html') response.set('Content-Security-Policy', PAGE_WITHOUT_SCRIPT);
        response
          .type(mediaOf(route.success.media, answer as Uint8Array))
          .send(Buffer.from(answer as Uint8Array));
      } else response.json(route.success.body.parse(answer));
    });
  }
  return router;
}

/** Pictures say by their first byte which of the two kinds they are. */
const mediaOf = (media: string, bytes: Uint8Array): string =>
  media !== 'image/*' ? media : bytes[0] === 0x89 ? 'image/png' : 'image/jpeg';

function check(schema: z.ZodType | undefined, value: unknown, where: 'path' | 'body'): unknown {
  if (!schema) return undefined;
  if (where === 'body' && value === undefined)
    throw new NoduleLabError('invalid-input', 'The body is missing. Send JSON as application/json.');
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ at: path.join('.'), message }));
  throw new NoduleLabError(
    'invalid-input',
    `The ${where} of the request is malformed: ` +
      issues.map(({ at, message }) => (at ? `${at}: ${message}` : message)).join('; '),
    { issues },
  );
}
