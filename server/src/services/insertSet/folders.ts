/** Folders that are written whole, and what is in one. */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export const hasContent = (dir: string): Promise<boolean> =>
  readdir(dir).then(
    (names) => names.length > 0,
    () => false,
  );

const PARTIAL = '.partial';

/** Takes away what a killed process was writing below `parent`. */
export async function removePartialFolders(parent: string): Promise<void> {
  for (const name of await readdir(parent))
    if (name.startsWith('.') && name.endsWith(PARTIAL)) await rm(join(parent, name), { recursive: true });
}

/**
 * Writes a folder beside its place and renames it when `work` is done with it; what was there before goes. Every file
 * is on the disk by then.
 *
 * @param work gets a function that writes one file and answers its path
 */
export async function writeFolder<T>(
  dir: string,
  work: (write: (name: string, bytes: Uint8Array) => Promise<string>) => Promise<T>,
): Promise<T> {
  const partial = join(dirname(dir), `.${basename(dir)}${PARTIAL}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    const result = await work(async (name, bytes) => {
      const path = join(partial, name);
      const file = await open(path, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      return path;
    });
    await rm(dir, { recursive: true, force: true });
    await rename(partial, dir);
    return result;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}
