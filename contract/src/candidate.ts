import { z } from 'zod';
import { ModelClassification } from './classification.ts';
import { ConditionName, Conditions, WantedConditions } from './conditions.ts';
import { InsertionOptions, MeasuredEdit, PlacementSetting } from './edit.ts';
import { ModelEvaluation } from './evaluation.ts';
import { Id, PointLps, Sha256, Uid } from './primitives.ts';

/** A condition that a model takes, and what its training nodules were like. */
export const Condition = z
  .object({
    name: ConditionName,
    unit: z.enum(['mm', 'points']),
    low: z.number().describe('the least that can be asked for'),
    high: z.number().describe('the most'),
    trained: z
      .array(z.object({ from: z.number(), to: z.number(), nodules: z.int() }))
      .describe('training nodules by value, from (inclusive) to (exclusive, the last one inclusive)'),
  })
  .meta({ id: 'Condition' });
export type Condition = z.infer<typeof Condition>;

export const ModelPictureName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(png|jpg)$/);

/** A trained generator that can make candidates. */
export const Model = z
  .object({
    name: z.string(),
    sha256: Sha256,
    preset: z.string().nullable().describe('null for a network that was made elsewhere'),
    resolution: z.int(),
    updates: z.int().nullable().describe('generator updates; null where the training is not known'),
    /** One honest paragraph: what it was trained on and how far it is. */
    summary: z.string(),
    conditions: z.array(Condition).describe('what it can be asked for; empty for an unconditional generator'),
    evaluation: ModelEvaluation.nullable().describe('null where no evaluation was attached to it'),
    classification: ModelClassification.nullable().describe(
      'null where no experiment with classifiers was attached to it',
    ),
    pictures: z
      .array(z.object({ file: ModelPictureName, caption: z.string() }))
      .describe('of what it makes; empty where none was attached to it'),
  })
  .meta({ id: 'Model' });
export type Model = z.infer<typeof Model>;
export const ModelList = z.object({ models: z.array(Model) }).meta({ id: 'ModelList' });

export const GenerateRequest = z
  .object({
    model: z.string().optional().describe('name of a model; the first one by default'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
    count: z.int().min(1).max(16),
    conditions: WantedConditions.optional().describe(
      'refused with 400 where the model does not take one of them',
    ),
  })
  .meta({ id: 'GenerateRequest' });
export type GenerateRequest = z.infer<typeof GenerateRequest>;

/** PNG data URLs of the three central planes, lung window. */
export const Thumbnails = z
  .object({ axial: z.string(), coronal: z.string(), sagittal: z.string() })
  .meta({ id: 'Thumbnails' });

export const QualityCheck = z
  .object({
    name: z.string(),
    value: z.number().nullable().describe('null where it could not be measured'),
    unit: z.string(),
    verdict: z
      .enum(['good', 'fair', 'bad', 'unknown'])
      .describe('unknown: it could not be measured here; the explanation says why'),
    explanation: z.string(),
    thumbnails: Thumbnails.optional().describe('what the value compares with: the nearest training nodule'),
  })
  .meta({ id: 'QualityCheck' });
export type QualityCheck = z.infer<typeof QualityCheck>;

/** A sample that is not yet accepted. Its voxels are stored by content: the id is enough to place it later. */
export const Candidate = z
  .object({
    id: Id,
    sha256: Sha256.describe('of the stored voxels'),
    model: z.string(),
    modelSha256: Sha256,
    seed: z.int(),
    index: z.int(),
    /** Mean HU inside the half-maximum region of the candidate. */
    meanHu: z.number(),
    conditions: Conditions.nullable().describe(
      'what it was asked to be; null for an unconditional generator',
    ),
    support: z
      .int()
      .nullable()
      .describe(
        'training nodules like what was wanted (within a point and a quarter of the diameter); few: no ground in the data',
      ),
    thumbnails: Thumbnails,
    checks: z
      .array(QualityCheck)
      .describe(
        'of the candidate alone, before it has a place; /candidates/{id}/checks adds the nearest training nodule',
      ),
  })
  .meta({ id: 'Candidate' });
export type Candidate = z.infer<typeof Candidate>;
export const CandidateList = z.object({ candidates: z.array(Candidate) }).meta({ id: 'CandidateList' });
export type CandidateList = z.infer<typeof CandidateList>;

export const CandidateChecks = z
  .object({ candidateId: Id, checks: z.array(QualityCheck) })
  .meta({ id: 'CandidateChecks' });
export type CandidateChecks = z.infer<typeof CandidateChecks>;

export const SlicePlane = z.enum(['axial', 'coronal', 'sagittal']).meta({ id: 'SlicePlane' });
export type SlicePlane = z.infer<typeof SlicePlane>;

const Diameter = z.number().min(3).max(40);
const After = Id.optional().describe('a preview in the same series that this one is made on top of');

export const PreviewRequest = z
  .object({
    seriesInstanceUID: Uid,
    candidateId: Id,
    centre: PointLps,
    diameterMm: Diameter.optional().describe(
      "the diameter of the candidate's conditions where absent, 10 mm where it has none",
    ),
    options: InsertionOptions.optional(),
    after: After,
  })
  .meta({ id: 'PreviewRequest' });
export type PreviewRequest = z.infer<typeof PreviewRequest>;

/** Asks for the healthy twin: the CT as if this nodule were not there. */
export const RemovalRequest = z
  .object({ seriesInstanceUID: Uid, noduleId: Id, after: After })
  .meta({ id: 'RemovalRequest' });
export type RemovalRequest = z.infer<typeof RemovalRequest>;

/**
 * The changed box of the host, and nothing else: a voxel of the box at (i, j, k) lies at
 * `origin + i*spacing[0]*direction[0] + j*spacing[1]*direction[1] + k*spacing[2]*direction[2]`, i fastest.
 */
export const PreviewBox = z
  .object({
    size: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]),
    origin: PointLps.describe('centre of the first voxel'),
    spacing: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
    direction: z.tuple([PointLps, PointLps, PointLps]),
    hu: z.string().describe('base64 of little-endian Int16 HU'),
    alpha: z.string().describe('base64 of Uint8: 0 = unchanged, 255 = all nodule'),
  })
  .meta({ id: 'PreviewBox' });
