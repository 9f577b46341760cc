/** Which generator made a set, what its card says, and where its training set is. */
import { resolve } from 'node:path';
import type { PatchFile } from '../../dataset/patchFile.ts';
import { readModelCard, type ModelCard } from '../../gan/modelCard.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { datasetDir } from '../trainings/folder.ts';
import type { ModelRegistry } from '../models.ts';
import { buildAdvice, findTrainingSet } from '../nearestTraining/trainingSet.ts';

export interface Generator {
  /** As the set names it; null where its patches come from several. */
  readonly model: { readonly name: string; readonly sha256: string } | null;
  /** Null where the model is not here. */
  readonly card: ModelCard | null;
  /** What the reader must know where the generator is not known. */
  readonly warnings: readonly string[];
}

/**
 * @param name of the model, where the user says it
 * @throws NoduleLabError `refused` where the set was made by another model than the one named
 */
export async function generatorOf(
  set: PatchFile,
  dir: string,
  models: Pick<ModelRegistry, 'list' | 'folderOf'>,
  name: string | undefined,
): Promise<Generator> {
  const made = new Map(
    set.manifest.patches.flatMap((patch) =>
      patch.origin === 'synthetic' ? [[patch.model.sha256, patch.model] as const] : [],
    ),
  );
  const [model] = made.values();
  if (model === undefined || made.size > 1) {
    const names = [...made.values()].map((one) => one.name).join(' and ');
    return {
      ...{ model: null, card: null },
      warnings: [`The synthetic patches of ${dir} come from ${names}: no generator's card speaks for them.`],
    };
  }
  const known = (await models.list()).find((one) =>
    name === undefined ? one.sha256 === model.sha256 : one.name === name,
  );
  if (name !== undefined && known === undefined)
    throw new NoduleLabError(
      'not-found',
      `There is no model named ${name}: leave --model out, or import that model.`,
      { name },
    );
  if (known !== undefined && known.sha256 !== model.sha256)
    throw new NoduleLabError(
      'refused',
      `${dir} was sampled from ${model.name} (weights ${model.sha256.slice(0, 12)}), and the weights of ${known.name} are ${known.sha256.slice(0, 12)}: name the model that made the set.`,
      { dir, name },
    );
  if (known === undefined)
    return {
      model,
      card: null,
      warnings: [
        `The generator ${model.name} (weights ${model.sha256.slice(0, 12)}) is not here: what it was trained on is not known, so it may have seen the real set.`,
      ],
    };
  return { model, card: await readModelCard(await models.folderOf(known.name)), warnings: [] };
}

/** Folder of the generator's own training set, or why there is none. */
export async function trainingSetOf(
  { model, card }: Generator,
  dataDir: string,
  given: string | undefined,
): Promise<{ readonly dir: string } | { readonly why: string }> {
  if (given !== undefined) return { dir: resolve(given) };
  if (card === null)
    return {
      why: `What ${model?.name ?? 'the generator'} was trained on is not known: name its training set with --training.`,
    };
  if (card.datasetSha256 === null)
    return {
      why: `The card of ${card.name} does not say what it was trained on: name its training set with --training.`,
    };
  const found = await findTrainingSet(dataDir, card);
  return found?.kind === 'same'
    ? { dir: datasetDir(dataDir, found.name) }
    : {
        why: `The training set of ${card.name} is not here: name it with --training, or build it: ${buildAdvice(card)}`,
      };
}
