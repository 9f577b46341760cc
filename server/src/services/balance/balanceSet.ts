/** Fills up the malignant class of a set with synthetic nodules: the semantics of `nodulelab balance`. */
import type { PatchManifest, RealPatch, SyntheticPatch } from '../../dataset/manifest.ts';
import { openPatchFile } from '../../dataset/patchFile.ts';
import type { PatchFile } from '../../dataset/patchFile.ts';
import { readPatch } from '../../dataset/patchSource.ts';
import { SOFT_MARGIN } from '../../dataset/softMask.ts';
import type { SoftMargin } from '../../dataset/softMask.ts';
import { requireNewFolder, writePatchSet } from '../../dataset/patchSetWriter.ts';
import type { PatchSetWriter } from '../../dataset/patchSetWriter.ts';
import { measurePatch, toHuPatch, type PatchShape } from '../../insertion/patchShape.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { WINDOW_HIGH_HU, WINDOW_LOW_HU } from '../../volume/window.ts';
import { fieldText } from './balanceModel.ts';
import type { BalanceModel } from './balanceModel.ts';
import { noduleDrawer } from './drawNodule.ts';
import type { DrawnNodule } from './drawNodule.ts';
import { requireNoLeak } from './leakLock.ts';
import type { Lock } from './leakLock.ts';
import { onConstantGround } from './onConstantGround.ts';
import { missingMalignant, ratioText } from './ratio.ts';
import type { Ratio } from './ratio.ts';

