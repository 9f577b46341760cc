/** What every command gets: the global options, where to print, and how to reach or open NoduleLab's data. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { UsageError } from './options.ts';
import { createOutput, type Output, type Streams } from './output.ts';

const GlobalOptions = z.object({
  json: z.boolean(),
  data: z.string().min(1),
  orthanc: z.url({ protocol: /^https?$/ }).optional(),
});

/** A terminal and npm both pass on one Ctrl-C: what comes within this time is the same one. */
const SAME_SIGNAL_MS = 1_000;
const INTERRUPTED = 130;

export interface CommandContext {
  readonly dataDir: string;
  readonly orthancUrl: string | undefined;
  readonly json: boolean;
  readonly output: Output;
  /** Aborted by Ctrl-C or SIGTERM; once more ends the process without waiting. */
  readonly signal: AbortSignal;
  /** Ends with this status although nothing failed: what the command found out is told by it. */
  setStatus(status: number): void;
}

export function createContext(
  options: unknown,
  streams: Streams,
  setStatus: (status: number) => void,
): CommandContext {
  const parsed = GlobalOptions.safeParse(options);
  if (!parsed.success)
    throw new UsageError(
      parsed.error.issues
        .map(({ path }) => `--${path.join('.')} cannot be used as it is given (see --help)`)
        .join('; '),
    );
  const { json, data, orthanc } = parsed.data;
  const controller = new AbortController();
  let asked = Number.POSITIVE_INFINITY;
  const stop = (): void => {
    if (performance.now() - asked > SAME_SIGNAL_MS) process.exit(INTERRUPTED);
    asked = Math.min(asked, performance.now());
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    dataDir: resolve(data),
    orthancUrl: orthanc,
    json,
    output: createOutput(streams, json, () => performance.now()),
    signal: controller.signal,
    setStatus,
  };
}
