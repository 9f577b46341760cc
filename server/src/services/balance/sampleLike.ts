/**
 * Samples of a generator as a set of their own, cut like a real set: the same form, ground and margin, with sizes drawn
 * from its nodules, and for a conditional generator what else they are. It is what an evaluation holds against the real one: `nodulelab sample --like`.
 */
import type { ClassCounts, PatchManifest, RealPatch } from '../../dataset/manifest.ts';
import { openPatchFile } from '../../dataset/patchFile.ts';
import { requireNewFolder, restOf, writePatchSet } from '../../dataset/patchSetWriter.ts';
import type { WantedConditions } from '../../gan/support.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { BalanceModel } from './balanceModel.ts';
import { requireNoLeak } from './leakLock.ts';
import { materialOf, requireSameMaterial, sharedChannels } from './material.ts';
import { addSynthetic } from './syntheticNodules.ts';

export interface SampleLikeOptions {
  /** The real set, of either fold: only sizes, classes and characteristics are taken from its nodules. With alpha: so has the new one, where the model makes it. */
  readonly likeDir: string;
  /** Folder of the new set; must not exist yet. */
  readonly outDir: string;
  /** Whose nodules the samples stand for: a sample has the class of its nodule, whatever the model learned from. */
  readonly class: PatchManifest['class'];
  readonly count: number;
  readonly seed: number;
  /** Asked of a conditional model in place of what the nodule that a sample stands for is. */
  readonly wanted?: WantedConditions | undefined;
  /** The user vouches for what the model's card does not say (its split, its field of view). */
  readonly unlocked: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * All or nothing; the same set, model, seed and engine give the same bytes.
 *
 * @throws NoduleLabError `refused` where the model may have seen patients of the test fold (leakLock.ts); `unusable`
 *   where set and model do not go together; `cancelled`; `conflict` where `outDir` exists
 */
export async function sampleLike(model: BalanceModel, options: SampleLikeOptions): Promise<PatchManifest> {
  const { likeDir, outDir, count, seed, wanted, unlocked, signal, onProgress } = options;
  await requireNewFolder(outDir);
  const set = await openPatchFile(likeDir);
  try {
    const { manifest } = set;
    const lock = requireNoLeak(likeDir, manifest, model.card, unlocked);
    const donors = donorsOf(manifest, likeDir, options.class);
    requireSameMaterial(manifest, likeDir, model, unlocked);
    const { balance: _balance, ...rest } = restOf(manifest);
    const channels = sharedChannels(manifest, model);
    return await writePatchSet({ outDir, dtype: manifest.dtype, signal }, async (writer) => {
      const leftOut = await addSynthetic(writer, materialOf(manifest, channels), model, {
        ...{ donors, seed, count, wanted, signal },
        onMade: (made) => onProgress?.(made, count),
      });
      return {
        ...rest,
        channels,
        leftOut,
        problems: [],
        class: options.class,
        cancerRule: { ...manifest.cancerRule, countsInSet: countsOf(writer.entries) },
        sampled: {
          likeSha256: manifest.patchesSha256,
          model: { name: model.card.name, sha256: model.sha256, splitSha256: model.card.splitSha256 },
          lock,
          seed,
        },
      };
    });
  } finally {
    await set.close();
  }
}

function donorsOf({ patches }: PatchManifest, dir: string, wanted: PatchManifest['class']): RealPatch[] {
  const real = patches.filter((patch): patch is RealPatch => patch.origin === 'real');
  const donors = wanted === 'all' ? real : real.filter((patch) => patch.class === wanted);
  if (donors.length > 0) return donors;
  throw new NoduleLabError(
    'unusable',
    `${dir} holds no real ${wanted === 'all' ? '' : `${wanted} `}nodule whose size a sample could have: name a set of real ones` +
      (real.length > 0 ? ', or draw from all classes with --class all.' : '.'),
  );
}

function countsOf(patches: readonly { readonly class: keyof ClassCounts }[]): ClassCounts {
  const counts = { malignant: 0, benign: 0, indeterminate: 0 };
  for (const patch of patches) counts[patch.class] += 1;
  return counts;
}