export interface BalanceOptions {
  /** The set: both classes, training fold, isolated form. */
  readonly setDir: string;
  /** Folder of the new set; must not exist yet. */
  readonly outDir: string;
  /** Malignant to benign. */
  readonly ratio: Ratio;
  readonly seed: number;
  /** The user vouches for what the model's card does not say (its split, its field of view). */
  readonly unlocked: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Samples that show no nodule are left out, up to this share of those wanted: beyond it the model is not usable. */
const MOST_EMPTY = 0.5;

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
    const lock = requireNoLeak(setDir, set.manifest, model.card, unlocked);
    const real = realPatches(set, setDir);
    requireSameMaterial(set.manifest, setDir, model, unlocked);
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

function requireSameMaterial(
  manifest: PatchManifest,
  dir: string,
  { card, size }: BalanceModel,
  unlocked: boolean,
): void {
  const { form, channels, windowHu, fieldOfView } = manifest;
  const softMargin = marginOf(manifest);
  if (form === 'context')
    throw unusable(
      `${dir} holds nodules in their surroundings, and a generator makes them alone: balance a set of the isolated form (dataset build --form isolated).`,
    );
  if (channels.length !== 1 || channels[0] !== 'hu')
    throw unusable(
      `The patches of ${dir} have the channels ${channels.join(' and ')}, and a generator makes hu only: build the set without alpha.`,
    );
  if (windowHu[0] !== WINDOW_LOW_HU || windowHu[1] !== WINDOW_HIGH_HU)
    throw unusable(
      `${dir} has the window ${windowHu.join(' to ')} HU, and generators make ${WINDOW_LOW_HU} to ${WINDOW_HIGH_HU} HU: build the set again.`,
    );
  if (manifest.size !== size)
    throw unusable(
      `${dir} holds patches of ${manifest.size}³ voxels, and ${card.name} makes ${size}³: build the set with --size ${size}, or choose another model.`,
    );
  if (!unlocked && (card.fieldOfView === undefined || card.softMargin === undefined))
    throw unusable(
      `The card of ${card.name} does not say what field of view or what margin its nodules have: export the model again with --dataset, ` +
        `or vouch with --unlocked that they are those of ${dir} (${fieldText(fieldOfView)}, ${marginText(softMargin)}).`,
    );
  if (card.fieldOfView !== undefined && fieldText(card.fieldOfView) !== fieldText(fieldOfView))
    throw unusable(
      `${card.name} makes nodules in a field of view of ${fieldText(card.fieldOfView)}, and ${dir} has ${fieldText(fieldOfView)}: ` +
        'build the set with the same, or choose another model.',
    );
  if (card.softMargin !== undefined && marginText(card.softMargin) !== marginText(softMargin))
    throw unusable(
      `${card.name} learned from nodules with ${marginText(card.softMargin)} of lung around them, and those of ${dir} have ${marginText(softMargin)}: ` +
        'a classifier would tell real from synthetic by that. ' +
        `Build the set with --margin ${card.softMargin.fullMm},${card.softMargin.rimMm}, or choose another model.`,
    );
}

/** The lung that isolated nodules keep, and where none of it is left. */
const marginText = ({ fullMm, rimMm }: SoftMargin): string => `${fullMm} to ${rimMm} mm`;

/** Sets of the isolated form say it since there is a choice; before, it was always this. */
const marginOf = ({ softMargin }: PatchManifest): SoftMargin => softMargin ?? SOFT_MARGIN;

async function fill(
  set: PatchFile,
  real: readonly Kept[],
  model: BalanceModel,
  lock: Lock,
  { setDir, ratio, seed, signal, onProgress }: BalanceOptions,
  writer: PatchSetWriter,
): ReturnType<Parameters<typeof writePatchSet>[1]> {
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
    await writer.add([await readPatch(set, index)], entry);
    onProgress?.(writer.entries.length, total);
  }
  const draw = noduleDrawer(malignant, model.conditions);
  const leftOut = [...manifest.leftOut];
  let made = 0;
  for (let index = 0; made < missing; index++) {
    signal?.throwIfAborted();
    const drawn = draw(seed, index);
    const voxels = await model.sample(seed, index, drawn.conditions);
    const shape = shapeOf(voxels);
    if (shape === null) {
      leftOut.push({ id: `sample ${seed}/${index}`, reason: 'the sample shows no nodule' });
      if (index + 1 - made > Math.max(8, MOST_EMPTY * missing))
        throw unusable(
          `${index + 1 - made} of ${index + 1} samples of ${model.card.name} show no nodule: train it further, or choose another model.`,
        );
      continue;
    }
    made += 1;
    const patch = onConstantGround(voxels, manifest.size, spacingOf(manifest, drawn), shape, {
      margin: marginOf(manifest),
      ctEnds: drawn.ctEnds,
    });
    // Where a cut-out ends, the nodule in the set is smaller than in the sample.
    const own = shapeOf(patch) ?? shape;
    await writer.add(
      [patch],
      synthetic(manifest, model, { seed, index, made }, drawn, sampleHash(voxels), own),
    );
    onProgress?.(writer.entries.length, total);
  }
  return {
    ...whatTheWriterLeaves(manifest),
    leftOut,
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

/** The manifest without what the writer of a set fills in. */
function whatTheWriterLeaves({
  kind: _kind,
  version: _version,
  count: _count,
  dtype: _dtype,
  patches: _patches,
  patchesFile: _patchesFile,
  patchesSha256: _patchesSha256,
  ...rest
}: PatchManifest): Awaited<ReturnType<Parameters<typeof writePatchSet>[1]>> {
  return rest;
}

const spacingOf = ({ fieldOfView, size }: PatchManifest, { diameterMm }: DrawnNodule): number =>
  ('diameters' in fieldOfView ? fieldOfView.diameters * diameterMm : fieldOfView.mm) / size;

const sampleHash = (voxels: Float32Array): string =>
  sha256Of(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength));

function synthetic(
  manifest: PatchManifest,
  { card, sha256 }: BalanceModel,
  { seed, index, made }: { readonly seed: number; readonly index: number; readonly made: number },
  drawn: DrawnNodule,
  sampleSha256: string,
  { diameterVoxels }: PatchShape,
): SyntheticPatch {
  const spacingMm = spacingOf(manifest, drawn);
  const equivalentDiameterMm = round(diameterVoxels * spacingMm);
  return {
    origin: 'synthetic',
    id: `synthetic/${String(made).padStart(5, '0')}`,
    // In a field of fixed size the generator itself decides how large the nodule is.
    diameterMm: 'diameters' in manifest.fieldOfView ? drawn.diameterMm : equivalentDiameterMm,
    equivalentDiameterMm,
    spacingMm,
    class: 'malignant',
    model: { name: card.name, sha256 },
    seed,
    index,
    conditions: { ...drawn.conditions },
    sampleSha256,
  };
}

/** Null where nothing stands out. */
function shapeOf(voxels: Float32Array): PatchShape | null {
  const patch = toHuPatch(voxels);
  try {
    return measurePatch(patch);
  } catch (error) {
    if (error instanceof NoduleLabError && error.kind === 'unusable') return null;
    throw error;
  }
}

/** To a thousandth of a millimetre. */
const round = (mm: number): number => Math.round(mm * 1000) / 1000;

const unusable = (message: string): NoduleLabError => new NoduleLabError('unusable', message);
