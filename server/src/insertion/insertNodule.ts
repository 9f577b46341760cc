/**
 * Inserts a patch into a host CT: only a box around the nodule is computed, and inside it only voxels with alpha > 0
 * differ from the host. docs/insertion.md tells how; each step has its own file.
 */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume } from '../volume/ctVolume.ts';
import type { NodulePatch, NodulePlace, PlacedNodule, PlacingOptions } from './placeNodule.ts';
import { placeNodule } from './placeNodule.ts';
import type { QualityCheck } from './qualityChecks.ts';
import { qualityChecks } from './qualityChecks.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { floor } = Math;

export type { NodulePatch, NodulePlace } from './placeNodule.ts';

export interface InsertionOptions extends PlacingOptions {
  /** The checks look at all of it. */
  readonly lung?: LungAnatomy;
}

export interface Insertion extends PlacedNodule {
  readonly checks: readonly QualityCheck[];
}

/**
 * Inserts the nodule of a patch into the host.
 *
 * The patch's own nodule is measured first and scaled so that its diameter on the host's grid, after blur and partial
 * volume, is the one asked for (to 2 %); a wanted mean HU is met by turning its contrast up or down, noise and partial
 * volume included, to 2 HU where the host's own tissue lets it.
 *
 * @throws NoduleLabError `unusable` where the centre is outside the volume or the patch shows no nodule;
 *   `invalid-input` for a size or mean HU that no nodule has.
 */
export function insertNodule(
  host: CtVolume,
  patch: NodulePatch,
  place: NodulePlace,
  options: InsertionOptions,
): Insertion {
  const placed = placeNodule(host, patch, place, options);
  const checks = qualityChecks({
    host,
    ...placed,
    requestedMm: place.diameterMm,
    measuredMm: placed.measured.diameterMm,
    ...(place.meanHu === undefined ? {} : { requestedMeanHu: place.meanHu }),
    ...(options.lung === undefined ? {} : { lung: options.lung }),
  });
  const { lung } = options;
  return { ...placed, ...(lung === undefined ? {} : { footprint: seenPart(host, placed, lung) }), checks };
}

/**
 * The footprint without the chest wall and the mediastinum, which the nodule leaves as they are: nothing of it is to be
 * seen there. The host's vessels inside the nodule stay in it, as a reader would draw it.
 */
function seenPart(
  { size: [nx, ny] }: CtVolume,
  { box, footprint, alpha }: Omit<Insertion, 'checks'>,
  { mask }: LungAnatomy,
): Uint8Array {
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  return footprint.map((value, at) => {
    if (value === 0 || alpha[at] !== 0) return value;
    const i = box.min[0] + (at % width);
    const j = box.min[1] + (floor(at / width) % height);
    return mask[i + nx * (j + ny * (box.min[2] + floor(at / (width * height))))]!;
  });
}
