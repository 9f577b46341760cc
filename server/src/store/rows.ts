/** What the store keeps, checked whenever it is read: a database is an edge like any other. */
import { z } from 'zod';
import { Candidate, Nodule, PointLps, Uid } from '@nodulelab/contract';
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

/** A series that NoduleLab writes: `writing` until every instance is in the archive. */
export const DerivedRow = z.object({
  seriesInstanceUID: Uid,
  studyInstanceUID: Uid,
  sourceSeriesInstanceUID: Uid,
  candidateId: z.string(),
  /** LPS mm. */
  centre: PointLps,
  diameterMm: z.number().positive(),
  /** Whatever is needed to make the same voxels again. */
  parameters: z.record(z.string(), z.unknown()),
  createdAt: Timestamp,
  state: z.enum(['writing', 'complete']),
});
export type DerivedRow = z.infer<typeof DerivedRow>;

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

export const NoduleRow = z.object({ nodule: Nodule });
export const CandidateRow = z.object({ candidate: Candidate });
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
