/** A model folder is written whole or not at all. */
import { join } from 'node:path';
import { writeAtomically, writeJsonAtomically } from '../nn/artefactFile.ts';
import { replaceFolder } from '../nn/replaceFolder.ts';
import { CARD_FILE, type GRAPH_FILE, type ModelCard, type WEIGHTS_FILE } from './modelCard.ts';

/**
 * Writes weights and card as the model `folder`, in place of what was there.
 * @param card makes the card from the SHA-256 of the weights; what it throws leaves nothing behind
 * @param further writes what else belongs to the model into the folder
 */
export async function writeModelFolder<C extends ModelCard>(
  folder: string,
  file: typeof WEIGHTS_FILE | typeof GRAPH_FILE,
  weights: Iterable<Uint8Array>,
  card: (sha256: string) => C,
  further?: (partial: string) => Promise<unknown>,
): Promise<C> {
  return replaceFolder(folder, async (partial) => {
    const { sha256 } = await writeAtomically(join(partial, file), weights);
    const made = card(sha256);
    await writeJsonAtomically(join(partial, CARD_FILE), made);
    await further?.(partial);
    return made;
  });
}
