/** What is measured of one patch without a network: its nodule, radiomics in both views, small pixels. */
import type { View } from '../../../evaluation/patchGroup.ts';
import { smallPixels } from '../../../evaluation/memorisation/smallPixels.ts';
import { cropAround } from '../../../evaluation/noduleCrop.ts';
import { noduleMask } from '../../../evaluation/noduleMask.ts';
import { largestInPlaneDiameter } from '../../../lidc/diameter.ts';
import { radiomicFeatures, radiomicVector } from '../../../evaluation/radiomics/radiomicFeatures.ts';

export interface MeasuredPatch {
  /** Null where the patch shows no nodule. */
  readonly nodule: {
    /** Of the largest line in a slice between two of its voxels, mm. */
    readonly largestDiameterMm: number;
    readonly meanHu: number;
  } | null;
  /** Null where the view has no nodule to measure. */
  readonly radiomics: Readonly<Record<View, readonly number[] | null>>;
  readonly pixels: Float32Array;
  /** The patch scaled to its nodule, with the distance between its voxels; null without one. */
  readonly crop: { readonly values: Float32Array; readonly spacingMm: number } | null;
}

/** @param values size³ in [0, 1], x fastest */
export function measurePatchAlone(values: Float32Array, size: number, spacingMm: number): MeasuredPatch {
  const pixels = smallPixels(values, size);
  const nodule = noduleMask(values, size);
  if (nodule === null) return { nodule, radiomics: { patch: null, nodule: null }, pixels, crop: null };
  const { values: scaled, scale } = cropAround(nodule, size);
  const crop = { values: scaled, spacingMm: spacingMm * scale };
  const inCrop = radiomicFeatures(scaled, size, crop.spacingMm);
  return {
    nodule: {
      largestDiameterMm: largestInPlaneDiameter(
        { size: [size, size, size], spacing: [spacingMm, spacingMm, spacingMm] },
        nodule.mask,
      ),
      meanHu: nodule.meanHu,
    },
    radiomics: {
      patch: Array.from(radiomicVector(nodule, size, spacingMm)),
      nodule: inCrop === null ? null : Array.from(inCrop),
    },
    ...{ pixels, crop },
  };
}
