/** The patches of a comparison as groups of an evaluation: one kind of lesion, one cut. */
import { createHash } from 'node:crypto';
import type { PatchManifest, RealPatch } from '../../dataset/manifest.ts';
import type { GroupItem, PatchGroup } from '../../evaluation/patchGroup.ts';
import type { Kind } from './arms.ts';
import type { MadeHost } from './makePlaces.ts';
import { FIELD_DIAMETERS, type Place } from './places.ts';
import type { Cut, PlaceRecord, WorkFolder } from './workFolder.ts';

/** What is drawn as one: the patient that a lesion is of, or the place that it stands at. */
export type ClusterBy = 'patient' | 'place';

interface Spot {
  readonly host: number;
  readonly number: number;
  readonly place: Place;
  readonly record: PlaceRecord;
}

/**
 * @param by `place` gives the two lesions of one place one name, so that whoever tells them apart never learns a place and
 *   is asked about it later
 */
export function placeGroup(
  made: readonly MadeHost[],
  kind: Kind,
  cut: Cut,
  by: ClusterBy,
  { work, manifest }: { readonly work: WorkFolder; readonly manifest: PatchManifest },
): PatchGroup {
  const { size } = manifest;
  const spots = made
    .flatMap(({ record, places }, host): Spot[] =>
      record.places.map((place, number) => ({ host, number, place, record: places[number]! })),
    )
    .filter(({ record }) => cut === 'context' || record.lesions[kind].shown);
  const hash = createHash('sha256').update(`${kind} ${cut} ${by}`);
  for (const { host, number, record } of spots) hash.update(`\n${host} ${number} ${record.patchesSha256}`);
  return {
    ...{ name: kind, count: spots.length, size, sha256: hash.digest('hex') },
    items: spots.map((spot) => itemOf(spot, kind, by, manifest)),
    patch: (index) => {
      const { host, number } = spots[index]!;
      return work.patch(host, number, kind, cut, size);
    },
  };
}

function itemOf(
  { host, number, place }: Spot,
  kind: Kind,
  by: ClusterBy,
  { patches, size }: PatchManifest,
): GroupItem {
  const at = `host-${host + 1}/place-${number + 1}`;
  const donor = donorOf(kind, place, patches);
  return {
    id: `${kind}/${at}`,
    cluster: by === 'patient' && donor !== null ? donor.patientId : at,
    spacingMm: (FIELD_DIAMETERS * place.largestMm) / size,
    diameterMm: place.largestMm,
    characteristics:
      kind === 'transplanted' || kind === 'reference' ? (donor?.characteristics ?? null) : null,
    conditions: {},
  };
}

/** The real nodule that a lesion is; null for what a program made. */
function donorOf(kind: Kind, place: Place, patches: PatchManifest['patches']): RealPatch | null {
  const index =
    kind === 'reference'
      ? place.reference
      : kind === 'transplanted' || kind === 'cut-and-mix'
        ? place.transplanted
        : undefined;
  const patch = index === undefined ? undefined : patches[index];
  return patch?.origin === 'real' ? patch : null;
}
