/**
 * The real nodules that are transplanted: those of the held-out set whose patients are no hosts, shared out by patient
 * between the transplanted arm and the reference, so that the ceiling too is measured on other patients.
 */
import type { PatchManifest, RealPatch } from '../../dataset/manifest.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export interface Donor {
  /** Of the patch in its set. */
  readonly index: number;
  readonly id: string;
  readonly patientId: string;
  /** Largest in the plane, mm. */
  readonly diameterMm: number;
  /** Of the ball of the same volume, mm: what an insertion is asked for. */
  readonly equivalentDiameterMm: number;
  readonly spacingMm: number;
}

export interface Donors {
  /** In the order in which places take them. */
  readonly transplanted: readonly Donor[];
  readonly reference: readonly Donor[];
  /** Nodules of the set that belong to host patients. */
  readonly ofHosts: number;
}

/** Fewer real nodules than this on a side say nothing, however often each is used. */
export const LEAST_DONORS = 2;

/**
 * @param without patients who are hosts, and patches (by index) that show no nodule
 * @throws NoduleLabError `refused` for a set that cannot be transplanted, `unusable` where too few nodules are left
 */
export function shareDonors(
  dir: string,
  manifest: PatchManifest,
  without: { readonly hosts: ReadonlySet<string>; readonly empty: ReadonlySet<number> },
  seed: number,
): Donors {
  requireTransplantable(dir, manifest);
  const all = manifest.patches.flatMap((patch, index) =>
    patch.origin === 'real' ? [donorOf(patch, index)] : [],
  );
  const others = all.filter(({ patientId }) => !without.hosts.has(patientId));
  const ofHosts = all.length - others.length;
  const usable = others.filter(({ index }) => !without.empty.has(index));
  const random = Random.of('compare donors', seed);
  const byPatient = Map.groupBy(usable, ({ patientId }) => patientId);
  const patients = [...byPatient.keys()].toSorted();
  const sides: [Donor[], Donor[]] = [[], []];
  // The next patient goes to the side that has fewer nodules.
  for (const at of random.permutation(patients.length)) {
    const side = sides[0].length <= sides[1].length ? sides[0] : sides[1];
    side.push(...byPatient.get(patients[at]!)!);
  }
  if (sides[1].length < LEAST_DONORS)
    throw new NoduleLabError(
      'unusable',
      `${dir} leaves ${usable.length} real nodules of ${patients.length} patients to transplant` +
        (ofHosts > 0
          ? ` (${ofHosts} are of patients who are hosts, and a patient's nodule never goes into the patient's own scan)`
          : '') +
        ': give a set with more patients who are not among the hosts.',
      { dir, usable: usable.length, ofHosts },
    );
  const shuffled = (side: readonly Donor[]): Donor[] =>
    [...random.permutation(side.length)].map((at) => side[at]!);
  return { transplanted: shuffled(sides[0]), reference: shuffled(sides[1]), ofHosts };
}

function requireTransplantable(
  dir: string,
  { form, fold, patches, channels, softMargin }: PatchManifest,
): void {
  const why =
    form !== 'isolated'
      ? 'holds nodules in their surroundings (--form context), which cannot be transplanted: build it with --form isolated'
      : fold !== 'test'
        ? 'is of the training fold, which generators have seen: build it with --fold test'
        : patches.some(({ origin }) => origin === 'synthetic')
          ? 'holds synthetic nodules: the transplanted ones must be real; build it with nodulelab dataset build'
          : softMargin === undefined || !channels.includes('hu')
            ? 'does not say how its nodules were cut out: build it again with nodulelab dataset build'
            : undefined;
  if (why !== undefined) throw new NoduleLabError('refused', `The set ${dir} ${why}.`, { dir });
}

const donorOf = (
  { id, patientId, diameterMm, equivalentDiameterMm, spacingMm }: RealPatch,
  index: number,
): Donor => ({ index, id, patientId, diameterMm, equivalentDiameterMm, spacingMm });

/**
 * The reference nodule for a place: of those that were used least, the one nearest in size.
 *
 * @param used how often each reference nodule (by its index in the set) has been used
 */
export function nearestReference(
  reference: readonly Donor[],
  diameterMm: number,
  used: ReadonlyMap<number, number>,
): Donor {
  const uses = ({ index }: Donor): number => used.get(index) ?? 0;
  const off = (donor: Donor): number => Math.abs(Math.log(donor.equivalentDiameterMm / diameterMm));
  return reference.toSorted((a, b) => uses(a) - uses(b) || off(a) - off(b))[0]!;
}
