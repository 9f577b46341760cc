/**
 * Checkpoints of a training: one safetensors file with all tensors and the state (as JSON in its metadata), and one
 * sidecar JSON with the file's SHA-256. The sidecar is written last: a checkpoint without one does not count.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import { readVerified, writeAtomically, writeJsonAtomically } from './artefactFile.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensors, type StoredTypes } from './safetensors.ts';

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

/** @param types how tensors are stored; by default exactly, so that a training goes on bit for bit */
export async function writeCheckpoint(
  folder: string,
  content: CheckpointContent,
  { update, step = 0, milestone }: { update: number; step?: number; milestone: boolean },
  types: StoredTypes = 'F32',
): Promise<CheckpointInfo> {
  await mkdir(folder, { recursive: true });
  const stem = checkpointStem(update, step);
  const file = `${stem}.safetensors`;
  const written = await writeAtomically(
    join(folder, file),
    encodeSafetensors(content.tensors, { state: JSON.stringify(content.state) }, types),
  );
  const sidecar = { format: FORMAT, file, ...written, update, milestone } as const;
  try {
    await writeJsonAtomically(join(folder, `${stem}.json`), sidecar);
  } catch (error) {
    // Without its sidecar it is no checkpoint and would only take room, which is what may have been missing.
    await rm(join(folder, file), { force: true });
    throw error;
  }
  return { ...sidecar, folder };
}

/**
 * Name of a checkpoint without its ending. One in the middle of an update has a name of its own: no file of an earlier
 * one is ever replaced.
 */
export const checkpointStem = (update: number, step: number): string =>
  `checkpoint-${String(update).padStart(8, '0')}${step === 0 ? '' : `-${step}`}`;

/** The stem of a checkpoint that exists. */
export const stemOf = ({ file }: Pick<CheckpointInfo, 'file'>): string => file.replace(/\.safetensors$/, '');

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

/** Copies a checkpoint into another folder, after checking its hash. */
export async function copyCheckpoint(info: CheckpointInfo, folder: string): Promise<CheckpointInfo> {
  const { folder: from, ...sidecar } = info;
  const bytes = await readVerified(join(from, info.file), info.sha256, REMEDY);
  await mkdir(folder, { recursive: true });
  await writeAtomically(join(folder, info.file), [bytes]);
  await writeJsonAtomically(join(folder, `${stemOf(info)}.json`), sidecar);
  return { ...info, folder };
}

/** Removes all but the newest `keep` checkpoints that are no milestones, and leaves the file `good` alone. */
export async function pruneCheckpoints(folder: string, keep: number, good?: string): Promise<void> {
  const passing = (await listCheckpoints(folder)).filter((info) => !info.milestone);
  for (const info of passing.slice(0, Math.max(0, passing.length - keep))) {
    if (info.file === good) continue;
    // Sidecar first: what is left if this stops half way is no checkpoint.
    await rm(join(folder, `${stemOf(info)}.json`));
    await rm(join(folder, info.file), { force: true });
  }
}

/** Removes what a training that was killed has left half written: files of no checkpoint, and unfinished files. */
export async function sweepCheckpoints(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const whole = new Set(names);
  for (const name of names) {
    const weights = /^(checkpoint-\d+(?:-\d+)?)\.safetensors$/.exec(name);
    const orphan = weights !== null && !whole.has(`${weights[1]}.json`);
    const writer = /\.(\d+)\.partial$/.exec(name)?.[1];
    if (orphan || (writer !== undefined && !isAlive(Number(writer))))
      await rm(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    // Signal 0 only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
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
