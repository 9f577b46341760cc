/** Sets of patches as the attribute network learns from them and is judged on them: the same nodule once, in every set. */
import { openPatchFile, type PatchFile } from '../../dataset/patchFile.ts';
import type { PatchManifest, RealPatch } from '../../dataset/manifest.ts';
import type { ShownNodule } from '../../networks/attributeExamples.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export interface AttributeSets {
  readonly files: readonly PatchFile[];
  /** Of the first set; what the sets must agree in is the same in all. */
  readonly manifest: PatchManifest;
  /** By the nodule's id, in the order of the first set that has it. */
  readonly shown: readonly ShownNodule[];
  close(): Promise<void>;
}

/**
 * @param fold that the sets must be of: `train` to learn from, `test` to be judged on
 * @throws NoduleLabError `refused` for a set of the other fold, synthetic nodules, or sets of different splits
 */
export async function openAttributeSets(
  dirs: readonly string[],
  fold: PatchManifest['fold'],
): Promise<AttributeSets> {
  const files: PatchFile[] = [];
  const close = async (): Promise<void> => {
    for (const file of files) await file.close();
  };
  try {
    for (const dir of dirs) {
      files.push(await openPatchFile(dir));
      checkSet(dir, files.at(-1)!.manifest, files[0]!.manifest, fold, dirs[0]!);
    }
    const [first] = files;
    if (first === undefined)
      throw new NoduleLabError('invalid-input', 'No set of patches was named: name one or more.');
    return { files, manifest: first.manifest, shown: shownIn(files), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function checkSet(
  dir: string,
  manifest: PatchManifest,
  first: PatchManifest,
  fold: PatchManifest['fold'],
  firstDir: string,
): void {
  const refuse = (why: string): never => {
    throw new NoduleLabError('refused', `${dir} ${why}`, { dir });
  };
  if (manifest.fold !== fold)
    refuse(
      `is a set of the ${manifest.fold} fold, and one of the ${fold} fold is needed here: build one with --fold ${fold}.`,
    );
  if (manifest.patches.some(({ origin }) => origin === 'synthetic'))
    refuse('holds synthetic nodules, whom no reader has rated: name the set that it was made from.');
  if (manifest.split.sha256 !== first.split.sha256)
    refuse(`and ${firstDir} are split in different ways: build both with the same seed and folds.`);
  if (manifest.windowHu.join() !== first.windowHu.join())
    refuse(
      `has the window ${manifest.windowHu.join(' to ')} HU and ${firstDir} ${first.windowHu.join(' to ')} HU.`,
    );
}

function shownIn(files: readonly PatchFile[]): ShownNodule[] {
  const shown = new Map<string, { nodule: RealPatch; views: ShownNodule['views'][number][] }>();
  for (const file of files)
    file.manifest.patches.forEach((nodule, index) => {
      if (nodule.origin !== 'real') return;
      const known = shown.get(nodule.id) ?? { nodule, views: [] };
      known.views.push({
        size: file.size,
        spacingMm: nodule.spacingMm,
        patch: () => file.patch(index),
      });
      shown.set(nodule.id, known);
    });
  return [...shown.values()];
}
