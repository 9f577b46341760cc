/**
 * A training as a process of its own: `node trainWorker.ts config.json`.
 *
 * Writes one JSON event a line to standard output (see events.ts). SIGTERM, SIGINT or the end of the process that
 * listens end it with a checkpoint and exit code 0; an error goes to standard error as one line of JSON
 * {kind, message, details}, with exit code 1.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { openTrainingSet } from './trainingSet.ts';
import { DEFAULT_ENGINE, ENGINE_CHOICES, openEngine } from '../engine/registry.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { TrainingEvent } from './events.ts';
import { limitsSchema } from './limits.ts';
import { AUGMENTATION_NAMES, changedPreset, presetNamed } from './presets.ts';
import { train } from './train.ts';

export const trainWorkerConfigSchema = z.object({
  /** Name of a preset. */
  preset: z.string(),
  /** Divides all channel counts. */
  widthDivisor: z.number().positive().default(1),
  /** Patches of a batch in all stages, instead of what the preset says. */
  batchSize: z.number().int().positive().optional(),
  /** How patches are varied, instead of what the preset says. */
  augmentation: z.enum(AUGMENTATION_NAMES).optional(),
  /** Folder of patches and their manifest. */
  dataset: z.string(),
  /** Folder for checkpoints. */
  outDir: z.string(),
  seed: z.number().int().default(1),
  limits: limitsSchema.default({}),
  /** Go on from the newest checkpoint in outDir, if there is one. */
  resume: z.boolean().default(true),
  checkpointMinutes: z.number().positive().default(10),
  /** What computes, or auto (see engine/registry.ts). */
  engine: z.enum(ENGINE_CHOICES).default(DEFAULT_ENGINE),
  /** Threads of the engine; by default one per core. */
  threads: z.number().int().positive().optional(),
  /** Threads that make batches; by default one per four cores. */
  dataThreads: z.number().int().positive().optional(),
});
export type TrainWorkerConfig = z.input<typeof trainWorkerConfigSchema>;

async function main(path: string | undefined): Promise<void> {
  if (path === undefined)
    throw new NoduleLabError('invalid-input', 'trainWorker needs the path of its configuration (JSON).');
  const config = trainWorkerConfigSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  // A server that starts it with a channel and goes away without a word closes that.
  process.once('disconnect', () => stop.abort());
  process.channel?.unref();
  process.stdout.on('error', () => stop.abort());
  const dataset = await openTrainingSet(config.dataset);
  const tell = (event: TrainingEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
  try {
    const preset = changedPreset(presetNamed(config.preset, config.widthDivisor), config);
    const { engine, reason } = await openEngine(
      config.engine,
      config.threads === undefined ? {} : { threads: config.threads },
    );
    tell({ type: 'engine', name: engine.name, reason });
    await train({
      preset,
      dataset,
      outDir: config.outDir,
      seed: config.seed,
      engine,
      engineReason: reason,
      codeVersion: packageJson.version,
      limits: config.limits,
      resume: config.resume,
      ...(config.dataThreads === undefined ? {} : { dataThreads: config.dataThreads }),
      checkpointMinutes: config.checkpointMinutes,
      clock: () => performance.now(),
      signal: stop.signal,
      onProgress: tell,
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
