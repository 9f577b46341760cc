/** One nodule of a source → one patch with its entry in the manifest, or why there is none. */
import { NoduleLabError } from '../volume/errors.ts';
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { largestInPlaneDiameter, volumeEquivalentDiameter } from '../lidc/diameter.ts';
import { boxSize, centroid, largestPiece } from '../lidc/boxMask.ts';
import type { NoduleClass } from './cancerRule.ts';
import type { Channel, CtEnds, FieldOfView, PatchManifest, RealPatch } from './manifest.ts';
import { contextPatch, cornersOf, isolatedPatch } from './patch.ts';
import type { SoftMargin } from './softMask.ts';
import type { NoduleVoxels, SourceNodule } from './source.ts';

/** How patches of one set are cut. */
export interface Cutting {
  readonly form: PatchManifest['form'];
  /** Voxels along an edge. */
  readonly size: number;
  readonly channels: readonly Channel[];
  readonly fieldOfView: FieldOfView;
  /** Of the isolated form. */
  readonly softMargin: SoftMargin;
  readonly minDiameterMm: number;
  readonly maxDiameterMm: number | null;
}

export type Cut =
  | {
      readonly entry: RealPatch;
      /** One for each channel, in their order. */
      readonly cubes: readonly Float32Array[];
      /** What it was cut from: the next nodule may lie in the same CT. */
      readonly ct: CtVolume;
    }
  | { readonly reason: string };

/**
 * @throws NoduleLabError `upstream` where the archive fails and `cancelled`: neither says anything about the nodule, and
 *   a set without the nodules that it kept back would be another set
 */
export async function cutPatch(nodule: SourceNodule, of: NoduleClass, cutting: Cutting): Promise<Cut> {
  try {
    return cutOut(nodule, await nodule.load(), of, cutting);
  } catch (error) {
    if (!(error instanceof NoduleLabError) || error.kind === 'upstream' || error.kind === 'cancelled')
      throw error;
    return { reason: error.message };
  }
}

function cutOut(nodule: SourceNodule, voxels: NoduleVoxels, of: NoduleClass, cutting: Cutting): Cut {
  const { form, size, fieldOfView, minDiameterMm, maxDiameterMm } = cutting;
  const { ct, sha256 } = voxels;
  const mask = largestPiece(voxels.mask);
  const local = { size: boxSize(mask.box), spacing: ct.spacing };
  const diameterMm = largestInPlaneDiameter(local, mask.bits);
  if (diameterMm < minDiameterMm)
    return { reason: `diameter ${diameterMm.toFixed(1)} mm is under ${minDiameterMm} mm` };
  if (maxDiameterMm !== null && diameterMm > maxDiameterMm)
    return { reason: `diameter ${diameterMm.toFixed(1)} mm is over ${maxDiameterMm} mm` };
  const fieldMm = 'mm' in fieldOfView ? fieldOfView.mm : fieldOfView.diameters * diameterMm;
  const centre = centroid(ct, mask);
  const patch: Partial<Record<Channel, Float32Array>> =
    form === 'isolated'
      ? named(isolatedPatch(ct, mask, fieldMm, size, cutting.softMargin))
      : { hu: contextPatch(ct, centre, fieldMm, size).data };
  const ends = endsWithin(ct, centre, fieldMm);
  const entry: RealPatch = {
    origin: 'real',
    id: idOf(nodule),
    patientId: nodule.patientId,
    seriesUID: nodule.seriesUID,
    noduleId: nodule.noduleId,
    diameterMm: round(diameterMm),
    equivalentDiameterMm: round(volumeEquivalentDiameter(local, mask.bits)),
    spacingMm: fieldMm / size,
    centre: [round(centre[0]), round(centre[1]), round(centre[2])],
    ...(ends === undefined ? {} : { ctEnds: ends }),
    ctSpacing: [ct.spacing[0], ct.spacing[1], ct.spacing[2]],
    characteristics: nodule.characteristics === null ? null : { ...nodule.characteristics },
    readers: nodule.readers,
    maskOf: nodule.maskOf,
    flags: [...nodule.flags],
    malignancyRatings: [...nodule.malignancyRatings],
    ratingSource: nodule.ratingSource,
    class: of,
    sourceSha256: sha256,
  };
  return { entry, cubes: cutting.channels.flatMap((channel) => patch[channel] ?? []), ct };
}

/** The CT's outer borders, from the middle of a patch; undefined where the CT goes beyond the patch on all sides. */
function endsWithin(ct: CtVolume, centre: Vec3, fieldMm: number): CtEnds | undefined {
  const [ni, nj, nk] = ct.size;
  const corners = cornersOf(ct, [-0.5, -0.5, -0.5], [ni - 0.5, nj - 0.5, nk - 0.5]);
  const bound = (of: (...mm: number[]) => number, axis: 0 | 1 | 2): number =>
    round(of(...corners.map((corner) => corner[axis])) - centre[axis]);
  const low: Vec3 = [bound(Math.min, 0), bound(Math.min, 1), bound(Math.min, 2)];
  const high: Vec3 = [bound(Math.max, 0), bound(Math.max, 1), bound(Math.max, 2)];
  const within = low.some((mm) => -mm < fieldMm / 2) || high.some((mm) => mm < fieldMm / 2);
  return within ? { low: [...low], high: [...high] } : undefined;
}

const named = ({
  data,
  alpha,
}: {
  data: Float32Array;
  alpha: Float32Array;
}): Record<Channel, Float32Array> => ({
  hu: data,
  alpha,
});

export function idOf({ patientId, noduleId }: Pick<SourceNodule, 'patientId' | 'noduleId'>): string {
  return `${patientId}/${noduleId}`;
}

/** To a thousandth of a millimetre. */
function round(mm: number): number {
  return Math.round(mm * 1000) / 1000;
}
