/** Runs a training as a process of its own (gan/trainWorker.ts), at a low priority: previews and accepts go first. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { TRAINING_ENVIRONMENT } from '../../engine/hostMemory.ts';
import { trainingEventSchema, type TrainingEvent } from '../../gan/events.ts';
import { NoduleLabError, type ErrorKind } from '../../volume/errors.ts';

const WORKER = fileURLToPath(new URL('../../gan/trainWorker.ts', import.meta.url));
/** A stop waits for the step that is running and for the checkpoint; what takes longer than this hangs. */
const PATIENCE_MS = 5 * 60_000;

const Failure = z.object({ kind: z.string(), message: z.string() });

/**
 * Runs until the training ends or `signal` asks it to, which leaves a checkpoint.
 * @param configFile see trainWorkerConfigSchema
 * @returns the last event
 */
export async function runTrainWorker(
  configFile: string,
  signal: AbortSignal,
  onEvent: (event: TrainingEvent) => void,
): Promise<TrainingEvent | undefined> {
  // The channel tells the worker when this process goes away without a word: it then ends too, with a checkpoint.
  const child = spawn(process.execPath, [WORKER, configFile], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...TRAINING_ENVIRONMENT },
  }) as ChildProcessByStdio<null, Readable, Readable>;
  let hanging: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    hanging = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  };
  const ended = new Promise<{ code: number | null; signalName: string | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signalName) => resolve({ code, signalName }));
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let last: TrainingEvent | undefined;
  createInterface(child.stdout).on('line', (line) => {
    const event = trainingEventSchema.safeParse(parsed(line));
    if (!event.success) return;
    last = event.data;
    onEvent(last);
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-20_000)));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    const { code, signalName } = await ended;
    if (code === 0) return last;
    throw failureOf(said, signalName ?? `exit code ${code}`);
  } finally {
    clearTimeout(hanging);
    signal.removeEventListener('abort', stop);
  }
}

/** The worker's last words are one line of JSON; where it had none to say, the system ended it. */
function failureOf(said: string, how: string): Error {
  const failure = Failure.safeParse(parsed(said.trim().split('\n').at(-1) ?? ''));
  if (failure.success && failure.data.kind !== 'internal')
    return new NoduleLabError(failure.data.kind as ErrorKind, failure.data.message);
  if (failure.success) return new Error(failure.data.message);
  return new NoduleLabError(
    'unusable',
    `The training's process ended without a word (${how}); often that is a lack of memory. ` +
      'Resume it, or begin one with a smaller batch.',
    { said: said.slice(-2000) },
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
