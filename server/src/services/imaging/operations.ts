/** What is done with one host: facts, places, previews, derived series. No thread and no archive in here. */
import { proposePlace, requirePlacement } from '../../insertion/placement.ts';
import { insertNodule } from '../../insertion/insertNodule.ts';
import { writeDerivedCt } from '../../dicom/derivedCt.ts';
import { verifyDerived } from '../../dicom/verifyDerived.ts';
import { Random } from '../../nn/random.ts';
import type { Vec3, VolumeGeometry } from '../../volume/ctVolume.ts';
import type { Host } from './hosts.ts';
import type {
  DerivedFiles,
  DeriveWork,
  HostFacts,
  PreviewResult,
  PreviewWork,
  VerifyWork,
} from './protocol.ts';

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
export function proposeIn(host: Host, work: { readonly diameterMm: number; readonly seed: number }): Vec3 {
  const random = Random.of('place', work.seed);
  return proposePlace(host.series.volume, host.lung(), work.diameterMm, () => random.uniform()).centre;
}

/** @throws NoduleLabError `unusable` with the reason and the nearest allowed place where the guard refuses */
export function previewIn(host: Host, work: Omit<PreviewWork, 'seriesInstanceUID'>): PreviewResult {
  const { volume } = host.series;
  const lung = host.lung();
  requirePlacement(volume, lung, work.centre, work.diameterMm);
  const inserted = insertNodule(
    volume,
    { data: work.patch },
    { centre: work.centre, diameterMm: work.diameterMm },
    { seed: work.seed, lung },
  );
  return { ...inserted, geometry: geometryOf(volume) };
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

/** @throws NoduleLabError `upstream` where what came back is not the host with exactly this change */
export function verifyAgainst(host: Host, work: Omit<VerifyWork, 'seriesInstanceUID'>): void {
  verifyDerived(
    host.series,
    work.files.map((bytes, index) => ({ name: `instance ${index + 1}`, bytes })),
    work.changes,
  );
}

function geometryOf({ size, spacing, origin, direction }: VolumeGeometry): VolumeGeometry {
  return { size, spacing, origin, direction };
}
