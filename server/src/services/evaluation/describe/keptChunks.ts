/**
 * Descriptions on disk, a chunk a pair of files, so that a run that was killed goes on: the numbers as JSON, which says the
 * hash of the pixels beside it. A chunk that is not whole counts as none.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../../../nn/artefactFile.ts';
import { patchDescriptionSchema, type PatchDescription } from './described.ts';

const chunkSchema = z.object({
  pixelsSha256: z.string(),
  patches: z.array(patchDescriptionSchema),
});

export interface Chunk {
  readonly patches: readonly PatchDescription[];
  readonly pixels: Float32Array;
}

const pathOf = (folder: string, chunk: number, ending: string): string =>
  join(folder, `${String(chunk).padStart(5, '0')}.${ending}`);

/** @param ids of the patches that the chunk must hold */
export async function readChunk(
  folder: string,
  chunk: number,
  ids: readonly string[],
): Promise<Chunk | undefined> {
  const text = await readFile(pathOf(folder, chunk, 'json'), 'utf8').catch(() => undefined);
  const bytes = await readFile(pathOf(folder, chunk, 'f32')).catch(() => undefined);
  if (text === undefined || bytes === undefined) return undefined;
  const parsed = chunkSchema.safeParse(jsonOf(text));
  if (!parsed.success || parsed.data.pixelsSha256 !== createHash('sha256').update(bytes).digest('hex'))
    return undefined;
  const { patches } = parsed.data;
  if (patches.length !== ids.length || patches.some(({ id }, at) => id !== ids[at])) return undefined;
  // A copy, since what is read from a file may begin at any byte.
  return { patches, pixels: new Float32Array(Uint8Array.from(bytes).buffer) };
}

export async function writeChunk(folder: string, chunk: number, { patches, pixels }: Chunk): Promise<void> {
  await mkdir(folder, { recursive: true });
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const { sha256 } = await writeAtomically(pathOf(folder, chunk, 'f32'), [bytes]);
  const json = JSON.stringify({ pixelsSha256: sha256, patches });
  await writeAtomically(pathOf(folder, chunk, 'json'), [new TextEncoder().encode(json)]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
