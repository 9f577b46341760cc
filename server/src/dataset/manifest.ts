/** What a set of patches is and where every patch came from. `manifest.json` beside the patches. */
import { z } from 'zod';
import { cancerRuleSchema } from './cancerRule.ts';

export const MANIFEST_FILE = 'manifest.json';
export const MANIFEST_VERSION = 2;

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
const classSchema = z.enum(['malignant', 'benign', 'indeterminate']);
/** HU windowed to [0, 1]; alpha is the isolated form's soft mask, 1 in the nodule and 0 on the constant ground. */
export const channelSchema = z.enum(['hu', 'alpha']);

/** Edge length of a patch: in mm for all, or in multiples of each nodule's largest in-plane diameter. */
export const fieldOfViewSchema = z.union([z.object({ mm: positive }), z.object({ diameters: positive })]);

/** What every patch has, real or synthetic. */
const anyPatch = z.object({
  /** Unique in the set: `<patient>/<nodule>`, or `synthetic/<number>`. */
  id: z.string(),
  /** Largest in-plane diameter of the consensus mask, mm; of a synthetic nodule the size that it stands for. */
  diameterMm: positive,
  /** Diameter of the ball of the same volume, mm. */
  equivalentDiameterMm: positive,
  /** Distance between voxel centres of this patch, mm (isotropic). */
  spacingMm: positive,
  class: classSchema,
});

/** Beyond the mask, in mm: how far the isolated form keeps all of the CT, and where nothing of it is left. */
export const softMarginSchema = z
  .object({ fullMm: z.number().min(0), rimMm: z.number().positive().max(20) })
  .refine(({ fullMm, rimMm }) => fullMm < rimMm, 'the margin ends where it begins, or before');
/** What it was in sets of version 1. */
const OLD_MARGIN = { fullMm: 1, rimMm: 3 };

const lps = z.tuple([z.number(), z.number(), z.number()]);
const lpsSpacing = z.tuple([positive, positive, positive]);
/** The outer borders of a CT, LPS mm from the middle of a patch. */
const ctEndsSchema = z.object({ low: lps, high: lps });

export const realPatchSchema = anyPatch.extend({
  origin: z.literal('real'),
  patientId: z.string(),
  seriesUID: z.string(),
  noduleId: z.string(),
  /** Patient point in the middle of the patch, LPS mm. */
  centre: lps,
  /** Only where the CT ends within the patch, as cut-outs do: the isolated form closes there in a cap. */
  ctEnds: ctEndsSchema.optional(),
  /** Between voxels of the CT that it was cut from, (x, y, z) mm. Older sets do not say it. */
  ctSpacing: lpsSpacing.optional(),
  /** Null where the source has none (a list of places and diameters). */
  characteristics: characteristicsSchema.nullable(),
  /** How many readers marked it; null where the source does not say. */
  readers: count.nullable(),
  /** Ratings of malignancy: one per reader, or the single majority value; empty where the source has none. */
  malignancyRatings: z.array(z.number()),
  ratingSource: z.enum(['readers', 'majority', 'none']),
  /** What the patch was cut by; `ball` where only place and diameter are known. */
  maskOf: z.enum(['consensus', 'union', 'outline', 'segmentation', 'ball']),
  /** Faults of the source that are known, for example inconsistent scales of spiculation. */
  flags: z.array(z.string()),
  /** Of the source: the CT cut-out and its mask, or the CT series' voxels and the mask. */
  sourceSha256: sha256,
});

export const syntheticPatchSchema = anyPatch.extend({
  origin: z.literal('synthetic'),
  model: z.object({ name: z.string(), sha256 }),
  /** With the model's hash these two give the same voxels again (gan/sampler.ts). */
  seed: z.number().int(),
  index: count,
  /** Conditions that the model was given; empty for an unconditional one. */
  conditions: z.record(z.string(), z.number()),
  /** Of the float32 voxels as sampled; the patch holds them on the constant ground of the set. */
  sampleSha256: sha256,
});

export const patchEntrySchema = z.discriminatedUnion('origin', [realPatchSchema, syntheticPatchSchema]);

export const classCountsSchema = z.object({ malignant: count, benign: count, indeterminate: count });

export const splitSchema = z.object({
  seed: z.number().int(),
  folds: z.number().int(),
  testPatients: z.array(z.string()),
  /**
   * The source does not say whose some of its series are, and their UIDs stand in for patients. Another set may know the
   * same patients by name, and have them in other folds.
   */
  seriesForPatients: z.literal(true).optional(),
  assignment: z.record(z.string(), z.number().int()),
  sha256,
});

