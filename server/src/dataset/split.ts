/**
 * Split by patient: every patient belongs to exactly one fold, and fold 0 is the test fold. A patient's fold depends on
 * the seed and the patient alone, so that adding patients moves nobody. The assignment is locked by a hash, which every
 * manifest, checkpoint and evaluation carries.
 */
import { createHash } from 'node:crypto';
import { NoduleLabError } from '../volume/errors.ts';

/** The fold that no model trains on. */
export const TEST_FOLD = 0;
/** Whole patients shipped for demonstrations and tests: in the test fold of every split. */
export const ALWAYS_TEST = ['LIDC-IDRI-0001', 'LIDC-IDRI-0003', 'LIDC-IDRI-0004', 'LIDC-IDRI-0006'] as const;
/** Their CT series, for sources that do not say whose a series is. */
const SERIES_OF_TEST_PATIENTS: Readonly<Record<string, (typeof ALWAYS_TEST)[number]>> = {
  '1.3.6.1.4.1.14519.5.2.1.6279.6001.179049373636438705059720603192': 'LIDC-IDRI-0001',
  '1.3.6.1.4.1.14519.5.2.1.6279.6001.170706757615202213033480003264': 'LIDC-IDRI-0003',
  '1.3.6.1.4.1.14519.5.2.1.6279.6001.323541312620128092852212458228': 'LIDC-IDRI-0004',
  '1.3.6.1.4.1.14519.5.2.1.6279.6001.132817748896065918417924920957': 'LIDC-IDRI-0006',
};

/** The patient of {@link ALWAYS_TEST} whose CT the series is; null for any other series. */
export const alwaysTestPatient = (seriesUID: string): string | null =>
  SERIES_OF_TEST_PATIENTS[seriesUID] ?? null;

export interface SplitOptions {
  readonly seed: number;
  /** Patients of the test fold whatever the seed says. */
  readonly testPatients: readonly string[];
  /** Number of folds, the test fold included; at least 2. */
  readonly folds: number;
}

export interface PatientSplit extends SplitOptions {
  /** Patient → fold, sorted by patient. */
  readonly assignment: Readonly<Record<string, number>>;
  /** SHA-256 over the lines `patient<TAB>fold<LF>` in the order of {@link assignment}. */
  readonly sha256: string;
}

export function splitPatients(patients: readonly string[], options: SplitOptions): PatientSplit {
  const { seed, folds } = options;
  if (!Number.isInteger(folds) || folds < 2)
    throw new NoduleLabError(
      'invalid-input',
      `A split needs at least 2 folds (fold 0 is the test fold), not ${folds}.`,
    );
  const testPatients = [...new Set(options.testPatients)].sort();
  const fixed = new Set(testPatients);
  const assignment: Record<string, number> = {};
  for (const patient of [...new Set(patients)].sort()) {
    const digest = createHash('sha256').update(`${seed}\t${patient}`).digest();
    assignment[patient] = fixed.has(patient) ? TEST_FOLD : digest.readUInt32BE(0) % folds;
  }
  return { seed, folds, testPatients, assignment, sha256: assignmentHash(assignment) };
}

/** The hash that locks an assignment, whatever order its entries come in. */
export function assignmentHash(assignment: Readonly<Record<string, number>>): string {
  const hash = createHash('sha256');
  for (const patient of Object.keys(assignment).sort()) hash.update(`${patient}\t${assignment[patient]}\n`);
  return hash.digest('hex');
}
