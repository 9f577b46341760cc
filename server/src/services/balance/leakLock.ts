/**
 * The lock against leaks: what is made for the training fold of a split must come from a model that has seen no patient
 * of its test fold, or the figures of whoever tests there mean nothing.
 */
import type { PatchManifest } from '../../dataset/manifest.ts';
import { splitPatients } from '../../dataset/split.ts';
import type { ModelCard } from '../../gan/modelCard.ts';
import { NoduleLabError } from '../../volume/errors.ts';

/** Why a model may be used for a set. */
export type Lock = 'same split' | 'same rule' | 'unlocked';

type Split = PatchManifest['split'];
type SplitOfModel = Pick<ModelCard, 'name' | 'splitSha256' | 'split'>;

/** @throws NoduleLabError `refused` for a set of the test fold */
export function requireTrainFold(dir: string, { fold }: Pick<PatchManifest, 'fold'>): void {
  if (fold === 'test')
    throw new NoduleLabError(
      'refused',
      `${dir} holds the test fold, which stays as it is: balance a set of the training fold (dataset build --fold train).`,
      { dir },
    );
}

/**
 * @param dir the set, of whose test fold the model may have seen nobody
 * @param unlocked the user vouches for a model whose split is unknown
 * @throws NoduleLabError `refused` for a split that its own rule does not give, a model of another split, and a model of an unknown one without `unlocked`
 */
export function requireNoLeak(
  dir: string,
  { split }: Pick<PatchManifest, 'split'>,
  model: SplitOfModel,
  unlocked: boolean,
): Lock {
  requireOwnRule(dir, split);
  if (model.split !== undefined) {
    if (model.split.fold === 'test')
      throw new NoduleLabError(
        'refused',
        `${model.name} was trained on the test fold of its split: choose a model that was trained on the training fold.`,
        { dir, model: model.name },
      );
    if (model.splitSha256 === split.sha256) return 'same split';
    if (sameRule(model.split, split)) return 'same rule';
    throw new NoduleLabError(
      'refused',
      `${model.name} was trained on another split (${ruleText(model.split)}) than that of ${dir} (${ruleText(split)}): ` +
        'it may have seen patients of the test fold. Train a model on a set of this split, or build the set with the rule of the model.',
      { dir, model: model.name },
    );
  }
  if (model.splitSha256 !== null && model.splitSha256 !== split.sha256)
    throw new NoduleLabError(
      'refused',
      `${model.name} was trained on a split with another hash (${model.splitSha256.slice(0, 12)}) than that of ${dir} ` +
        `(${split.sha256.slice(0, 12)}), and its card does not say how it was drawn: export the model again with --dataset.`,
      { dir, model: model.name },
    );
  if (unlocked) return 'unlocked';
  throw new NoduleLabError(
    'refused',
    `Nobody knows on which fold ${model.name} was trained: its card does not say it, so it may have seen the test fold of ${dir}. ` +
      'Export it again with --dataset, or vouch for it with --unlocked, which is written into the new set.',
    { dir, model: model.name },
  );
}

/**
 * A patient's fold depends on these alone (dataset/split.ts), so sets of one rule never contradict each other, as long as
 * they know their patients by the same names.
 */
type Rule = Pick<Split, 'seed' | 'folds' | 'testPatients' | 'seriesForPatients'>;

function sameRule(a: Rule, b: Rule): boolean {
  if (a.seriesForPatients === true || b.seriesForPatients === true) return false;
  const fixed = (rule: Rule): string => [...new Set(rule.testPatients)].toSorted().join('\n');
  return a.seed === b.seed && a.folds === b.folds && fixed(a) === fixed(b);
}

function requireOwnRule(dir: string, split: Split): void {
  if (splitPatients(Object.keys(split.assignment), split).sha256 === split.sha256) return;
  throw new NoduleLabError(
    'refused',
    `The split of ${dir} is not the one that its rule (${ruleText(split)}) gives: patients were moved by hand. Build the set again.`,
    { dir },
  );
}

const ruleText = ({ seed, folds, testPatients, seriesForPatients }: Rule): string =>
  `seed ${seed}, ${folds} folds, ${testPatients.length} fixed test patients` +
  (seriesForPatients === true ? ', by series where the patient is not known' : '');
