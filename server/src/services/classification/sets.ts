/** The sets of patches of an experiment, below its folder: real nodules by rule and fold, samples by rule and class. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { buildDataset } from '../../dataset/build.ts';
import { MEDIAN_RULE, type CancerRule } from '../../dataset/cancerRule.ts';
import { readManifest } from '../../dataset/patchFile.ts';
import type { PatchManifest } from '../../dataset/manifest.ts';
import { openSource, type SourceOptions } from '../../dataset/openSource.ts';
import type { NoduleSource } from '../../dataset/source.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { BalanceModel } from '../balance/balanceModel.ts';
import { requireNoLeak } from '../balance/leakLock.ts';
import { sampleLike } from '../balance/sampleLike.ts';
import { hasContent } from '../insertSet/folders.ts';
import { nothingMade } from './experimentFolder.ts';
import type { PoolSizes } from './examples.ts';
import type { RuleName } from './protocol.ts';

const RULE_OF: Readonly<Record<RuleName, CancerRule>> = { median: MEDIAN_RULE, table: { kind: 'table' } };

export interface KnownSet {
  readonly dir: string;
  readonly manifest: PatchManifest;
}

/** Where nodules come from; opened once at most, for it takes long. */
export interface LazySource {
  readonly options: SourceOptions;
  open(): Promise<NoduleSource>;
}

interface SetsRequest {
  readonly outDir: string;
  /** Nothing is made that is not there. */
  readonly reportOnly: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number, message: string) => void;
}

/**
 * The real nodules of both folds of a rule, train first; cut as the generator's own were. What is there is taken, where it was
 * cut from the same source.
 * @throws NoduleLabError `unusable` where a fold has no nodule, `conflict` for a set of another source, `not-found` where only a report is asked for and there is none
 */
export async function realSets(
  rule: RuleName,
  source: LazySource,
  model: BalanceModel | null,
  { outDir, reportOnly, signal, onProgress }: SetsRequest,
): Promise<[KnownSet, KnownSet]> {
  const sets: KnownSet[] = [];
  for (const fold of ['train', 'test'] as const) {
    const dir = join(outDir, 'sets', `${rule}-${fold}`);
    if (await hasContent(dir)) {
      if (!reportOnly) await requireSource(dir, await readManifest(dir), source.options);
    } else {
      if (reportOnly) throw nothingMade(dir);
      await mkdir(join(outDir, 'sets'), { recursive: true });
      await buildDataset({
        source: { kind: 'nodules', source: await source.open() },
        class: 'all',
        cancerRule: RULE_OF[rule],
        form: 'isolated',
        fieldOfView: model?.card.fieldOfView ?? 'scaled',
        ...(model === null ? {} : { size: model.size, alpha: model.makesAlpha }),
        ...(model?.card.softMargin === undefined ? {} : { softMargin: model.card.softMargin }),
        ...(model?.card.split === undefined
          ? {}
          : {
              split: {
                seed: model.card.split.seed,
                folds: model.card.split.folds,
                testPatients: model.card.split.testPatients,
              },
            }),
        fold,
        outDir: dir,
        ...(signal === undefined ? {} : { signal }),
        onProgress: (done, total) =>
          onProgress?.(
            (Number(fold === 'test') + done / Math.max(1, total)) / 2,
            `${rule} rule, ${fold} fold: patch ${done} of ${total}`,
          ),
      }).catch((error: unknown) => {
        throw emptyFold(error, rule, fold);
      });
    }
    sets.push({ dir, manifest: await readManifest(dir) });
  }
  return [sets[0]!, sets[1]!];
}

/**
 * By its patients, the number of its nodules, and whether readers rated them: what a manifest keeps of the whole source, and
 * what can be had without reading the XML, which takes long.
 */
async function requireSource(
  dir: string,
  { split, cancerRule: { ratedBy } }: PatchManifest,
  source: SourceOptions,
): Promise<void> {
  const { nodules } = await openSource(
    source.kind === 'vois' ? { kind: source.kind, dir: source.dir } : source,
  );
  const cut = {
    patients: Object.keys(split.assignment).toSorted(),
    nodules: ratedBy.readers + ratedBy.majority + ratedBy.none,
    byReaders: ratedBy.readers > 0,
  };
  const asked: typeof cut = {
    patients: [...new Set(nodules.map(({ patientId }) => patientId))].toSorted(),
    nodules: nodules.length,
    byReaders:
      source.kind === 'vois'
        ? source.xmlDir !== undefined
        : nodules.some(({ ratingSource }) => ratingSource === 'readers'),
  };
  if (isDeepStrictEqual(cut, asked)) return;
  const text = ({ patients, nodules: count, byReaders }: typeof cut): string =>
    `${count} nodules of ${patients.length} patients, ${byReaders ? 'with' : 'without'} the ratings of readers`;
  throw new NoduleLabError(
    'conflict',
    `${dir} was cut from another source (${text(cut)}) than this one (${text(asked)}): ` +
      'choose an empty folder, or name the source, and its --xml, that the folder was begun with.',
    { dir },
  );
}

/** What the building of a set says of a fold that gives no patch speaks of options that an experiment does not have. */
const emptyFold = (error: unknown, rule: RuleName, fold: 'train' | 'test'): unknown =>
  error instanceof NoduleLabError && 'considered' in error.details
    ? new NoduleLabError(
        'unusable',
        `An experiment needs nodules of both folds of the split, and under the rule ${rule} the ${fold} fold of this source gives none: take a source with more patients.`,
        error.details,
        error,
      )
    : error;

/**
 * Samples that stand for nodules of the training set, each class apart; which patients the generator may have seen is
 * checked (leakLock.ts).
 */
export async function sampleSets(
  rule: RuleName,
  [train]: readonly [KnownSet, KnownSet],
  model: BalanceModel,
  wanted: PoolSizes,
  unlocked: boolean,
  { outDir, reportOnly, signal, onProgress }: SetsRequest,
): Promise<KnownSet[]> {
  requireNoLeak(train.dir, train.manifest, model.card, unlocked);
  const sets: KnownSet[] = [];
  for (const [seed, name] of [
    [1, 'malignant'],
    [2, 'benign'],
  ] as const) {
    const count = wanted[name];
    if (count === 0) continue;
    const dir = join(outDir, 'samples', `${rule}-${name}-${count}-${model.sha256.slice(0, 12)}`);
    if (!(await hasContent(dir))) {
      if (reportOnly) throw nothingMade(dir);
      await mkdir(join(outDir, 'samples'), { recursive: true });
      await sampleLike(model, {
        ...{ likeDir: train.dir, outDir: dir, class: name, count, seed, unlocked, signal },
        onProgress: (done, total) =>
          onProgress?.(
            done / total,
            `${rule} rule: ${name} sample ${done} of ${total} of ${model.card.name}`,
          ),
      });
    }
    const manifest = await readManifest(dir);
    const { sampled } = manifest;
    if (sampled?.model.sha256 !== model.sha256 || sampled.likeSha256 !== train.manifest.patchesSha256)
      throw new NoduleLabError(
        'refused',
        `${dir} does not hold samples of ${model.card.name} that stand for nodules of ${train.dir}: remove that folder, and they are made anew.`,
        { dir },
      );
    sets.push({ dir, manifest });
  }
  return sets;
}
