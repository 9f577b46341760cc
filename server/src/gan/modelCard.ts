/**
 * The card of a model, `model.json`: what it is, where it comes from, and the hash that its weights must have. There
 * are three kinds: trained here; weights from elsewhere for one of our networks; and a network from elsewhere, which
 * runs as it is.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import { fieldOfViewSchema, softMarginSchema, splitSchema } from '../dataset/manifest.ts';
import type { PatchManifest } from '../dataset/manifest.ts';
import { ancestorSchema } from './ancestors.ts';
import { conditionsOf, conditionsSchema, type ConditionName } from './conditions.ts';
import { presetSchema } from './presets.ts';

export const WEIGHTS_FILE = 'generator.safetensors';
export const GRAPH_FILE = 'generator.onnx';
export const CARD_FILE = 'model.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** In the folder `pictures` of the model's. */
export const modelPictureSchema = z.object({
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(png|jpg)$/),
  caption: z.string().min(1).max(400),
});
export type ModelPicture = z.infer<typeof modelPictureSchema>;
const count = z.number().int().positive();

/** What only the one who exports or imports knows. */
export const modelDescriptionSchema = z.object({
  name: z.string().min(1),
  /** What the patches show, where they come from and under which terms. */
  data: z.string().min(1),
  /** SHA-256 of the training patches and of the patient split that they were taken from. */
  datasetSha256: sha256.nullable(),
  splitSha256: sha256.nullable(),
  /**
   * How that split was drawn (a patient's fold depends on seed, folds and test patients alone), and on which side of it
   * the model was trained. Older cards do not say it.
   */
  split: splitSchema
    .pick({ seed: true, folds: true, testPatients: true, seriesForPatients: true })
    .extend({ fold: z.enum(['train', 'test']) })
    .optional(),
  /** What a patch's edge stood for in training. Older cards do not say it. */
  fieldOfView: fieldOfViewSchema.optional(),
  /** How far around their nodules the training patches kept the CT. Older cards do not say it. */
  softMargin: softMarginSchema.optional(),
  /**
   * What each nodule of the training set would have been asked for as: a conditional generator answers to what is among
   * them, and to little else. Only in cards of conditional generators.
   */
  trainingConditions: z.array(conditionsSchema).min(1).optional(),
  /** Version of the code that trained it; of the code that imported it, where it was trained elsewhere. */
  codeVersion: z.string().min(1),
  license: z.string().min(1),
  /** Known faults, one sentence each. */
  faults: z.array(z.string()),
  /** What its nodules look like. */
  pictures: z.array(modelPictureSchema).optional(),
});
export type ModelDescription = z.infer<typeof modelDescriptionSchema>;

/** What a card says of the set that a model was trained on; all unknown without one. */
export function trainedOn(
  manifest: PatchManifest | undefined,
): Pick<
  ModelDescription,
  'datasetSha256' | 'splitSha256' | 'split' | 'fieldOfView' | 'softMargin' | 'trainingConditions'
> {
  if (manifest === undefined) return { datasetSha256: null, splitSha256: null };
  const { patchesSha256, split, fold, fieldOfView, softMargin } = manifest;
  const { seed, folds, testPatients, seriesForPatients } = split;
  const conditions = manifest.patches.flatMap((patch) => conditionsOf(patch) ?? []);
  return {
    datasetSha256: patchesSha256,
    splitSha256: split.sha256,
    split: {
      ...{ seed, folds, testPatients, fold },
      ...(seriesForPatients === undefined ? {} : { seriesForPatients }),
    },
    fieldOfView,
    ...(softMargin === undefined ? {} : { softMargin }),
    ...(conditions.length === manifest.patches.length ? { trainingConditions: conditions } : {}),
  };
}

const networkCardSchema = modelDescriptionSchema.extend({
  format: z.literal(1),
  weights: z.object({ file: z.literal(WEIGHTS_FILE), sha256, type: z.enum(['F32', 'F16']) }),
  preset: presetSchema,
});

/** Trained by NoduleLab. */
export const trainedCardSchema = networkCardSchema.extend({
  training: z.object({
    seed: z.number().int(),
    patches: count,
    updates: z.number().int().nonnegative(),
    seconds: z.number().nonnegative(),
    /** Resolution of the stage that the training had reached; samples are made at it and then smoothly enlarged. */
    resolution: count,
    /** What its networks were trained on before, the first one first. Older cards do not say it. */
    ancestors: z.array(ancestorSchema).default([]),
  }),
});

/** Weights from elsewhere for the networks of a preset: how they were trained is not known. */
export const foreignWeightsCardSchema = networkCardSchema.extend({
  training: z.null(),
  resolution: count,
});

/** A network from elsewhere: latent [1, latentSize] → image [1, 1, size, size, size] with values in `range`. */
export const foreignGraphCardSchema = modelDescriptionSchema.extend({
  format: z.literal(1),
  weights: z.object({ file: z.literal(GRAPH_FILE), sha256 }),
  training: z.null(),
  graph: z.object({ latentSize: count, size: count, range: z.tuple([z.number(), z.number()]) }),
});

export const modelCardSchema = z.union([trainedCardSchema, foreignWeightsCardSchema, foreignGraphCardSchema]);
export type TrainedCard = z.infer<typeof trainedCardSchema>;
export type NetworkCard = TrainedCard | z.infer<typeof foreignWeightsCardSchema>;
export type GraphCard = z.infer<typeof foreignGraphCardSchema>;
export type ModelCard = NetworkCard | GraphCard;

/** Edge in voxels at which a network of ours makes its image. */
export const resolutionOfCard = (card: NetworkCard): number =>
  card.training === null ? card.resolution : card.training.resolution;

/** What the model can be asked for; empty for an unconditional one. */
export const conditionsOfCard = (card: ModelCard): readonly ConditionName[] =>
  'graph' in card ? [] : card.preset.architecture.conditions;

/** Whether its samples say how far each voxel belongs to the nodule. */
export const makesAlpha = (card: ModelCard): boolean =>
  !('graph' in card) && card.preset.architecture.output === 'hu+alpha';

/** Length of the latent vector. */
export const latentSizeOf = (card: ModelCard): number =>
  'graph' in card ? card.graph.latentSize : card.preset.architecture.latentSize;

/** Reads a model card. */
export async function readModelCard(folder: string): Promise<ModelCard> {
  const path = join(folder, CARD_FILE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `There is no model in ${folder}: ${CARD_FILE} is missing.`,
      { folder },
      error,
    );
  });
  try {
    return modelCardSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new NoduleLabError(
      'invalid-input',
      `${path} is not a model card of this version: export the model again.`,
      { path },
      error,
    );
  }
}
