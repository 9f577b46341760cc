import { z } from 'zod';
import { Conditions } from './conditions.ts';
import { Id, PointLps, Sha256, Uid } from './primitives.ts';

/**
 * What was done to a CT. A synthetic series is always its original and an ordered list of edits; each record holds all
 * that is needed to make the same voxels again. The records are stored in the registry and in every slice.
 */

/** Where in the lung a nodule lies. */
export const PlacementSetting = z
  .enum(['parenchyma', 'juxta-pleural', 'vessel-attached'])
  .meta({ id: 'PlacementSetting' });
export type PlacementSetting = z.infer<typeof PlacementSetting>;

const Turn = z.number().min(-360).max(360);

/** How a candidate is placed, beyond where and how large; each is left to the candidate and the place where absent. */
export const InsertionOptions = z
  .object({
    setting: PlacementSetting.optional().describe('the only kind of place that is allowed; any where absent'),
    rotationDeg: z
      .tuple([Turn, Turn, Turn])
      .optional()
      .describe('turns about the L, P and S axes, degrees, in this order'),
    meanHu: z
      .number()
      .min(-800)
      .max(200)
      .optional()
      .describe('wanted mean HU inside the half-maximum border; the candidate decides where absent'),
  })
  .meta({ id: 'InsertionOptions' });
export type InsertionOptions = z.infer<typeof InsertionOptions>;

/** What an edit measures in the CT it was made in. */
export const MeasuredEdit = z
  .object({
    diameterMm: z.number().min(0).describe('of the sphere with the volume'),
    volumeMm3: z.number().min(0).describe('inserted: above half maximum; removed: of the refilled region'),
    meanHu: z.number().describe('of the new voxels in that volume'),
  })
  .meta({ id: 'MeasuredEdit' });
export type MeasuredEdit = z.infer<typeof MeasuredEdit>;

const Index3 = z.tuple([z.int().min(0), z.int().min(0), z.int().min(0)]);

/** The changed box in voxels of the source (i column, j row, k slice along the body; max is exclusive). */
export const ChangedBox = z.object({ min: Index3, max: Index3 }).meta({ id: 'ChangedBox' });
export type ChangedBox = z.infer<typeof ChangedBox>;

const changed = {
  centre: PointLps,
  diameterMm: z.number().positive().describe('that was asked for; of a removed nodule as it was listed'),
  box: ChangedBox,
  huSha256: Sha256.describe('of the new HU of the whole box: Int16, little-endian, i fastest'),
  measured: MeasuredEdit,
};

export const InsertEdit = z
  .object({
    kind: z.literal('insert'),
    ...changed,
    candidateSha256: Sha256.describe('of the stored voxels: Float32, little-endian, i fastest'),
    candidateId: Id.nullable().describe('null for a patch that is not in the store'),
    model: z
      .object({ name: z.string(), sha256: Sha256.nullable() })
      .nullable()
      .describe('null where it is not recorded'),
    seed: z.int().nullable(),
    index: z.int().nullable(),
    conditions: Conditions.optional().describe(
      'what a conditional model was asked for, in full: with model, seed and index it gives the same candidate again',
    ),
    blendingSeed: z.int(),
    options: InsertionOptions,
    details: z
      .record(z.string(), z.json())
      .optional()
      .describe('what else was asked for; parameters of the generation, never findings on a patient'),
  })
  .meta({ id: 'InsertEdit' });
export type InsertEdit = z.infer<typeof InsertEdit>;

export const RemoveEdit = z
  .object({
    kind: z.literal('remove'),
    ...changed,
    noduleId: Id,
    maskSha256: Sha256.describe(
      'of the removed region on the voxels of the box: one byte a voxel, i fastest',
    ),
    seed: z.int().describe('chooses the texture of the refilling'),
  })
  .meta({ id: 'RemoveEdit' });
export type RemoveEdit = z.infer<typeof RemoveEdit>;

export const Edit = z.discriminatedUnion('kind', [InsertEdit, RemoveEdit]).meta({ id: 'Edit' });
export type Edit = z.infer<typeof Edit>;

/** What the private block of every slice of a synthetic series holds. */
export const Provenance = z
  .object({
    version: z.literal(2),
    codeVersion: z.string(),
    sourceSeriesInstanceUID: Uid,
    /** In the order in which they were made: each one is made in what the ones before it left. */
    edits: z.array(Edit).min(1),
  })
  .meta({ id: 'Provenance' });
export type Provenance = z.infer<typeof Provenance>;
