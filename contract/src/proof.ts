import { z } from 'zod';
import { Edit } from './edit.ts';
import { Id, PointLps, Sha256, Uid } from './primitives.ts';

const model = z.object({ name: z.string(), sha256: Sha256.nullable() }).nullable();

/** One edit made again from what is stored of it. */
export const ReplayedEdit = z
  .object({
    kind: z.enum(['insert', 'remove']),
    identical: z.boolean().describe('the same HU in every voxel of its box'),
    differingVoxels: z.int().min(0),
    maxAbsHu: z.number().min(0),
    resampled: z
      .discriminatedUnion('possible', [
        z.object({
          possible: z.literal(true),
          maxAbsHu: z.number().min(0).describe('of the blended voxels: sampled anew against stored'),
          toleranceHu: z.number(),
          within: z.boolean(),
        }),
        z.object({
          possible: z.literal(false),
          reason: z.enum(['removal', 'not-recorded', 'model-missing', 'model-changed']),
          message: z.string(),
        }),
      ])
      .describe('the candidate sampled anew from its model, seed and index'),
    model,
  })
  .meta({ id: 'ReplayedEdit' });
export type ReplayedEdit = z.infer<typeof ReplayedEdit>;

export const ReplayReport = z
  .object({
    seriesInstanceUID: Uid,
    sourceSeriesInstanceUID: Uid,
    identical: z.boolean().describe('every voxel of the series equals the replayed one'),
    voxels: z.int().min(0).describe('compared in all'),
    differingVoxels: z.int().min(0),
    codeVersion: z.object({ written: z.string(), now: z.string() }),
    edits: z.array(ReplayedEdit),
  })
  .meta({ id: 'ReplayReport' });
export type ReplayReport = z.infer<typeof ReplayReport>;

/** What speaks for an edit: the mark, the signature, or the voxels themselves. */
export const Evidence = z
  .object({
    by: z.enum(['mark', 'signature', 'voxels']),
    outcome: z
      .enum(['present', 'absent', 'broken', 'unknown'])
      .describe('broken: it is there and does not fit; unknown: it could not be looked at here'),
    explanation: z.string(),
  })
  .meta({ id: 'Evidence' });
export type Evidence = z.infer<typeof Evidence>;

export const FoundEdit = z
  .object({
    kind: z.enum(['insert', 'remove']),
    by: z.enum(['signature', 'provenance', 'voxels']).describe('strongest evidence that names it'),
    centre: PointLps,
    diameterMm: z.number(),
    slices: z.int().min(0).describe('slices of the looked-at series whose voxels match the registry'),
    slicesInAll: z.int().min(0),
    candidateId: Id.nullable(),
    noduleId: Id.nullable(),
    model,
    sourceSeriesInstanceUID: Uid,
    writtenAs: Uid.nullable().describe('the series that NoduleLab wrote, where the registry knows it'),
  })
  .meta({ id: 'FoundEdit' });
export type FoundEdit = z.infer<typeof FoundEdit>;

export const VerificationReport = z
  .object({
    seriesInstanceUID: Uid,
    slices: z.int().min(1),
    verdict: z
      .enum(['synthetic', 'altered', 'no-evidence'])
      .describe('altered: synthetic, and changed after it was signed; no-evidence is no proof of absence'),
    evidence: z.array(Evidence),
    found: z.array(FoundEdit),
    provenance: z.array(Edit).nullable().describe('as the private block tells it'),
  })
  .meta({ id: 'VerificationReport' });
export type VerificationReport = z.infer<typeof VerificationReport>;

/** A folder may hold several series. */
export const VerificationReports = z
  .object({ reports: z.array(VerificationReport).min(1) })
  .meta({ id: 'VerificationReports' });
export type VerificationReports = z.infer<typeof VerificationReports>;

export const VerifyRequest = z
  .union([z.strictObject({ seriesInstanceUID: Uid }), z.strictObject({ path: z.string().min(1) })])
  .meta({
    id: 'VerifyRequest',
    description: 'a series of the archive, or a file or folder on the server machine',
  });
export type VerifyRequest = z.infer<typeof VerifyRequest>;
