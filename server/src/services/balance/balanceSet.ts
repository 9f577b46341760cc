/** Fills up the malignant class of a set with synthetic nodules: the semantics of `nodulelab balance`. */
import type { PatchManifest, RealPatch } from '../../dataset/manifest.ts';
import { openPatchFile } from '../../dataset/patchFile.ts';
import type { PatchFile } from '../../dataset/patchFile.ts';
import { readPatch } from '../../dataset/patchSource.ts';
import { requireNewFolder, restOf, writePatchSet } from '../../dataset/patchSetWriter.ts';
import type { PatchSetRest, PatchSetWriter } from '../../dataset/patchSetWriter.ts';
import type { WantedConditions } from '../../gan/support.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { BalanceModel } from './balanceModel.ts';
import { requireNoLeak, requireTrainFold } from './leakLock.ts';
import type { Lock } from './leakLock.ts';
import { materialOf, requireSameMaterial, sharedChannels } from './material.ts';
import { missingMalignant, ratioText } from './ratio.ts';
import type { Ratio } from './ratio.ts';
import { addSynthetic } from './syntheticNodules.ts';

export interface BalanceOptions {
  /** The set: both classes, training fold, isolated form. */
  readonly setDir: string;
  /** Folder of the new set; must not exist yet. */
  readonly outDir: string;
  /** Malignant to benign. */
  readonly ratio: Ratio;
  readonly seed: number;
  /** Asked of a conditional model in place of what its real nodule is. */
  readonly wanted?: WantedConditions | undefined;
  /** The user vouches for what the model's card does not say (its split, its field of view). */
  readonly unlocked: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes a new set of all real malignant and benign patches, in their order, and the synthetic malignant ones that the
 * ratio calls for, each with its lineage, on the ground of the real ones. All or nothing; the same set, model, seed and engine give the same bytes.
 *
 * @throws NoduleLabError `refused` where patients of the test fold could leak (leakLock.ts); `unusable` where set and
 *   model do not go together or nothing is missing; `cancelled`; `conflict` where `outDir` exists
 */
export async function balanceSet(model: BalanceModel, options: BalanceOptions): Promise<PatchManifest> {
  const { setDir, outDir, unlocked, signal } = options;
  await requireNewFolder(outDir);
  const set = await openPatchFile(setDir);
  try {
    requireTrainFold(setDir, set.manifest);
    const lock = requireNoLeak(setDir, set.manifest, model.card, unlocked);
    const real = realPatches(set, setDir);
    requireSameMaterial(set.manifest, setDir, model, unlocked);
    requireAllChannels(set.manifest, setDir, model);
    const { dtype } = set.manifest;
    return await writePatchSet({ outDir, dtype, signal }, (writer) =>
      fill(set, real, model, lock, options, writer),
    );
  } finally {
    await set.close();
  }
}

interface Kept {
  readonly index: number;
  readonly entry: RealPatch;
}

/** The malignant and benign patches; refuses sets that hold only one class, or synthetic nodules already. */
function realPatches({ manifest }: PatchFile, dir: string): Kept[] {
  if (manifest.class !== 'all')
    throw unusable(
      `${dir} holds the class "${manifest.class}" only: balance a set of both (dataset build --class all).`,
    );
  const kept: Kept[] = [];
  for (const [index, entry] of manifest.patches.entries()) {
    if (entry.origin === 'synthetic')
      throw unusable(
        `${dir} holds synthetic nodules already: balance the set of real ones that it was made of.`,
      );
    if (entry.class !== 'indeterminate') kept.push({ index, entry });
  }
  return kept;
}

async function fill(
  set: PatchFile,
  real: readonly Kept[],
  model: BalanceModel,
  lock: Lock,
  { setDir, ratio, seed, wanted, signal, onProgress }: BalanceOptions,
  writer: PatchSetWriter,
): Promise<PatchSetRest> {
  const { manifest } = set;
  const malignant = real.filter(({ entry }) => entry.class === 'malignant').map(({ entry }) => entry);
  const before = { malignant: malignant.length, benign: real.length - malignant.length };
  const missing = missingMalignant(before, ratio);
  if (malignant.length === 0 || before.benign === 0)
    throw unusable(
      `${setDir} holds ${before.malignant} malignant and ${before.benign} benign nodules: balancing needs some of both.`,
    );
  if (missing <= 0)
    throw unusable(
      `${setDir} has ${ratioText(before.malignant, before.benign)} malignant to benign already: nothing is missing for ${ratio.join(':')}.`,
    );
  const total = real.length + missing;
  for (const { index, entry } of real) {
    signal?.throwIfAborted();
    const cubes: Float32Array[] = [];
    for (const channel of manifest.channels) cubes.push(await readPatch(set, index, channel));
    await writer.add(cubes, entry);
    onProgress?.(writer.entries.length, total);
  }
  const leftOut = await addSynthetic(writer, materialOf(manifest), model, {
    ...{ donors: malignant, seed, count: missing, wanted, signal },
    onMade: () => onProgress?.(writer.entries.length, total),
  });
  return {
    ...restOf(manifest),
    leftOut: [...manifest.leftOut, ...leftOut],
    cancerRule: {
      ...manifest.cancerRule,
      countsInSet: { malignant: before.malignant + missing, benign: before.benign, indeterminate: 0 },
    },
    balance: {
      ratio: [...ratio],
      fromSha256: manifest.patchesSha256,
      before,
      after: { malignant: before.malignant, syntheticMalignant: missing, benign: before.benign },
      indeterminateLeftOut: manifest.count - real.length,
      model: { name: model.card.name, sha256: model.sha256, splitSha256: model.card.splitSha256 },
      lock,
      seed,
    },
  };
}

/** A set in which only the real patches have a channel says by that alone which those are. */
function requireAllChannels(manifest: PatchManifest, dir: string, model: BalanceModel): void {
  const { channels } = manifest;
  if (sharedChannels(manifest, model).length === channels.length) return;
  throw unusable(
    `The patches of ${dir} have the channels ${channels.join(' and ')}, and ${model.card.name} makes hu only: build the set without alpha, or choose another model.`,
  );
}

const unusable = (message: string): NoduleLabError => new NoduleLabError('unusable', message);
