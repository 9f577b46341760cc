/** The training worker as a process of its own: run to its end, or killed on the way. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { trainingEventSchema, type TrainingEvent } from '../../server/src/gan/events.ts';
import type { TrainWorkerConfig } from '../../server/src/gan/trainWorker.ts';

const WORKER = join(import.meta.dirname, '../../server/src/gan/trainWorker.ts');

export interface TrainProcess {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly events: readonly TrainingEvent[];
  readonly stderr: string;
}

/**
 * @param scratch folder for the worker's configuration
 * @param onEvent called with each event and a way to send the process a signal
 */
export async function trainProcess(
  scratch: string,
  config: TrainWorkerConfig,
  onEvent?: (event: TrainingEvent, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<TrainProcess> {
  const path = join(scratch, 'config.json');
  await writeFile(path, JSON.stringify(config));
  const child = spawn(process.execPath, [WORKER, path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const events: TrainingEvent[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  createInterface(child.stdout).on('line', (line) => {
    // A process that is killed may leave half a line.
    if (!line.endsWith('}')) return;
    const event = trainingEventSchema.parse(JSON.parse(line));
    events.push(event);
    onEvent?.(event, (signal) => void child.kill(signal));
  });
  return new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, events, stderr })),
  );
}
