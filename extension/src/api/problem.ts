/** Failures of the server's answers, in words that a user can act on. */
import { PointLps, Problem } from '@nodulelab/contract';

export class ApiError extends Error {
  /** HTTP status; 0 when no answer came at all. */
  readonly status: number;
  readonly problem: Problem | null;

  constructor(message: string, status: number, problem: Problem | null = null) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
  }

  /** No answer at all: the server or the network is gone. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

export const unreachable = (): ApiError =>
  new ApiError(
    'The NoduleLab server does not answer. Check that it is running; this page reconnects by itself.',
    0,
  );

/** The error that an answer with a status >= 400 stands for. */
export function errorOfAnswer(status: number, body: unknown): ApiError {
  const problem = Problem.safeParse(body);
  if (problem.success) return new ApiError(problem.data.detail || problem.data.title, status, problem.data);
  // A gateway in front of the server answers with HTML; its text says nothing to a reader.
  if (status === 502 || status === 503 || status === 504) return unreachable();
  return new ApiError(`The server answered with status ${status} and gave no reason.`, status);
}

/** Where the server would accept a place instead, when it says so. */
export function nearestAllowed(error: ApiError): PointLps | null {
  const point = PointLps.safeParse(error.problem?.details?.['nearestAllowed']);
  return point.success ? point.data : null;
}

/** The checks that accepting asks to be confirmed, when that is why it was refused. */
export function unconfirmedChecks(error: unknown): readonly string[] | null {
  const names = error instanceof ApiError ? error.problem?.details?.['unconfirmed'] : undefined;
  const isName = (value: unknown): value is string => typeof value === 'string';
  return Array.isArray(names) && names.length > 0 && names.every(isName) ? names : null;
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'Something unexpected happened.';
