/**
 * Names of patients and series in an export. With a key they are replaced by keyed hashes (HMAC-SHA-256): the same
 * patient has the same pseudonym in every export with that key, so that grouping by patient still works, and nobody
 * without the key can compute it from a known identifier.
 *
 * This hides identifiers, not images: whoever has the source can compare voxels.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Vec3 } from '../../volume/ctVolume.ts';
import type { RealPatch } from '../../dataset/manifest.ts';
import { makeUidGenerator } from '../../dicom/uid.ts';

/** The lineage of a real patch as it stands in an export. */
export interface RealLineage {
  readonly id: string;
  readonly patientId: string;
  readonly seriesUID: string;
  readonly noduleId: string;
  /** Null where identifiers are replaced: the place in the scanner's coordinates points to the scan. */
  readonly centre: Vec3 | null;
  /** Of the source; null where identifiers are replaced: public files have known hashes. */
  readonly sourceSha256: string | null;
}

/** @param key null keeps the identifiers of the set */
export function lineageOf(patch: RealPatch, key: Buffer | null): RealLineage {
  const { id, patientId, seriesUID, noduleId, centre, sourceSha256 } = patch;
  if (key === null) return { id, patientId, seriesUID, noduleId, centre, sourceSha256 };
  const patient = pseudonymOf('patient', patientId, key);
  const nodule = pseudonymOf('nodule', id, key);
  return {
    id: `${patient}/${nodule}`,
    patientId: patient,
    seriesUID: uidNamed(createHmac('sha256', key).update(`series\t${seriesUID}`).digest('hex')),
    noduleId: nodule,
    centre: null,
    sourceSha256: null,
  };
}

/** `P-` or `N-` and 48 bits: among 10,000 patients two share one with a probability below one in a million. */
function pseudonymOf(kind: 'patient' | 'nodule', id: string, key: Buffer): string {
  const digest = createHmac('sha256', key).update(`${kind}\t${id}`).digest('hex');
  return `${kind === 'patient' ? 'P' : 'N'}-${digest.slice(0, 12)}`;
}

/** A unique identifier (2.25, PS3.5 B.2) from what it identifies. */
export function uidNamed(...name: readonly (string | number)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(name)).digest();
  return makeUidGenerator((count) => digest.subarray(0, count))();
}
