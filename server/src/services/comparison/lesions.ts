/**
 * The lesions of one place, each in the host by itself: what the checks say of it, what the detector sees, and the
 * patches that are cut around it. The host's voxels are the same afterwards as before.
 */
import type { QualityCheck } from '@nodulelab/contract';
import { contextPatch } from '../../dataset/patch.ts';
import type { SoftMargin } from '../../dataset/softMask.ts';
import { gaussianEllipsoid, randomEllipsoid } from '../../evaluation/controls/gaussianEllipsoid.ts';
import { noduleMask } from '../../evaluation/noduleMask.ts';
import { insertNodule } from '../../insertion/insertNodule.ts';
import { qualityChecks } from '../../insertion/qualityChecks.ts';
import { Random } from '../../nn/random.ts';
import type { CtVolume, IndexBox, Vec3 } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { Kind } from './arms.ts';
import type { LoadedHost } from './hosts.ts';
import { isolateInPlace } from './isolateInPlace.ts';
import { pasteBox, type BoxSource } from './pasteBox.ts';
import { pictureAt, type PlacePicture } from './placePicture.ts';
import { FIELD_DIAMETERS, type Place } from './places.ts';

/** Probability of a nodule at a place of a CT; null where no detector is at hand. */
export type Detect = ((ct: CtVolume, centre: Vec3, diameterMm: number) => Promise<number>) | null;

/** A change to the host, as insertion gives it. */
export interface Lesion {
  readonly box: IndexBox;
  readonly hu: Int16Array;
  /** 0 where the host's voxel is untouched. */
  readonly alpha: Uint8Array;
  readonly checks: readonly QualityCheck[];
  readonly measuredMm: number;
}

/** What the lesions of a place are made of; all patches are size³ in [0, 1]. */
export interface Material {
  readonly ours: Float32Array;
  readonly transplanted: Float32Array;
  readonly reference: Float32Array;
  /** The transplanted nodule where it really lies. */
  readonly box: BoxSource;
  /** Of patches of real nodules, mm. */
  readonly spacingMm: number;
}

/** @throws NoduleLabError `unusable` where a patch shows no nodule */
export function makeLesion(
  kind: Kind,
  host: LoadedHost,
  place: Place,
  material: Material,
  margin: SoftMargin,
): Lesion {
  switch (kind) {
    case 'cut-and-mix':
      return pasted(host, place, material.box);
    case 'ellipsoids':
      return inserted(host, place, ellipsoidLike(material, place, margin));
    case 'ours':
    case 'transplanted':
    case 'reference':
      return inserted(host, place, material[kind]);
  }
}

function inserted(
  { volume, lung }: LoadedHost,
  { centre, diameterMm, seed }: Place,
  patch: Float32Array,
): Lesion {
  const { box, hu, alpha, checks, measured } = insertNodule(
    volume,
    { data: patch },
    { centre, diameterMm },
    { seed, lung },
  );
  return { box, hu, alpha, checks, measuredMm: measured.diameterMm };
}

function pasted({ volume, lung }: LoadedHost, { centre, diameterMm }: Place, source: BoxSource): Lesion {
  const { box, hu, alpha, footprint } = pasteBox(volume, source, centre);
  const [dx, dy, dz] = volume.spacing;
  const voxels = footprint.reduce((sum, bit) => sum + bit, 0);
  const measuredMm = Math.cbrt((6 * voxels * dx * dy * dz) / Math.PI);
  const checks = qualityChecks({
    ...{ host: volume, box, hu, alpha, footprint, lung },
    ...{ requestedMm: diameterMm, measuredMm },
  });
  return { box, hu, alpha, checks, measuredMm };
}

/** An ellipsoid as large and as bright as the transplanted nodule, of any shape and direction. */
function ellipsoidLike(
  { transplanted, spacingMm }: Material,
  { seed }: Place,
  margin: SoftMargin,
): Float32Array {
  const size = Math.round(Math.cbrt(transplanted.length));
  const nodule = noduleMask(transplanted, size);
  if (nodule === null)
    throw new NoduleLabError('unusable', 'The transplanted patch shows no nodule: take it out of the set.');
  return gaussianEllipsoid({
    ...{ size, spacingMm, margin, meanHu: nodule.meanHu },
    diameterMm: nodule.equivalentVoxels * spacingMm,
    ...randomEllipsoid(Random.of('compare ellipsoid', seed)),
  });
}

/** What is seen of a lesion, or of a place without one. */
export interface Seen {
  /** size³ in [0, 1]: the CT as it is. */
  readonly context: Float32Array;
  /** The nodule alone, by one rule for all kinds; null where nothing stands out. */
  readonly isolated: Float32Array | null;
  readonly detector: number | null;
  readonly picture: PlacePicture;
}

/**
 * Looks at a place with the lesion in it; with null, at the host as it is.
 *
 * @param size voxels along an edge of the patches
 */
export async function look(
  { volume }: LoadedHost,
  { centre, diameterMm, largestMm }: Place,
  lesion: Pick<Lesion, 'box' | 'hu'> | null,
  { size, margin, detect }: { readonly size: number; readonly margin: SoftMargin; readonly detect: Detect },
): Promise<Seen> {
  const before = lesion === null ? null : exchange(volume, lesion);
  try {
    // A new object: what anybody remembers of the host does not hold for this one.
    const seen: CtVolume = { ...volume };
    const { data: context } = contextPatch(seen, centre, FIELD_DIAMETERS * largestMm, size);
    return {
      context,
      isolated: isolateInPlace(context, size, (FIELD_DIAMETERS * largestMm) / size, largestMm, margin),
      detector: detect === null ? null : await detect(seen, centre, diameterMm),
      picture: pictureAt(seen, centre, largestMm),
    };
  } finally {
    if (before !== null) exchange(volume, before);
  }
}

/** Writes a box into the volume and answers what was there. */
function exchange(
  { data, size }: CtVolume,
  { box, hu }: Pick<Lesion, 'box' | 'hu'>,
): Pick<Lesion, 'box' | 'hu'> {
  const width = box.max[0] - box.min[0];
  const old = new Int16Array(hu.length);
  let from = 0;
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let j = box.min[1]; j < box.max[1]; j++, from += width) {
      const row = box.min[0] + size[0] * (j + size[1] * k);
      old.set(data.subarray(row, row + width), from);
      data.set(hu.subarray(from, from + width), row);
    }
  return { box, hu: old };
}
