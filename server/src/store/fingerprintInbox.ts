/**
 * Fingerprints of series that were written without the database: it serves one process, and that may be a server. Each
 * series leaves a file in the data folder; whoever has the database open next takes it in.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Uid } from '@nodulelab/contract';
import { z } from 'zod';
import { writeAtomically } from '../nn/artefactFile.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { EditFingerprint } from './editFingerprint.ts';

const LeftSeries = z.object({
  seriesInstanceUID: Uid,
  sourceSeriesInstanceUID: Uid,
  fingerprints: z.array(EditFingerprint).readonly(),
});
export type LeftSeries = z.infer<typeof LeftSeries>;

export const inboxOf = (dataDir: string): string => path.join(dataDir, 'fingerprints');

/** The same series again replaces what was left of it before. */
export async function leaveFingerprints(dataDir: string, series: LeftSeries): Promise<void> {
  const folder = inboxOf(dataDir);
  await mkdir(folder, { recursive: true });
  const text = JSON.stringify(LeftSeries.parse(series));
  await writeAtomically(path.join(folder, `${series.seriesInstanceUID}.json`), [Buffer.from(text)]);
}

/**
 * Hands over what lies in the inbox and takes it out. Killed in between, it is handed over once more.
 * @throws NoduleLabError `unusable` for a file that NoduleLab did not write
 */
export async function emptyInbox(folder: string, take: (series: LeftSeries) => Promise<void>): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.filter((one) => one.endsWith('.json')).toSorted()) {
    const file = path.join(folder, name);
    await take(await read(file));
    await rm(file, { force: true });
  }
}

async function read(file: string): Promise<LeftSeries> {
  try {
    return LeftSeries.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new NoduleLabError(
      'unusable',
      `${file} does not hold the voxels of a series: it was changed or damaged. Take it away; without it that series is not recognised by its voxels.`,
      { file },
      cause,
    );
  }
}
