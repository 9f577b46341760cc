/** `run.json` in a run's folder: what is being trained, on what, by which code, and how it stands. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NoduleLabError } from '../../volume/errors.ts';
import { writeJsonAtomically } from '../../nn/artefactFile.ts';
import { ancestorSchema } from '../ancestors.ts';
import { warningCodeSchema } from '../health.ts';
import { presetSchema } from '../presets.ts';

export const RUN_FILE = 'run.json';

const count = z.number().int().nonnegative();
const time = z.iso.datetime();

export const runSchema = z.object({
  format: z.literal(1),
  preset: presetSchema,
  seed: z.number().int(),
  dataset: z.object({
    name: z.string().nullable(),
    /** Trained on; and held back to see how far the critic overfits. */
    patches: count,
    heldBack: count.default(0),
    size: count,
    sha256: z.string().nullable(),
  }),
  /** What computes, and why this engine. */
  engine: z.object({ name: z.string(), reason: z.string().nullable() }),
  codeVersion: z.string().nullable(),
  /** What its networks were trained on before, the first one first. Older runs do not say it. */
  ancestors: z.array(ancestorSchema).default([]),
  /** When its first update began, and when it went on from which update. */
  started: time,
  resumed: z.array(z.object({ at: time, update: count })),
  /** When this file was written. */
  updated: time,
  /** A run whose process was killed still says running; then no process has the id `pid`. */
  state: z.enum(['running', 'complete', 'limit', 'aborted', 'failed']),
  pid: count,
  /** Generator updates done and seconds spent when this file was written. */
  update: count,
  seconds: z.number().nonnegative(),
  /** Where the augmentation adapts: its probability now, and the overfitting that it is steered by. */
  augmentation: z.object({ probability: z.number(), overfitting: z.number() }).nullable().default(null),
  /** File of the newest checkpoint that is not in doubt. */
  lastGood: z.string().nullable(),
  /** Why it failed. */
  error: z.object({ kind: z.string(), message: z.string() }).nullable(),
  warnings: z.array(z.object({ update: count, code: warningCodeSchema, message: z.string() })),
});
export type Run = z.infer<typeof runSchema>;

/** The run of a folder, or null where the folder holds none. */
export async function readRun(folder: string): Promise<Run | null> {
  const path = join(folder, RUN_FILE);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return runSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new NoduleLabError(
      'invalid-input',
      `${path} does not describe a training of this version: move it away; the training itself does not need it.`,
      { path },
      error,
    );
  }
}

export const writeRun = (folder: string, run: Run): Promise<void> =>
  writeJsonAtomically(join(folder, RUN_FILE), runSchema.parse(run));
