/** Finds, among the sets of patches kept here, the one that a model was trained on. */
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { PatchManifest } from '../../dataset/manifest.ts';
import { readManifest } from '../../dataset/patchFile.ts';
import type { ModelCard } from '../../gan/modelCard.ts';
import { datasetDir, foldersIn } from '../trainings/folder.ts';

export interface TrainingSet {
  readonly dir: string;
  readonly name: string;
  readonly patchesSha256: string;
  /**
   * `same`: the very patches, by their hash. `alike`: patches of the same form and field of view, of the same fold of the
   * same split; it holds the model's nodules as far as it holds their classes.
   */
  readonly kind: 'same' | 'alike';
}

/** The set, `same` before `alike` and the largest of those; undefined where there is none. */
export async function findTrainingSet(dataDir: string, card: ModelCard): Promise<TrainingSet | undefined> {
  let alike: (TrainingSet & { count: number }) | undefined;
  for (const name of await foldersIn(join(dataDir, 'datasets'))) {
    const dir = datasetDir(dataDir, name);
    // A set that is being built, or was damaged, is none.
    const manifest = await readManifest(dir).catch(() => undefined);
    if (manifest === undefined) continue;
    const { patchesSha256, count } = manifest;
    if (patchesSha256 === card.datasetSha256) return { dir, name, patchesSha256, kind: 'same' };
    if (isAlike(manifest, card) && count > (alike?.count ?? 0))
      alike = { dir, name, patchesSha256, kind: 'alike', count };
  }
  return alike;
}

function isAlike({ form, fieldOfView, softMargin, split, fold }: PatchManifest, card: ModelCard): boolean {
  if (card.split === undefined || card.fieldOfView === undefined) return false;
  const { seed, folds, testPatients } = card.split;
  return (
    // Only the isolated form has a margin, and cards of that form name it.
    (form === 'isolated') === (card.softMargin !== undefined) &&
    isDeepStrictEqual(softMargin, card.softMargin) &&
    isDeepStrictEqual(fieldOfView, card.fieldOfView) &&
    fold === card.split.fold &&
    split.seed === seed &&
    split.folds === folds &&
    isDeepStrictEqual(split.testPatients.toSorted(), testPatients.toSorted())
  );
}

/** The command that makes such a set, as far as the card tells. */
export function buildAdvice(card: ModelCard): string {
  const { fieldOfView: field, softMargin, split } = card;
  const flags = [
    ...(field === undefined ? [] : [`--field ${'mm' in field ? field.mm : `${field.diameters}d`}`]),
    ...(softMargin === undefined ? [] : [`--margin ${softMargin.fullMm},${softMargin.rimMm}`]),
    ...(split === undefined ? [] : [`--fold ${split.fold} --split-seed ${split.seed}`]),
  ];
  return `nodulelab dataset build --lidc <folder> --class all ${flags.join(' ')} --out <data>/datasets/NAME`;
}
