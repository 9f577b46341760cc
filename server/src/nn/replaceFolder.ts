/** A folder is written whole or not at all: beside its place, then renamed. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes `folder` in place of what was there.
 * @param write fills the new folder, whose name has a dot in front until it is whole; what it throws leaves nothing behind
 */
export async function replaceFolder<T>(folder: string, write: (partial: string) => Promise<T>): Promise<T> {
  const aside = (what: string): string =>
    join(dirname(folder), `.${basename(folder)}.${process.pid}.${what}`);
  const partial = aside('partial');
  await mkdir(partial, { recursive: true });
  try {
    const written = await write(partial);
    // Renamed away first: a folder cannot take the place of one that is not empty.
    const former = existsSync(folder) ? aside('former') : undefined;
    if (former !== undefined) await rename(folder, former);
    await rename(partial, folder);
    if (former !== undefined) await rm(former, { recursive: true });
    return written;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}
