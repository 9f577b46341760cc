/** Errors become RFC 9457 problem answers in this one place. What is not an expected error stays in the log. */
import { randomUUID } from 'node:crypto';
import { Problem } from '@nodulelab/contract';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type ErrorKind, NoduleLabError } from '../volume/errors.ts';

const STATUS: Readonly<Record<ErrorKind, number>> = {
  'invalid-input': 400,
  'signed-out': 401,
  'not-found': 404,
  refused: 403,
  conflict: 409,
  cancelled: 409,
  unusable: 422,
  upstream: 502,
};

const TITLE: Readonly<Record<Problem['kind'], string>> = {
  'invalid-input': 'The request is malformed',
  'signed-out': 'Nobody is signed in',
  'not-found': 'There is no such thing',
  refused: 'Refused by a rule',
  conflict: 'In conflict with the present state',
  cancelled: 'Cancelled',
  unusable: 'Well formed but not usable',
  upstream: 'The archive does not answer',
  internal: 'Something unexpected happened',
};

/** Express and its parsers mark errors that are the client's with a status of 4xx. */
const ClientError = z.object({ status: z.int().min(400).max(499), message: z.string() });

function problemOf(error: unknown, logId: string): Problem {
  if (error instanceof NoduleLabError) {
    const details = Object.keys(error.details).length > 0 ? { details: { ...error.details } } : {};
    return build(error.kind, STATUS[error.kind], error.message, details);
  }
  const client = ClientError.safeParse(error);
  if (client.success) return build('invalid-input', client.data.status, client.data.message);
  return build('internal', 500, `An unexpected error. The server's log has it under ${logId}.`, {
    details: { logId },
  });
}

const build = (
  kind: Problem['kind'],
  status: number,
  detail: string,
  rest: Pick<Problem, 'details'> = {},
): Problem => Problem.parse({ type: 'about:blank', title: TITLE[kind], status, detail, kind, ...rest });

/** Answers with the problem of an error. */
export function sendProblem(response: Response, error: unknown, log: Logger): void {
  const logId = randomUUID();
  const problem = problemOf(error, logId);
  if (problem.kind === 'internal') log.error({ err: error, logId }, 'unexpected error');
  else log.debug({ err: error }, problem.detail);
  if (response.headersSent) {
    // Too late for an answer: breaking the connection tells the client that what it has is not whole.
    response.destroy();
    return;
  }
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** The error handler of the whole application. */
export const problemAnswers =
  (log: Logger): ErrorRequestHandler =>
  (error, _request, response, _next) =>
    sendProblem(response, error, log);

/** For a path that nothing serves. */
export const nothingHere: RequestHandler = (request) => {
  throw new NoduleLabError(
    'not-found',
    `Nothing answers ${request.method} ${request.path}. GET /api/openapi.json lists the interface.`,
  );
};
