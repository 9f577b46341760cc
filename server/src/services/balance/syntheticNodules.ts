/**
 * Samples of a generator as patches of a set: each stands for one real nodule, has its size, and lies on the constant
 * ground with the margin of the real ones.
 */
import type { PatchManifest, RealPatch, SyntheticPatch } from '../../dataset/manifest.ts';
import type { PatchSetWriter } from '../../dataset/patchSetWriter.ts';
import { requireAskable } from '../../gan/askable.ts';
import type { DrawnSample } from '../../gan/sampler.ts';
import type { WantedConditions } from '../../gan/support.ts';
import { measurePatch, toHuPatch, type PatchShape } from '../../insertion/patchShape.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { PARENCHYMA_HU, windowHu } from '../../volume/window.ts';
import type { BalanceModel } from './balanceModel.ts';
import { noduleDrawer } from './drawNodule.ts';
import type { DrawnNodule } from './drawNodule.ts';
import type { Material } from './material.ts';
import { onConstantGround } from './onConstantGround.ts';

export interface SyntheticRequest {
  /** The real nodules that samples stand for. */
  readonly donors: readonly RealPatch[];
  readonly seed: number;
  /** Patches to make; samples that show no nodule do not count. */
  readonly count: number;
  /** Asked of a conditional model in place of what the real nodule is. */
  readonly wanted?: WantedConditions | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onMade?: (made: number) => void;
}

/** Samples that show no nodule are left out, up to this share of those wanted: beyond it the model is not usable. */
const MOST_EMPTY = 0.5;

/**
 * The same material, model and request give the same patches.
 * @returns the samples that were left out, with the reason
 * @throws NoduleLabError `unusable` where too many samples show no nodule
 */
export async function addSynthetic(
  writer: PatchSetWriter,
  material: Material,
  model: BalanceModel,
  { donors, seed, count, wanted = {}, signal, onMade }: SyntheticRequest,
): Promise<PatchManifest['leftOut']> {
  requireAskable(model.card.name, model.conditionNames, wanted);
  const draw = noduleDrawer(donors, model.conditionNames, wanted);
  const leftOut: PatchManifest['leftOut'] = [];
  let made = 0;
  for (let index = 0; made < count; index++) {
    signal?.throwIfAborted();
    const drawn = draw(seed, index);
    const sample = await model.draw(seed, index, drawn.conditions);
    const shape = shapeOf(sample.hu);
    if (shape === null) {
      leftOut.push({ id: `sample ${seed}/${index}`, reason: 'the sample shows no nodule' });
      if (index + 1 - made > Math.max(8, MOST_EMPTY * count))
        throw new NoduleLabError(
          'unusable',
          `${index + 1 - made} of ${index + 1} samples of ${model.card.name} show no nodule: train it further, or choose another model.`,
        );
      continue;
    }
    made += 1;
    const hu = groundedHu(sample, material, shape, drawn);
    // Where a cut-out ends, the nodule in the set is smaller than in the sample.
    const own = shapeOf(hu) ?? shape;
    await writer.add(
      material.channels.map((channel) => (channel === 'hu' ? hu : sample.alpha!)),
      entryOf(material, model, { seed, index, made }, drawn, sample, own),
    );
    onMade?.(made);
  }
  return leftOut;
}

/** With alpha a sample is put together as real patches are: only the digits of its ground may differ from theirs. */
function groundedHu(
  { hu, alpha }: DrawnSample,
  material: Material,
  shape: PatchShape,
  drawn: DrawnNodule,
): Float32Array {
  if (alpha !== undefined) return hu.map((value, at) => (alpha[at] === 0 ? GROUND : value));
  return onConstantGround(hu, material.size, spacingOf(material, drawn), shape, {
    margin: material.margin,
    ctEnds: drawn.ctEnds,
  });
}

const GROUND = windowHu(PARENCHYMA_HU);

const spacingOf = ({ fieldOfView, size }: Material, { diameterMm }: DrawnNodule): number =>
  ('diameters' in fieldOfView ? fieldOfView.diameters * diameterMm : fieldOfView.mm) / size;

const sampleHash = (voxels: Float32Array): string =>
  sha256Of(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength));

function entryOf(
  material: Material,
  { card, sha256 }: BalanceModel,
  { seed, index, made }: { readonly seed: number; readonly index: number; readonly made: number },
  drawn: DrawnNodule,
  { hu, conditions }: DrawnSample,
  { diameterVoxels }: PatchShape,
): SyntheticPatch {
  const spacingMm = spacingOf(material, drawn);
  const equivalentDiameterMm = round(diameterVoxels * spacingMm);
  return {
    origin: 'synthetic',
    id: `synthetic/${String(made).padStart(5, '0')}`,
    // In a field of fixed size the generator itself decides how large the nodule is.
    diameterMm: 'diameters' in material.fieldOfView ? drawn.diameterMm : equivalentDiameterMm,
    equivalentDiameterMm,
    spacingMm,
    class: drawn.class,
    model: { name: card.name, sha256 },
    seed,
    index,
    conditions: { ...conditions },
    sampleSha256: sampleHash(hu),
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
