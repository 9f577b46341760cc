/** How every reader of this room says what is wrong: the file, the reason, and what to do about it. */
import { NoduleLabError } from '../volume/errors.ts';

/** Makes the error of one file. */
export type Fail = (why: string, advice?: string, cause?: unknown) => NoduleLabError;

const FETCH_AGAIN = 'Fetch or unpack the file again';

/** @param format as users call it, for example `NIfTI` */
export function failing(name: string, format: string): Fail {
  return (why, advice = FETCH_AGAIN, cause) =>
    new NoduleLabError(
      'invalid-input',
      `${name} cannot be read as ${format}: ${why}. ${advice}.`,
      { name },
      cause,
    );
}
