/** What the store keeps, checked whenever it is read: a database is an edge like any other. */
import { z } from 'zod';
import { Candidate, Edit, Role, Nodule, PointLps, Sha256, Uid, WrittenObject } from '@nodulelab/contract';
import { NoduleLabError } from '../volume/errors.ts';
import type { Row } from './database.ts';

/** A series that NoduleLab imported or made. */
export const SeriesRow = z.object({
  seriesInstanceUID: Uid,
  studyInstanceUID: Uid,
  patientId: z.string(),
  modality: z.string(),
  description: z.string(),
  instances: z.int().min(0),
  origin: z.enum(['imported', 'phantom', 'synthetic']),
});
export type SeriesRow = z.infer<typeof SeriesRow>;

const Timestamp = z.union([
  z.iso.datetime(),
  z
    .custom<Date>((value) => typeof value === 'object' && value !== null && 'toISOString' in value)
    .transform((date) => date.toISOString()),
]);

export const AccountRow = z.object({
  name: z.string(),
  role: Role,
  createdAt: Timestamp,
  revokedAt: Timestamp.nullable(),
});

/** An edit as the registry keeps it: what the DICOM objects say, and what it takes to write them again. */
export const RecordedEdit = z.object({
  edit: Edit,
  /** Tracking UID of its segment: the same in every series that holds this edit. */
  trackingUid: Uid,
  /** Artefact: one byte a voxel of the edit's box, i fastest; 1 where the nodule is, or where it was. */
  footprintSha256: Sha256,
});
export type RecordedEdit = z.infer<typeof RecordedEdit>;

/** A series that NoduleLab writes: `writing` until all of it is in the archive and was read back. */
export const DerivedRow = z.object({
  seriesInstanceUID: Uid,
  studyInstanceUID: Uid,
  /** Always an original: an edited series that is edited further is its original with more edits. */
  sourceSeriesInstanceUID: Uid,
  codeVersion: z.string().nullable(),
  /** In the order in which they were made. */
  edits: z.array(RecordedEdit),
  segmentation: WrittenObject.nullable(),
  report: WrittenObject.nullable(),
  /** All that is known of a series that was written before edits were recorded whole; null for every other one. */
  earlier: z
    .object({
      candidateId: z.string(),
      /** LPS mm. */
      centre: PointLps,
      diameterMm: z.number().positive(),
      parameters: z.record(z.string(), z.unknown()),
    })
    .nullable(),
  createdAt: Timestamp,
  state: z.enum(['writing', 'complete']),
});
export type DerivedRow = z.infer<typeof DerivedRow>;

/**
 * One state of what a user marked: `writing` until its objects are in the archive and were read back, `leaving` from when
 * the nodule was deleted until they are out of it.
 */
export const AnnotationRow = z.object({
  noduleId: z.string(),
  ctSeriesInstanceUID: Uid,
  segmentation: WrittenObject,
  report: WrittenObject,
  state: z.enum(['writing', 'complete', 'leaving']),
});
export type AnnotationRow = z.infer<typeof AnnotationRow>;

export const AuditRow = z.object({
  /** Position in the trail, from 1. */
  number: z.int().min(1),
  at: Timestamp,
  action: z.string(),
  /** What the action was done to: a UID, a path, a job. */
  subject: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditRow = z.infer<typeof AuditRow>;

/** Nodules of before consensus outlines were kept have none until their series is next listed. */
export const NoduleRow = z.object({
  nodule: Nodule.extend({ consensusContours: Nodule.shape.consensusContours.default([]) }),
});
/** Candidates of before conditions were known were made without any. */
export const CandidateRow = z.object({
  candidate: Candidate.omit({ checks: true }).extend({
    conditions: Candidate.shape.conditions.default(null),
    support: Candidate.shape.support.default(null),
  }),
});
export const SettingRow = z.object({ value: z.json() });

/** Parses rows of one shape. @throws unusable where the database holds something else. */
export function parseRows<T>(schema: z.ZodType<T>, table: string, rows: readonly Row[]): T[] {
  const parsed = z.array(schema).safeParse(rows);
  if (!parsed.success)
    throw new NoduleLabError(
      'unusable',
      `The table ${table} of the database holds a row that NoduleLab did not write: ` +
        `${z.prettifyError(parsed.error)}. Restore the database from a copy.`,
      { table },
    );
  return parsed.data;
}
