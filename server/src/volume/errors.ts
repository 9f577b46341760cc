/**
 * Every expected failure of NoduleLab is one of these kinds; http/ maps a kind to a status in one place and cli/ to an
 * exit code. The message names the thing that failed and says what to do about it.
 */
export type ErrorKind =
  /** The caller's input is wrong (malformed file, missing option): HTTP 400, exit 2 for usage. */
  | 'invalid-input'
  /** Nobody is signed in, or not any more: HTTP 401. */
  | 'signed-out'
  /** The named thing does not exist: HTTP 404. */
  | 'not-found'
  /** The request is understood but not allowed (guard of originals, not de-identified): HTTP 403. */
  | 'refused'
  /** The request contradicts the present state (job already ended, lock held): HTTP 409. */
  | 'conflict'
  /** The input is well formed but cannot be used (place outside the lung, gantry tilt): HTTP 422. */
  | 'unusable'
  /** A system that we depend on failed (Orthanc gone): HTTP 502. */
  | 'upstream'
  /** Cancelled by the user: HTTP 409, exit 1. */
  | 'cancelled';

export class NoduleLabError extends Error {
  readonly kind: ErrorKind;
  /** Machine-readable facts for the problem answer (never secrets, never patient names). */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    kind: ErrorKind,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NoduleLabError';
    this.kind = kind;
    this.details = details;
  }
}