export type PreviewBox = z.infer<typeof PreviewBox>;

export const Preview = z
  .object({
    id: Id,
    seriesInstanceUID: Uid,
    after: Id.nullable().describe('the preview that it stands on, which is accepted with it'),
    edit: z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('insert'),
        candidateId: Id,
        options: InsertionOptions,
        setting: PlacementSetting.describe('what the place is'),
      }),
      z.object({ kind: z.literal('remove'), noduleId: Id }),
    ]),
    centre: PointLps,
    diameterMm: z.number(),
    box: PreviewBox,
    measured: MeasuredEdit,
    checks: z.array(QualityCheck),
  })
  .meta({ id: 'Preview' });
export type Preview = z.infer<typeof Preview>;

/** Accepting writes the preview and all that it stands on as one new series. */
export const AcceptRequest = z
  .object({
    confirmed: z
      .array(z.string())
      .default([])
      .describe('names of checks whose bad verdict a person has seen and accepts'),
  })
  .meta({ id: 'AcceptRequest' });
export type AcceptRequest = z.infer<typeof AcceptRequest>;

export const PlaceRequest = z
  .object({
    seriesInstanceUID: Uid,
    diameterMm: Diameter.optional().describe("the candidate's where absent (see PreviewRequest)"),
    candidateId: Id.optional().describe('what the place is for'),
    seed: z.int().min(0).default(0),
    setting: PlacementSetting.optional(),
    after: After,
  })
  .meta({ id: 'PlaceRequest' });
export const Place = z.object({ centre: PointLps, setting: PlacementSetting }).meta({ id: 'Place' });
export type Place = z.infer<typeof Place>;

/** The same candidate into many series, or a new one into each; places are proposed, and each series is accepted by itself. */
export const InsertManyRequest = z
  .object({
    series: z.array(Uid).min(1).max(1000),
    candidateId: Id.optional().describe('one nodule for all; a new sample for each series where absent'),
    model: z.string().optional(),
    conditions: WantedConditions.optional().describe('of new samples; not together with candidateId'),
    diameterMm: Diameter.optional().describe(
      "the diameter of each candidate's conditions where absent, 10 mm where it has none",
    ),
    options: InsertionOptions.optional(),
    nodulesPerSeries: z.int().min(1).max(20).default(1),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1),
  })
  .refine(({ candidateId, conditions }) => candidateId === undefined || conditions === undefined, {
    message: 'a candidate is as it was made: conditions are of new samples',
    path: ['conditions'],
  })
  .meta({ id: 'InsertManyRequest' });
export type InsertManyRequest = z.infer<typeof InsertManyRequest>;
