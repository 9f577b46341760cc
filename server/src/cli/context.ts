/** What every command gets: the global options, where to print, and how to reach or open NoduleLab's data. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { createOutput, type Output, type Streams } from './output.ts';

const GlobalOptions = z.object({
  json: z.boolean(),
  data: z.string().min(1),
  orthanc: z.url().optional(),
});

export interface CommandContext {
  readonly dataDir: string;
  readonly orthancUrl: string | undefined;
  readonly json: boolean;
  readonly output: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

export function createContext(options: unknown, streams: Streams): CommandContext {
  const { json, data, orthanc } = GlobalOptions.parse(options);
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    dataDir: resolve(data),
    orthancUrl: orthanc,
    json,
    output: createOutput(streams, json, () => performance.now()),
    signal: controller.signal,
  };
}
