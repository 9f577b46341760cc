import { z } from 'zod';
import { Edit } from './edit.ts';
import { WrittenObject } from './job.ts';
import { PointLps, Uid } from './primitives.ts';
import { Evidence, VerificationReport } from './proof.ts';

/** A synthetic series seen from another one. */
export const SeriesLink = z
  .object({
    seriesInstanceUID: Uid,
    studyInstanceUID: Uid,
    description: z.string(),
    summary: z.string().describe('what was done, in words'),
    writtenAt: z.iso.datetime(),
  })
  .meta({ id: 'SeriesLink' });
export type SeriesLink = z.infer<typeof SeriesLink>;

const madeOfIt = z
  .array(SeriesLink)
  .describe('synthetic series that were made of this one, oldest first: all its edits, and further ones');

/** Where a CT series comes from and what was made of it. */
export const SeriesProvenance = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('original'),
      seriesInstanceUID: Uid,
      markedSynthetic: z
        .boolean()
        .describe(
          'Synthetic Data is YES although nothing was edited here: a phantom, or made by another program',
        ),
      madeOfIt,
    }),
    z.object({
      kind: z.literal('synthetic'),
      seriesInstanceUID: Uid,
      registered: z.boolean().describe('false: not written here; what is told is what its slices say'),
      source: z
        .object({
          seriesInstanceUID: Uid,
          description: z.string().nullable().describe('null where it was not imported here'),
          inArchive: z.boolean(),
        })
        .nullable()
        .describe('the original; null where nothing names it'),
      goesOnFrom: SeriesLink.nullable().describe('the synthetic series with the most of its edits'),
      summary: z.string().describe('what was done, in words'),
      edits: z
        .array(Edit)
        .nullable()
        .describe('in the order in which they were made; null where they were not recorded whole'),
      earlier: z
        .object({ candidateId: z.string(), centre: PointLps, diameterMm: z.number() })
        .nullable()
        .describe('all that is known of a series of before edits were recorded whole'),
      codeVersion: z.string().nullable(),
      writtenAt: z.iso.datetime().nullable(),
      segmentation: WrittenObject.nullable(),
      report: WrittenObject.nullable(),
      verification: z
        .object({
          verdict: VerificationReport.shape.verdict,
          evidence: z.array(Evidence).describe('mark and signature, of the slices that were looked at'),
          slicesLookedAt: z.int().min(1),
          slices: z.int().min(1),
        })
        .nullable()
        .describe(
          'a look at a few slices; POST /verifications looks at every slice and voxel. Null where the archive does not have the series',
        ),
      madeOfIt,
    }),
  ])
  .meta({ id: 'SeriesProvenance' });
export type SeriesProvenance = z.infer<typeof SeriesProvenance>;
