/** The folder of an experiment: one process at a time works in it, and what a killed one left half written goes. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder, type FolderLock } from '../../nn/folderLock.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { TRAININGS } from './trainings.ts';

/** Where things are written; a report may be written beside them at any time. */
const WORKED_IN = ['sets', 'samples', 'folds', TRAININGS] as const;
const PARTIAL = '.partial';

/** @throws NoduleLabError `conflict` where a living process works in it */
export async function holdFolder(outDir: string): Promise<FolderLock> {
  const lock = await lockFolder(outDir);
  try {
    for (const name of WORKED_IN) await removePartial(join(outDir, name));
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Sets are written in folders of such names, single files in files. */
async function removePartial(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names)
    if (name.endsWith(PARTIAL)) await rm(join(folder, name), { recursive: true, force: true });
}

export const nothingMade = (path: string): NoduleLabError =>
  new NoduleLabError(
    'not-found',
    `${path} is not there, so there is nothing to report on: name the folder and the protocol of a run that was begun, or run the command without --report-only.`,
    { path },
  );
