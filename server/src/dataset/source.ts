/** Where patches are cut from: nodules with their CT and mask, whatever they are stored as. */
import type { BoxMask } from '../lidc/boxMask.ts';
import type { CtVolume } from '../volume/ctVolume.ts';
import type { RatingSource } from './cancerRule.ts';
import type { Characteristics } from './manifest.ts';

export interface SourceNodule {
  readonly patientId: string;
  readonly seriesUID: string;
  readonly noduleId: string;
  /** Medians over the readers, or majority values. */
  readonly characteristics: Characteristics;
  readonly malignancyRatings: readonly number[];
  readonly ratingSource: RatingSource;
  /** The voxels, read when the nodule's turn comes. */
  readonly load: () => Promise<NoduleVoxels>;
}

export interface NoduleVoxels {
  readonly ct: CtVolume;
  /** Consensus mask in voxels of `ct`. */
  readonly mask: BoxMask;
  /** SHA-256 of what `ct` and `mask` were read from. */
  readonly sha256: string;
}

export interface NoduleSource {
  /** False for cut-outs that end with the nodule's own slices. */
  readonly wholeCts: boolean;
  readonly nodules: readonly SourceNodule[];
}
