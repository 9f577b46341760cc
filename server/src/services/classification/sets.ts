/** The sets of patches of an experiment, below its folder: real nodules by rule and fold, samples by rule and class. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildDataset } from '../../dataset/build.ts';
import { MEDIAN_RULE, type CancerRule } from '../../dataset/cancerRule.ts';
import { readManifest } from '../../dataset/patchFile.ts';
import type { PatchManifest } from '../../dataset/manifest.ts';
import type { SourceOptions } from '../../dataset/openSource.ts';
import type { BalanceModel } from '../balance/balanceModel.ts';
import { requireNoLeak } from '../balance/leakLock.ts';
import { sampleLike } from '../balance/sampleLike.ts';
import { hasContent } from '../insertSet/folders.ts';
import type { PoolSizes } from './examples.ts';
import type { RuleName } from './protocol.ts';

const RULE_OF: Readonly<Record<RuleName, CancerRule>> = { median: MEDIAN_RULE, table: { kind: 'table' } };

export interface KnownSet {
  readonly dir: string;
  readonly manifest: PatchManifest;
}

interface SetsRequest {
  readonly outDir: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number, message: string) => void;
}

/** The real nodules of both folds of a rule, train first; cut as the generator's own were. What is there is taken as it is. */
export async function realSets(
  rule: RuleName,
  source: SourceOptions,
  model: BalanceModel | null,
  { outDir, signal, onProgress }: SetsRequest,
): Promise<[KnownSet, KnownSet]> {
  const sets: KnownSet[] = [];
  for (const fold of ['train', 'test'] as const) {
    const dir = join(outDir, 'sets', `${rule}-${fold}`);
    if (!(await hasContent(dir))) {
      await mkdir(join(outDir, 'sets'), { recursive: true });
      await buildDataset({
        source,
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
      });
    }
    sets.push({ dir, manifest: await readManifest(dir) });
  }
  return [sets[0]!, sets[1]!];
}

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
  { outDir, signal, onProgress }: SetsRequest,
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
    sets.push({ dir, manifest: await readManifest(dir) });
  }
  return sets;
}
