/**
 * A training as a process of its own: `node trainWorker.ts config.json`.
 *
 * Writes one JSON event a line to standard output (see events.ts). SIGTERM or SIGINT end it with a checkpoint and exit
 * code 0; an error goes to standard error as one line of JSON {kind, message, details}, with exit code 1.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { openPatchFile } from '../dataset/patchFile.ts';
import { onnxCpuEngine } from '../engine/onnxCpu.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { limitsSchema } from './limits.ts';
import { presetNamed } from './presets.ts';
import { train } from './train.ts';

export const trainWorkerConfigSchema = z.object({
  /** Name of a preset. */
  preset: z.string(),
  /** Divides all channel counts. */
  widthDivisor: z.number().positive().default(1),
  /** Folder of patches and their manifest. */
  dataset: z.string(),
  /** Folder for checkpoints. */
  outDir: z.string(),
  seed: z.number().int().default(1),
  limits: limitsSchema.default({}),
  /** Go on from the newest checkpoint in outDir, if there is one. */
  resume: z.boolean().default(true),
  checkpointMinutes: z.number().positive().default(10),
  /** Threads of the engine; by default one per core. */
  threads: z.number().int().positive().optional(),
});
export type TrainWorkerConfig = z.input<typeof trainWorkerConfigSchema>;

async function main(path: string | undefined): Promise<void> {
  if (path === undefined)
    throw new NoduleLabError('invalid-input', 'trainWorker needs the path of its configuration (JSON).');
  const config = trainWorkerConfigSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  const dataset = await openPatchFile(config.dataset);
  try {
    await train({
      preset: presetNamed(config.preset, config.widthDivisor),
      dataset,
      outDir: config.outDir,
      seed: config.seed,
      engine: onnxCpuEngine(config.threads === undefined ? {} : { threads: config.threads }),
      limits: config.limits,
      resume: config.resume,
      checkpointMinutes: config.checkpointMinutes,
      clock: () => performance.now(),
      signal: stop.signal,
      onProgress: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
    });
  } finally {
    await dataset.close();
  }
}

if (import.meta.main)
  await main(process.argv[2]).catch((error: unknown) => {
    const { kind, message, details } =
      error instanceof NoduleLabError
        ? error
        : { kind: 'internal', message: error instanceof Error ? error.message : String(error), details: {} };
    process.stderr.write(`${JSON.stringify({ kind, message, details })}\n`);
    process.exitCode = 1;
  });
