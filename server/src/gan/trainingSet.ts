/** Opens the set of patches that a generator is to learn from. */
import { openPatchFile, type PatchFile } from '../dataset/patchFile.ts';
import { NoduleLabError } from '../volume/errors.ts';

/**
 * @throws NoduleLabError `refused` for a set of the test fold, which no model trains on, and for one with synthetic
 *   nodules: a generator that learns from generated ones loses variety from turn to turn
 */
export async function openTrainingSet(dir: string): Promise<PatchFile> {
  const set = await openPatchFile(dir);
  const { fold, patches } = set.manifest;
  const synthetic = patches.filter(({ origin }) => origin === 'synthetic').length;
  if (fold === 'train' && synthetic === 0) return set;
  await set.close();
  throw new NoduleLabError(
    'refused',
    fold === 'test'
      ? `${dir} is a set of the test fold, which no model trains on: build one with --fold train.`
      : `${dir} holds ${synthetic} synthetic nodules, and a generator learns from real ones: train on the set that was balanced.`,
    { dir },
  );
}
