/**
 * Checkpoints of a training: one safetensors file with all tensors and the state (as JSON in its metadata), and one
 * sidecar JSON with the file's SHA-256. The sidecar is written last: a checkpoint without one does not count.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import { readVerified, writeAtomically, writeJsonAtomically } from './artefactFile.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensors } from './safetensors.ts';

const FORMAT = 1;
const REMEDY = 'Restore it; to go on from the checkpoint before it, move this one and its .json away.';

const sidecarSchema = z.object({
  format: z.literal(FORMAT),
  file: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().positive(),
  /** Generator updates done. */
  update: z.number().int().nonnegative(),
  /** A milestone is kept for good. */
  milestone: z.boolean(),
});
export type CheckpointInfo = z.infer<typeof sidecarSchema> & { readonly folder: string };

export interface CheckpointContent {
  readonly tensors: StoredTensors;
  readonly state: unknown;
}

export async function writeCheckpoint(
  folder: string,
  content: CheckpointContent,
  { update, step = 0, milestone }: { update: number; step?: number; milestone: boolean },
): Promise<CheckpointInfo> {
  await mkdir(folder, { recursive: true });
  // A checkpoint in the middle of an update has a name of its own: no file of an earlier one is ever replaced.
  const stem = `checkpoint-${String(update).padStart(8, '0')}${step === 0 ? '' : `-${step}`}`;
  const file = `${stem}.safetensors`;
  const written = await writeAtomically(
    join(folder, file),
    encodeSafetensors(content.tensors, { state: JSON.stringify(content.state) }),
  );
  const sidecar = { format: FORMAT, file, ...written, update, milestone } as const;
  await writeJsonAtomically(join(folder, `${stem}.json`), sidecar);
  return { ...sidecar, folder };
}

/** All complete checkpoints of a folder, oldest first. */
export async function listCheckpoints(folder: string): Promise<CheckpointInfo[]> {
  const names = await readdir(folder).catch(() => []);
  const stems = names.flatMap((name) => /^(checkpoint-\d+(?:-\d+)?)\.json$/.exec(name)?.[1] ?? []).sort();
  return Promise.all(stems.map((stem) => readSidecar(folder, `${stem}.json`)));
}

/** Reads a checkpoint after checking its hash. */
export async function readCheckpoint(info: CheckpointInfo): Promise<CheckpointContent> {
  const path = join(info.folder, info.file);
  const { tensors, metadata } = decodeSafetensors(await readVerified(path, info.sha256, REMEDY), path);
  return { tensors, state: JSON.parse(metadata.state ?? 'null') as unknown };
}

/** Removes all but the newest `keep` checkpoints that are no milestones. */
export async function pruneCheckpoints(folder: string, keep: number): Promise<void> {
  const passing = (await listCheckpoints(folder)).filter((info) => !info.milestone);
  for (const info of passing.slice(0, Math.max(0, passing.length - keep))) {
    // Sidecar first: what is left if this stops half way is no checkpoint.
    await rm(join(folder, info.file.replace(/\.safetensors$/, '.json')));
    await rm(join(folder, info.file), { force: true });
  }
}

async function readSidecar(folder: string, name: string): Promise<CheckpointInfo> {
  const path = join(folder, name);
  try {
    return { ...sidecarSchema.parse(JSON.parse(await readFile(path, 'utf8'))), folder };
  } catch (error) {
    throw new NoduleLabError(
      'invalid-input',
      `${path} does not describe a checkpoint of this version: remove it to use an earlier checkpoint.`,
      { path },
      error,
    );
  }
}