/** How synthetic nodules came to fill up a class. */
export const balanceSchema = z.object({
  /** Malignant to benign, as asked: [1, 1] for 1:1. */
  ratio: z.tuple([positive, positive]),
  /** SHA-256 of the patches of the set that was balanced. */
  fromSha256: sha256,
  before: z.object({ malignant: count, benign: count }),
  after: z.object({ malignant: count, syntheticMalignant: count, benign: count }),
  /** Malignant and benign real ones are all kept; indeterminate ones belong to neither and are left behind. */
  indeterminateLeftOut: count,
  model: z.object({ name: z.string(), sha256, splitSha256: sha256.nullable() }),
  /**
   * Why the model is taken to have seen no patient of the test fold: it was trained on this very split, on one drawn by
   * the same rule, or its split is unknown and the user vouched for it.
   */
  lock: z.enum(['same split', 'same rule', 'unlocked']),
  seed: z.number().int(),
});

/** How a set of synthetic nodules alone was sampled. */
export const sampledSchema = z.object({
  /** SHA-256 of the patches of the real set whose sizes and ground they have. */
  likeSha256: sha256,
  model: z.object({ name: z.string(), sha256, splitSha256: sha256.nullable() }),
  /** As in a balanced set. */
  lock: balanceSchema.shape.lock,
  seed: z.number().int(),
});

const current = z.object({
  kind: z.literal('nodulelab-patches'),
  version: z.literal(MANIFEST_VERSION),
  count: z.number().int().positive(),
  /** Voxels along an edge. */
  size: z.number().int().min(8).max(512),
  /** In the order in which they lie in the file, one cube after the other for each patch. */
  channels: z.array(channelSchema).min(1).max(2),
  dtype: z.enum(['f16', 'f32']),
  form: z.enum(['isolated', 'context']),
  class: z.enum(['malignant', 'benign', 'all']),
  fold: z.enum(['train', 'test']),
  /**
   * Isolated form only. Sets of different margins look different: a network trained on one does not make nodules for
   * the other.
   */
  softMargin: softMarginSchema.optional(),
  fieldOfView: fieldOfViewSchema,
  windowHu: z.tuple([z.number(), z.number()]),
  minDiameterMm: z.number(),
  maxDiameterMm: z.number().nullable(),
  cancerRule: z.object({
    rule: cancerRuleSchema,
    text: z.string(),
    /** Nodules of the whole source (both folds, any diameter) by where their ratings came from. */
    ratedBy: z.object({ readers: count, majority: count, none: count }),
    /** Classes of the whole source under the rule. */
    counts: classCountsSchema,
    /** Nodules of the whole source that the rule says nothing about. */
    notJudged: count.optional(),
    /** Classes of the patches in this set. */
    countsInSet: classCountsSchema,
  }),
  /** Nodules of the class and fold that gave no patch, and those of the fold that the rule does not judge, with the reason. */
  leftOut: z.array(z.object({ id: z.string(), reason: z.string() })),
  /** Parts of the source that could not be read or used, with the reason. */
  problems: z.array(z.object({ name: z.string(), message: z.string() })),
  split: splitSchema,
  /** Only in a set that `nodulelab balance` wrote. */
  balance: balanceSchema.optional(),
  /** Only in a set that `nodulelab sample --like` wrote. */
  sampled: sampledSchema.optional(),
  patches: z.array(patchEntrySchema),
  patchesFile: z.string().regex(/^[\w.-]+$/, 'a file name without a folder'),
  patchesSha256: sha256,
});

/** Manifests of version 1 (cubes of 64, one channel, real nodules only) are read as what they would be today. */
export const manifestSchema = z.preprocess(fromVersion1, current);

export type PatchManifest = z.infer<typeof current>;
export type PatchEntry = z.infer<typeof patchEntrySchema>;
export type CtEnds = z.infer<typeof ctEndsSchema>;
export type RealPatch = z.infer<typeof realPatchSchema>;
export type SyntheticPatch = z.infer<typeof syntheticPatchSchema>;
export type Channel = z.infer<typeof channelSchema>;
export type ClassCounts = z.infer<typeof classCountsSchema>;
export type Characteristics = z.infer<typeof characteristicsSchema>;
export type FieldOfView = z.infer<typeof fieldOfViewSchema>;

const old = z.looseObject({
  version: z.literal(1),
  cancerRule: z.looseObject({ ratedBy: z.looseObject({}) }),
  patches: z.array(z.looseObject({})),
});

function fromVersion1(json: unknown): unknown {
  const parsed = old.safeParse(json);
  if (!parsed.success) return json;
  const { cancerRule, patches, ...rest } = parsed.data;
  return {
    ...rest,
    version: MANIFEST_VERSION,
    channels: ['hu'],
    ...(rest['form'] === 'isolated' ? { softMargin: OLD_MARGIN } : {}),
    problems: [],
    cancerRule: {
      ...cancerRule,
      rule: { kind: 'median', leastReaders: 1 },
      ratedBy: { none: 0, ...cancerRule.ratedBy },
    },
    // Version 1 did not say how many readers there were, nor by what it cut.
    patches: patches.map((patch) => ({
      origin: 'real',
      readers: null,
      flags: [],
      maskOf: patch['ratingSource'] === 'readers' ? 'consensus' : 'union',
      ...patch,
    })),
  };
}
