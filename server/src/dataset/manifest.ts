/** What a set of patches is and where every patch came from. `manifest.json` beside the patches. */
import { z } from 'zod';

export const MANIFEST_FILE = 'manifest.json';
export const MANIFEST_VERSION = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const positive = z.number().positive();
const count = z.number().int().nonnegative();
/** The characteristics of the LIDC form; half points are medians of an even number of readers. */
export const characteristicsSchema = z.object({
  subtlety: z.number(),
  internalStructure: z.number(),
  calcification: z.number(),
  sphericity: z.number(),
  margin: z.number(),
  lobulation: z.number(),
  spiculation: z.number(),
  texture: z.number(),
  malignancy: z.number(),
});

/** Edge length of a patch: in mm for all, or in multiples of each nodule's largest in-plane diameter. */
export const fieldOfViewSchema = z.union([z.object({ mm: positive }), z.object({ diameters: positive })]);

export const patchEntrySchema = z.object({
  /** `<patient>/<nodule>`, unique in the set. */
  id: z.string(),
  patientId: z.string(),
  seriesUID: z.string(),
  noduleId: z.string(),
  /** Largest in-plane diameter of the consensus mask, mm. */
  diameterMm: positive,
  /** Diameter of the ball of the same volume, mm. */
  equivalentDiameterMm: positive,
  /** Distance between voxel centres of this patch, mm (isotropic). */
  spacingMm: positive,
  /** Patient point in the middle of the patch, LPS mm. */
  centre: z.tuple([z.number(), z.number(), z.number()]),
  characteristics: characteristicsSchema,
  /** The ratings that the class comes from: one per reader, or the single majority value. */
  malignancyRatings: z.array(z.number()).min(1),
  ratingSource: z.enum(['readers', 'majority']),
  class: z.enum(['malignant', 'benign', 'indeterminate']),
  /** Of the source: the CT cut-out and its mask, or the CT series' voxels and the mask. */
  sourceSha256: sha256,
});

const ruleCounts = z.object({ malignant: count, benign: count, indeterminate: count });

export const manifestSchema = z.object({
  kind: z.literal('nodulelab-patches'),
  version: z.literal(MANIFEST_VERSION),
  count: z.number().int().positive(),
  size: z.literal(64),
  dtype: z.enum(['f16', 'f32']),
  form: z.enum(['isolated', 'context']),
  class: z.enum(['malignant', 'benign', 'all']),
  fold: z.enum(['train', 'test']),
  fieldOfView: fieldOfViewSchema,
  windowHu: z.tuple([z.number(), z.number()]),
  minDiameterMm: z.number(),
  maxDiameterMm: z.number().nullable(),
  cancerRule: z.object({
    text: z.string(),
    /** Nodules of the whole source (both folds, any diameter) by where their ratings came from. */
    ratedBy: z.object({ readers: count, majority: count }),
    /** Classes of the whole source under the rule. */
    counts: ruleCounts,
    /** Classes of the patches in this set. */
    countsInSet: ruleCounts,
  }),
  /** Nodules of the class and fold that gave no patch, with the reason. */
  leftOut: z.array(z.object({ id: z.string(), reason: z.string() })),
  split: z.object({
    seed: z.number().int(),
    folds: z.number().int(),
    testPatients: z.array(z.string()),
    assignment: z.record(z.string(), z.number().int()),
    sha256,
  }),
  patches: z.array(patchEntrySchema),
  patchesFile: z.string(),
  patchesSha256: sha256,
});

export type PatchManifest = z.infer<typeof manifestSchema>;
export type PatchEntry = z.infer<typeof patchEntrySchema>;
export type Characteristics = z.infer<typeof characteristicsSchema>;
export type FieldOfView = z.infer<typeof fieldOfViewSchema>;
