/** Where patches are cut from: nodules with their CT and mask, whatever they are stored as. */
import type { BoxMask } from '../lidc/boxMask.ts';
import type { CtVolume } from '../volume/ctVolume.ts';
import type { RatingSource } from './cancerRule.ts';
import type { Characteristics, RealPatch } from './manifest.ts';

export type MaskOf = RealPatch['maskOf'];

export interface SourceNodule {
  readonly patientId: string;
  readonly seriesUID: string;
  readonly noduleId: string;
  /** Medians over the readers, or majority values; null where the source has none. */
  readonly characteristics: Characteristics | null;
  /** One per reader, or the single majority value; empty where the source has none. */
  readonly malignancyRatings: readonly number[];
  readonly ratingSource: RatingSource;
  /** How many readers marked it; null where the source does not say. */
  readonly readers: number | null;
  /** What the mask is. */
  readonly maskOf: MaskOf;
  /** Known faults of the source, for example inconsistent scales of spiculation; `annotated` where a user marked it. */
  readonly flags: readonly string[];
  /** The label that the source's own table brings, where it has one (`Diagnosis` of the cut-outs). */
  readonly tableDiagnosis?: 'malignant' | 'benign';
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
  /** Parts of the source that could not be read or used, with the reason; everything else was. */
  readonly problems: readonly { readonly name: string; readonly message: string }[];
}
