/**
 * Where the lesions of a host go: the guard's own proposals, one for each real nodule that is transplanted, apart from
 * each other and from the host's own nodules. The places are found once; all kinds of lesion go to the same ones.
 */
import { z } from 'zod';
import { cornersOf } from '../../dataset/patch.ts';
import { proposePlace } from '../../insertion/placement.ts';
import { Random } from '../../nn/random.ts';
import { insideGrid, worldToIndex, type Vec3, type VolumeGeometry } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { cubicGrid } from '../../volume/resample.ts';
import { nearestReference, type Donor, type Donors } from './donors.ts';
import type { KnownNodule, LoadedHost } from './hosts.ts';

type Taken = Pick<KnownNodule, 'centre' | 'diameterMm'>;

const count = z.number().int().nonnegative();

export const placeSchema = z.object({
  /** LPS mm. */
  centre: z.tuple([z.number(), z.number(), z.number()]),
  setting: z.enum(['parenchyma', 'juxta-pleural', 'vessel-attached']),
  /** Diameter of the ball of the same volume, mm: what every insertion here is asked for. */
  diameterMm: z.number().positive(),
  /** Largest diameter in the plane of the transplanted nodule, mm: patches are twice as wide. */
  largestMm: z.number().positive(),
  /** Patches of the real set: what is transplanted, and the reference. */
  transplanted: count,
  reference: count,
  /** Of blending; the same for all kinds. */
  seed: count,
});
export type Place = z.infer<typeof placeSchema>;

/** Field of view of the patches that are cut around a place, in largest diameters. */
export const FIELD_DIAMETERS = 2;
const ATTEMPTS = 12;
/** Real nodules that find no place in a host before it is given up. */
const MOST_FAILURES = 20;
/** Between the borders of two nodules, mm: further than any margin reaches. */
const APART_MM = 8;

/**
 * @param uses how often each nodule of the set was used before; is counted on
 * @throws NoduleLabError `unusable` where the host takes fewer nodules than asked for, with how many it takes
 */
export function planPlaces(
  { name, key }: { readonly name: string; readonly key: string },
  host: LoadedHost,
  donors: Donors,
  wanted: number,
  uses: Map<number, number>,
  seed: number,
): Place[] {
  const places: Place[] = [];
  const taken: Taken[] = [...(host.nodules ?? [])];
  const failed = new Set<number>();
  while (places.length < wanted && failed.size < MOST_FAILURES) {
    const donor = leastUsed(donors.transplanted, uses, failed);
    if (donor === undefined) break;
    const found = placeFor(key, host, donor, taken, places.length, seed);
    if (found === null) {
      failed.add(donor.index);
      continue;
    }
    const reference = nearestReference(donors.reference, donor.equivalentDiameterMm, uses);
    for (const { index } of [donor, reference]) uses.set(index, (uses.get(index) ?? 0) + 1);
    taken.push({ centre: found.centre, diameterMm: donor.diameterMm });
    places.push({
      centre: [...found.centre],
      setting: found.setting,
      diameterMm: donor.equivalentDiameterMm,
      largestMm: donor.diameterMm,
      transplanted: donor.index,
      reference: reference.index,
      seed: Random.of('compare blending', seed, key, places.length).next(),
    });
  }
  if (places.length < wanted)
    throw new NoduleLabError(
      'unusable',
      `The host ${name} has ${places.length} of ${wanted} allowed places that lie apart from each other and from its own nodules: ask for fewer with --places, or give a larger host.`,
      { name, found: places.length, wanted },
    );
  return places;
}

/** The first in their order of those that were used least. */
function leastUsed(
  donors: readonly Donor[],
  uses: ReadonlyMap<number, number>,
  failed: ReadonlySet<number>,
): Donor | undefined {
  const left = donors.filter(({ index }) => !failed.has(index));
  const least = Math.min(...left.map(({ index }) => uses.get(index) ?? 0));
  return left.find(({ index }) => (uses.get(index) ?? 0) === least);
}

function placeFor(
  key: string,
  { volume, lung }: LoadedHost,
  donor: Donor,
  taken: readonly Taken[],
  number: number,
  seed: number,
): ReturnType<typeof proposePlace> | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const random = Random.of('compare place', seed, key, number, donor.index, attempt);
    try {
      const found = proposePlace(volume, lung, donor.equivalentDiameterMm, () => random.uniform());
      if (isApart(found.centre, donor.diameterMm, taken) && patchFits(volume, found.centre, donor.diameterMm))
        return found;
    } catch (error) {
      // The guard has looked through the whole lung: trying again does not help.
      if (error instanceof NoduleLabError && error.kind === 'unusable') return null;
      throw error;
    }
  }
  return null;
}

const isApart = (centre: Vec3, diameterMm: number, taken: readonly Taken[]): boolean =>
  taken.every(
    (other) =>
      Math.hypot(centre[0] - other.centre[0], centre[1] - other.centre[1], centre[2] - other.centre[2]) >=
      (diameterMm + other.diameterMm) / 2 + APART_MM,
  );

/** The patch that is cut there later ends within the scan. */
function patchFits(volume: VolumeGeometry, centre: Vec3, largestMm: number): boolean {
  const edge = FIELD_DIAMETERS * largestMm;
  return cornersOf(cubicGrid(centre, 2, edge), [0, 0, 0], [1, 1, 1]).every((corner) =>
    insideGrid(volume, worldToIndex(volume, corner)),
  );
}
