/** Tests that are the steps of one walk: where one fails, those after it are not tried, for they begin where it ends. */
import { test } from '@jest/globals';

export type Step = (title: string, body: () => void | Promise<void>, timeoutMs: number) => void;

export function walk(): Step {
  let stoppedAt: string | undefined;
  return (title, body, timeoutMs) =>
    test(
      title,
      async () => {
        if (stoppedAt !== undefined) throw new Error(`not reached: the walk ended at "${stoppedAt}"`);
        stoppedAt = title;
        await body();
        stoppedAt = undefined;
      },
      timeoutMs,
    );
}
