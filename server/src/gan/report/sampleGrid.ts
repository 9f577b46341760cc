/** Pictures of samples: the middle slices of up to 16 patches as one greyscale PNG. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { writeAtomically } from '../../nn/artefactFile.ts';

/** Patches of the set itself, for comparison. */
export const REAL_FILE = 'real.png';

/** @param stem name of the checkpoint's file without its ending */
export const samplesFileOf = (stem: string): string => `samples-${stem.replace(/^checkpoint-/, '')}.png`;

const COLUMNS = 4;
/** Edge of a slice in the picture: coarse stages are enlarged, so that all pictures of a run have one size. */
const TILE = 64;
const GAP = 2;

/**
 * Axial middle slices in rows of four, black to white over [0, 1].
 * @param patches size³ values each, z slowest, x fastest; `size` divides 64 or is a multiple of it
 */
export function gridOf(patches: readonly Float32Array[], size: number): Uint8Array {
  const rows = Math.ceil(patches.length / COLUMNS);
  const width = COLUMNS * (TILE + GAP) - GAP;
  const height = Math.max(1, rows) * (TILE + GAP) - GAP;
  const data = new Uint8Array(width * height);
  const slice = (size >> 1) * size * size;
  for (const [i, patch] of patches.entries()) {
    const left = (i % COLUMNS) * (TILE + GAP);
    const top = Math.floor(i / COLUMNS) * (TILE + GAP);
    for (let v = 0; v < TILE; v++)
      for (let u = 0; u < TILE; u++) {
        const value = patch[slice + Math.floor((v * size) / TILE) * size + Math.floor((u * size) / TILE)]!;
        data[(top + v) * width + left + u] = Math.round(255 * Math.min(1, Math.max(0, value)));
      }
  }
  return encode({ width, height, data, channels: 1, depth: 8 });
}

export const writeGrid = async (
  folder: string,
  file: string,
  patches: readonly Float32Array[],
  size: number,
): Promise<void> => {
  await writeAtomically(join(folder, file), [gridOf(patches, size)]);
};

/** Removes the pictures of checkpoints that are no more. */
export async function sweepGrids(folder: string, stems: readonly string[]): Promise<void> {
  const kept = new Set(stems.map(samplesFileOf));
  for (const name of await readdir(folder))
    if (/^samples-\d+(-\d+)?\.png$/.test(name) && !kept.has(name))
      await rm(join(folder, name), { force: true });
}
