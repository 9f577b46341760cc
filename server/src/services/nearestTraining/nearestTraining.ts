/**
 * Whether a generated nodule is one that its model was trained on: the distance to the nearest nodule of the training
 * set, in all 48 orientations, beside the distance that two different nodules of the set have.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { QualityCheck } from '@nodulelab/contract';
import type { PatchFile } from '../../dataset/patchFile.ts';
import { openPatchFile } from '../../dataset/patchFile.ts';
import type { ModelCard } from '../../gan/modelCard.ts';
import { readModelCard } from '../../gan/modelCard.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ModelRegistry } from '../models.ts';
import { thumbnailsOf } from '../thumbnails.ts';
import type { TrainingIndex } from './trainingIndex.ts';
import { indexTrainingSet } from './trainingIndex.ts';
import type { TrainingSet } from './trainingSet.ts';
import { buildAdvice, findTrainingSet } from './trainingSet.ts';

/** Name of the check. */
export const NEAREST_TRAINING = 'nearest-training';
const UNIT = '× typical';

/**
 * Distances in units of the set's own median from nodule to nearest other nodule. Measured on the set of 165 malignant
 * nodules that the shipped model was trained on: mirrored, turned or shifted copies 0.02 to 0.11; copies with noise of
 * 56 HU 0.10 to 0.83, 95 % of them below 0.32; nodules of other patients 0.76 to 2.1; 144 samples of the shipped model
 * 0.59 to 2.3, half of them above 0.93.
 */
export const NEAREST_TRAINING_THRESHOLDS = {
  /** From here on the sample is as new as another patient's nodule. */
  good: 0.7,
  /** Below it is a copy. */
  fair: 0.4,
} as const;

export interface NearestTraining {
  /**
   * @param model name of the model that made the nodule
   * @param patch size³ values in [0, 1], x fastest
   * @returns one check, with the nearest nodule's picture; `unknown` with advice where the training set is not here
   */
  check(model: string, patch: Float32Array): Promise<QualityCheck>;
  /** Reads the training set of a model ahead of the first check (seconds, in turns with other work). */
  warm(model: string): Promise<void>;
  /** Closes the files of the sets. */
  close(): Promise<void>;
}

export interface NearestTrainingOptions {
  /** Sets of patches lie in its folder `datasets`. */
  readonly dataDir: string;
  readonly models: Pick<ModelRegistry, 'folderOf'>;
}

export function createNearestTraining({ dataDir, models }: NearestTrainingOptions): NearestTraining {
  const opened = new Map<string, Promise<OpenedSet>>();
  /** Which set belongs to a card, as of the time at which the folder of sets was last changed. */
  const sets = new Map<string, { readonly set: TrainingSet; readonly asOf: number }>();

  const setOf = async (card: ModelCard): Promise<TrainingSet | undefined> => {
    const key = JSON.stringify([card.datasetSha256, card.split, card.fieldOfView, card.softMargin]);
    const asOf = await changeTime(join(dataDir, 'datasets'));
    const known = sets.get(key);
    if (known !== undefined && known.asOf === asOf) return known.set;
    const set = await findTrainingSet(dataDir, card);
    // Where none was found it is looked for anew each time: a set is complete some time after its folder was made.
    if (set === undefined) sets.delete(key);
    else sets.set(key, { set, asOf });
    return set;
  };

  const openedSet = (set: TrainingSet): Promise<OpenedSet> => {
    const known = opened.get(set.patchesSha256);
    if (known !== undefined) return known;
    const opening = openSet(set);
    opened.set(set.patchesSha256, opening);
    opening.catch(() => opened.delete(set.patchesSha256));
    return opening;
  };

  return {
    async check(model, patch) {
      try {
        const card = await readModelCard(await models.folderOf(model));
        const set = await setOf(card);
        if (set === undefined) return unknown(noSet(card));
        return await judged(await openedSet(set), set, patch);
      } catch (error) {
        if (error instanceof NoduleLabError) return unknown(error.message);
        throw error;
      }
    },
    async warm(model) {
      const set = await setOf(await readModelCard(await models.folderOf(model)));
      if (set !== undefined) await openedSet(set);
    },
    async close() {
      const all = await Promise.allSettled(opened.values());
      opened.clear();
      for (const one of all) if (one.status === 'fulfilled') await one.value.file.close();
    },
  };
}

/** Pictures are read when they are asked for, so the file stays open. */
interface OpenedSet {
  readonly file: PatchFile;
  readonly index: TrainingIndex;
}

async function openSet({ dir }: TrainingSet): Promise<OpenedSet> {
  const file = await openPatchFile(dir);
  try {
    const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    return { file, index: await indexTrainingSet(file, pause) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** 0 where the folder is not there. */
const changeTime = (folder: string): Promise<number> =>
  stat(folder).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

async function judged(
  { file, index }: OpenedSet,
  set: TrainingSet,
  patch: Float32Array,
): Promise<QualityCheck> {
  if (!Number.isFinite(index.typicalDistance))
    return unknown(`Data set ${set.name} holds a single nodule, so nothing says how alike two nodules are.`);
  const nearest = index.nearest(patch, Math.round(Math.cbrt(patch.length)));
  const value = nearest.distance / index.typicalDistance;
  const { good, fair } = NEAREST_TRAINING_THRESHOLDS;
  const among =
    set.kind === 'same'
      ? `the ${index.count} nodules that the model was trained on`
      : `${index.count} nodules of data set ${set.name}, of the same fold and form as those that the model was trained on, which are not here`;
  return {
    name: NEAREST_TRAINING,
    value: Number(value.toFixed(2)),
    unit: UNIT,
    verdict: value >= good ? 'good' : value >= fair ? 'fair' : 'bad',
    explanation: `Distance to ${file.manifest.patches[nearest.index]!.id}, the nearest of ${among}, mirrored and turned as needed; 1 is the median distance from one of them to its nearest other. Below ${fair} it is a copy.`,
    thumbnails: thumbnailsOf(await file.patch(nearest.index), file.size),
  };
}

function noSet(card: ModelCard): string {
  return card.datasetSha256 === null
    ? 'The model does not say what it was trained on, so its nodules cannot be held against that.'
    : `The training set of model ${card.name} is not here, so whether it is copied is not known. Build it: ${buildAdvice(card)}`;
}

const unknown = (explanation: string): QualityCheck => ({
  name: NEAREST_TRAINING,
  value: null,
  unit: UNIT,
  verdict: 'unknown',
  explanation,
});
