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
  return { ...placed, checks };
}
