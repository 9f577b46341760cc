/** What is written beside patches in .npy files, so that none of them is without its origin. */
import { z } from 'zod';
import { augmentationSchema } from '../../dataset/augmentation/augmentation.ts';
import { conditionsSchema } from '../../gan/conditions.ts';

/** Beside the files of `nodulelab sample`. */
export const SAMPLES_FILE = 'samples.json';
/** The file with the alpha of a sample. */
export const alphaNameOf = (file: string): string => file.replace(/\.npy$/, '_alpha.npy');
/** Beside the files of `nodulelab augment`; a single file has a JSON file of its own name. */
export const AUGMENTED_FILE = 'augmented.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileName = z.string().regex(/^[^/\\]+$/, 'a file name without a folder');
const count = z.number().int().nonnegative();

/** Where the values of a patch come from, as far as it is recorded. */
export const originSchema = z.object({
  /** Null: not recorded. */
  synthetic: z.boolean().nullable(),
  model: z.object({ name: z.string(), sha256 }).nullable(),
  /** With the model's hash these two give the same sample again (gan/sampler.ts). */
  seed: z.number().int().nullable(),
  index: count.nullable(),
  /** What its model was asked for, in full; null for an unconditional one, and where it is not recorded. */
  conditions: conditionsSchema.nullable().default(null),
  /** The size that the nodule stands for; null where it has none (insertion chooses it then). */
  diameterMm: z.number().positive().nullable(),
});
export type Origin = z.infer<typeof originSchema>;

export const NOT_RECORDED: Origin = {
  ...{ synthetic: null, model: null, seed: null, index: null, conditions: null, diameterMm: null },
};

export const sampleSchema = z.object({
  file: fileName,
  seed: z.number().int(),
  index: count,
  /** Of the file. */
  sha256,
  /** Of the float32 voxels alone. */
  sampleSha256: sha256,
  meanHu: z.number(),
  /** What the model was asked for, in full; null for an unconditional one. */
  conditions: conditionsSchema.nullable().default(null),
  /** How far each voxel belongs to the nodule, in [0, 1]; only where it was asked for. */
  alpha: z.object({ file: fileName, sha256 }).optional(),
});

export const samplesSchema = z.object({
  kind: z.literal('nodulelab-samples'),
  version: z.literal(1),
  synthetic: z.literal(true),
  model: z.string(),
  modelSha256: sha256,
  engine: z.string(),
  seed: z.number().int(),
  /** Edge in voxels; each file is float32 of shape (size, size, size), z slowest. */
  size: z.number().int().positive(),
  windowHu: z.tuple([z.number(), z.number()]),
  codeVersion: z.string(),
  /** Conditions that were named; the others are drawn from the model's training nodules. */
  wanted: conditionsSchema.partial().default({}),
  samples: z.array(sampleSchema),
});
export type Samples = z.infer<typeof samplesSchema>;
export type Sample = z.infer<typeof sampleSchema>;

export const augmentedPatchSchema = z.object({
  file: fileName,
  sha256,
  source: z.object({ file: fileName, sha256, origin: originSchema }),
  /** Number of the variation of this source. */
  copy: count,
  /** The size that the nodule stands for now: the source's times the scale. */
  diameterMm: z.number().positive().nullable(),
  /** What was drawn; (seed, source.sha256, copy) draw it again. */
  drawn: z.object({
    /** Axes that were mirrored. */
    mirrored: z.array(z.enum(['z', 'y', 'x'])),
    degrees: z.number(),
    /** Unit axis of the rotation in (z, y, x). */
    axis: z.tuple([z.number(), z.number(), z.number()]),
    scale: z.number().positive(),
    elastic: z
      .object({
        gridVoxels: z.number().positive(),
        /** Control points along an axis. */
        points: count,
        /** Of the control points' displacements: the furthest along an axis, voxels. */
        greatestVoxels: z.number(),
        /** Of their float64 values. */
        sha256,
      })
      .nullable(),
    /** Standard deviation. */
    noise: z.number(),
  }),
});

export const augmentedSchema = z.object({
  kind: z.literal('nodulelab-augmented'),
  version: z.literal(1),
  seed: z.number().int(),
  /** Edge in voxels of all patches. */
  size: z.number().int().positive(),
  augmentation: augmentationSchema,
  codeVersion: z.string(),
  patches: z.array(augmentedPatchSchema).min(1),
});
export type AugmentedSet = z.infer<typeof augmentedSchema>;
export type AugmentedPatch = z.infer<typeof augmentedPatchSchema>;

/** What is read here of the record of an export of .npy files (exportSet/exportRecord.ts). */
export const exportedSchema = z.object({
  kind: z.literal('nodulelab-export'),
  version: z.literal(1),
  patches: z.array(
    z.object({
      files: z.object({ hu: fileName }),
      origin: z.enum(['real', 'synthetic']),
      equivalentDiameterMm: z.number().positive(),
      model: originSchema.shape.model.default(null),
      seed: originSchema.shape.seed.default(null),
      index: originSchema.shape.index.default(null),
      // Those of an unconditional model are empty.
      conditions: conditionsSchema.nullable().catch(null),
    }),
  ),
});
