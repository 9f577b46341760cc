/** What a batch of real patches is: which patches, how varied. The same for the same seed whoever makes it. */
import type { Augmentation } from '../dataset/augmentation/augmentation.ts';
import { drawOrientation, drawVariation, onlyCopies, varyPatch } from '../dataset/augmentation/augment.ts';
import { copyOriented } from '../dataset/augmentation/orientation.ts';
import { Random } from '../nn/random.ts';
import { weightedOrder } from './patchWeights.ts';

/** Everything that a batch depends on besides the patches. */
export interface BatchPlan {
  readonly seed: number;
  /** Patches in the set. */
  readonly count: number;
  /** Edge of the set's patches in voxels. */
  readonly finest: number;
  /** Edge at this stage. */
  readonly resolution: number;
  readonly batchSize: number;
  readonly augmentation: Augmentation;
  /** Cubes of a patch, one after the other: HU, or HU and alpha. */
  readonly channels: number;
  /** How often each patch is shown, mean 1; null: each once an epoch. */
  readonly weights: Float64Array | null;
}

/** An epoch is so many batches: as many as show every patch about once. */
export const batchesPerEpoch = (patches: number, batchSize: number): number =>
  Math.floor(patches / batchSize);

/** The patches of each batch: a new random order every epoch, nobody twice in one unless its weight is above 1. */
export class BatchOrder {
  readonly #plan: BatchPlan;
  #order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  constructor(plan: BatchPlan) {
    this.#plan = plan;
  }

  /** Indices of the patches of batch number `index` of the stage. */
  patches(index: number): readonly number[] {
    const { seed, count, resolution, batchSize, weights } = this.#plan;
    const perEpoch = batchesPerEpoch(count, batchSize);
    const epoch = Math.floor(index / perEpoch);
    if (this.#order?.epoch !== epoch) {
      const random = Random.of(seed, 'epoch', resolution, epoch);
      this.#order = {
        epoch,
        indices: weights === null ? random.permutation(count) : weightedOrder(weights, random),
      };
    }
    const first = (index % perEpoch) * batchSize;
    return [...this.#order.indices.subarray(first, first + batchSize)];
  }
}

/**
 * Batch number `index` of the stage, in [−1, 1]: each patch varied at random.
 *
 * @param patches holds the batch's patches at the stage's resolution in [0, 1], and `tailOf(resolution)` values after
 *   the last one (see warp.ts).
 * @param offsets where each patch begins.
 */
export function makeBatch(
  plan: BatchPlan,
  index: number,
  patches: Float32Array,
  offsets: readonly number[],
): Float32Array {
  const { seed, resolution, finest, augmentation, channels } = plan;
  const voxels = resolution ** 3;
  const result = new Float32Array(offsets.length * channels * voxels);
  const copies = onlyCopies(augmentation);
  // Orientations have one stream per batch; all else has one per patch, so that neither shifts the other.
  const orientations = Random.of(seed, 'batch', resolution, index);
  for (const [place, from] of offsets.entries()) {
    const orientation = drawOrientation(augmentation, orientations);
    // Drawn once for all channels of a patch: they stay the same nodule.
    const random = copies ? undefined : Random.of(seed, 'batch', resolution, index, place);
    const variation =
      random === undefined ? undefined : drawVariation(augmentation, orientation, resolution, finest, random);
    for (let channel = 0; channel < channels; channel++) {
      const at = (place * channels + channel) * voxels;
      const begin = from + channel * voxels;
      if (variation === undefined || random === undefined)
        copyOriented(patches.subarray(begin, begin + voxels), resolution, orientation, result, at);
      else {
        // Noise is the scanner's, and alpha has none.
        const own = channel === 0 ? variation : { ...variation, noise: 0 };
        varyPatch(patches, begin, resolution, own, result, at, random);
      }
    }
  }
  // Data is in [0, 1] everywhere else; the networks work in tanh's range.
  for (let i = 0; i < result.length; i++) result[i] = 2 * result[i]! - 1;
  return result;
}
