/** What is done with one host: facts, places, edits, derived series. No thread and no archive in here. */
import { guardMap } from '../../insertion/guardMap.ts';
import { proposePlace, rankPlaces, type ProposedPlace, type RankedPlace } from '../../insertion/placement.ts';
import { writeDerivedCt, type BoxChange } from '../../dicom/derivedCt.ts';
import { verifyDerived } from '../../dicom/verifyDerived.ts';
import { Random } from '../../nn/random.ts';
import { withEdits } from './editedVolume.ts';
import type { Host } from './hosts.ts';
import { geometryOf } from './makeEdit.ts';
import type {
  DerivedFiles,
  DeriveWork,
  GuardLabels,
  GuardWork,
  HostFacts,
  ProposeWork,
  RankWork,
} from './protocol.ts';

export { previewIn } from './makeEdit.ts';

export function factsOf({ series }: Host): HostFacts {
  return {
    studyInstanceUID: series.studyInstanceUID,
    seriesInstanceUID: series.seriesInstanceUID,
    frameOfReferenceUID: series.frameOfReferenceUID,
    patientIdentityRemoved: series.patientIdentityRemoved,
    slices: series.slices.length,
    geometry: geometryOf(series.volume),
  };
}

/** The same seed proposes the same place. */
export function proposeIn(host: Host, work: Omit<ProposeWork, 'seriesInstanceUID'>): ProposedPlace {
  const random = Random.of('place', work.seed);
  return withEdits(host, work.earlier ?? [], (volume, lung) =>
    proposePlace(volume, lung, work.diameterMm, () => random.uniform(), work.setting, work.clearOf),
  );
}

export function rankPlacesIn(host: Host, work: Omit<RankWork, 'seriesInstanceUID'>): RankedPlace[] {
  return withEdits(host, work.earlier ?? [], (volume, lung) =>
    rankPlaces(volume, lung, work.diameterMm, work.count, work.setting, work.clearOf),
  );
}

export function guardIn(
  host: Host,
  { diameterMm, setting }: Omit<GuardWork, 'seriesInstanceUID'>,
): GuardLabels {
  return guardMap(host.series.volume, host.lung(), diameterMm, setting);
}

export function deriveFrom(
  host: Host,
  work: Omit<DeriveWork, 'seriesInstanceUID'>,
  newUid: () => string,
): DerivedFiles {
  const { changes, provenance, now } = work;
  const { seriesInstanceUID, seriesDescription, instances } = writeDerivedCt(
    host.series,
    changes,
    provenance,
    { now, newUid },
  );
  return { seriesInstanceUID, seriesDescription, instances };
}

/** @throws NoduleLabError `upstream` where what came back is not the host with exactly these changes */
export function verifyAgainst(
  host: Host,
  work: { readonly changes: readonly BoxChange[]; readonly files: readonly Uint8Array[] },
): void {
  verifyDerived(
    host.series,
    work.files.map((bytes, index) => ({ name: `instance ${index + 1}`, bytes })),
    work.changes,
  );
}
