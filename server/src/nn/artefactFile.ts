/** Files that must be whole or absent: written beside their place, flushed to disk, then renamed. */
import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NoduleLabError } from '../volume/errors.ts';

/** Writes the pieces as one file and returns its size and SHA-256. */
export async function writeAtomically(
  path: string,
  pieces: Iterable<Uint8Array>,
): Promise<{ bytes: number; sha256: string }> {
  const temporary = `${path}.${process.pid}.partial`;
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(temporary, 'w');
  try {
    for (const piece of pieces) {
      await file.writeFile(piece);
      hash.update(piece);
      bytes += piece.length;
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, path);
  await syncFolder(dirname(path));
  return { bytes, sha256: hash.digest('hex') };
}

export const writeJsonAtomically = async (path: string, value: unknown): Promise<void> => {
  await writeAtomically(path, [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)]);
};

/**
 * Reads a file whose SHA-256 is known; refuses it if it is missing or has another one.
 * @param remedy what the user can do about a damaged file
 */
export async function readVerified(
  path: string,
  sha256: string,
  remedy = 'Restore it from its source.',
): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${path} cannot be read: restore it from its source.`,
      { path },
      error,
    );
  });
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256)
    throw new NoduleLabError(
      'refused',
      `${path} has the SHA-256 ${actual} but ${sha256} is recorded for it: the file is damaged or was exchanged. ` +
        remedy,
      { path, expected: sha256, actual },
    );
  return bytes;
}

/** A rename survives a power cut only once its folder is flushed; Windows cannot open folders and need not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
