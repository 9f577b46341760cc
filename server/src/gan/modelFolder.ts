/** A model folder is written whole or not at all: beside its place, then renamed. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeAtomically, writeJsonAtomically } from '../nn/artefactFile.ts';
import { CARD_FILE, type GRAPH_FILE, type ModelCard, type WEIGHTS_FILE } from './modelCard.ts';

/**
 * Writes weights and card as the model `folder`, in place of what was there.
 * @param card makes the card from the SHA-256 of the weights; what it throws leaves nothing behind
 */
export async function writeModelFolder<C extends ModelCard>(
  folder: string,
  file: typeof WEIGHTS_FILE | typeof GRAPH_FILE,
  weights: Iterable<Uint8Array>,
  card: (sha256: string) => C,
): Promise<C> {
  // Names with a dot in front are no models.
  const aside = (what: string): string =>
    join(dirname(folder), `.${basename(folder)}.${process.pid}.${what}`);
  const partial = aside('partial');
  await mkdir(partial, { recursive: true });
  try {
    const { sha256 } = await writeAtomically(join(partial, file), weights);
    const made = card(sha256);
    await writeJsonAtomically(join(partial, CARD_FILE), made);
    // Renamed away first: a folder cannot take the place of one that is not empty.
    const former = existsSync(folder) ? aside('former') : undefined;
    if (former !== undefined) await rename(folder, former);
    await rename(partial, folder);
    if (former !== undefined) await rm(former, { recursive: true });
    return made;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}
