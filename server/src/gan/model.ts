/**
 * A trained generator as it is kept and shipped: `models/<name>/generator.safetensors` with the weights and
 * `models/<name>/model.json`, the model card.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import { readVerified, writeAtomically, writeJsonAtomically } from '../nn/artefactFile.ts';
import type { CheckpointInfo } from '../nn/checkpoint.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensors } from '../nn/safetensors.ts';
import { generator } from './generator.ts';
import { presetSchema } from './presets.ts';
import { average } from './steps.ts';
import { loadState } from './trainingState.ts';

export const WEIGHTS_FILE = 'generator.safetensors';
export const CARD_FILE = 'model.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What only the one who exports knows. */
export const modelDescriptionSchema = z.object({
  name: z.string().min(1),
  /** What the patches show, where they come from and under which terms. */
  data: z.string().min(1),
  /** SHA-256 of the training patches and of the patient split that they were taken from. */
  datasetSha256: sha256.nullable(),
  splitSha256: sha256.nullable(),
  /** Version of the code that trained it. */
  codeVersion: z.string().min(1),
  license: z.string().min(1),
  /** Known faults, one sentence each. */
  faults: z.array(z.string()),
});
export type ModelDescription = z.infer<typeof modelDescriptionSchema>;

export const modelCardSchema = modelDescriptionSchema.extend({
  format: z.literal(1),
  weights: z.object({ file: z.literal(WEIGHTS_FILE), sha256, type: z.enum(['F32', 'F16']) }),
  preset: presetSchema,
  training: z.object({
    seed: z.number().int(),
    patches: z.number().int().positive(),
    updates: z.number().int().nonnegative(),
    seconds: z.number().nonnegative(),
    /** Resolution of the stage that the training had reached; samples are made at it and then smoothly enlarged. */
    resolution: z.number().int().positive(),
  }),
});
export type ModelCard = z.infer<typeof modelCardSchema>;

export interface Model {
  readonly card: ModelCard;
  /** Parameters of the generator by name. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
}

/** Writes the averaged generator of a checkpoint as a model folder. */
export async function exportModel(
  checkpoint: CheckpointInfo,
  folder: string,
  description: ModelDescription,
  type: 'F32' | 'F16' = 'F16',
): Promise<ModelCard> {
  const { config, state } = await loadState(checkpoint);
  const { preset } = config;
  const { counters } = state;
  const { resolution } = preset.stages[counters.stage]!;
  const tensors: StoredTensors = Object.fromEntries(
    generator(preset.architecture, resolution).parameters.map(({ name, shape }) => [
      name,
      { shape, values: state.values[average(name)]! },
    ]),
  );
  await mkdir(folder, { recursive: true });
  const written = await writeAtomically(join(folder, WEIGHTS_FILE), encodeSafetensors(tensors, {}, type));
  const card: ModelCard = modelCardSchema.parse({
    ...description,
    format: 1,
    weights: { file: WEIGHTS_FILE, sha256: written.sha256, type },
    preset,
    training: {
      seed: config.seed,
      patches: config.patches,
      updates: counters.update,
      seconds: Math.round(counters.seconds),
      resolution,
    },
  });
  await writeJsonAtomically(join(folder, CARD_FILE), card);
  return card;
}

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

/** Reads a model folder: its card, and its weights after checking hash, names and shapes. */
export async function loadGenerator(folder: string): Promise<Model> {
  const card = await readModelCard(folder);
  const path = join(folder, card.weights.file);
  const { tensors } = decodeSafetensors(await readVerified(path, card.weights.sha256), path);
  const specs = generator(card.preset.architecture, card.training.resolution).parameters;
  const parameters: Record<string, Float32Array> = {};
  for (const { name, shape } of specs) {
    const tensor = tensors[name];
    if (tensor === undefined || tensor.shape.join() !== shape.join())
      throw new NoduleLabError(
        'invalid-input',
        `${path} has no tensor ${name} of shape [${shape.join(', ')}], which its card calls for: export it again.`,
        { path },
      );
    parameters[name] = tensor.values;
  }
  return { card, parameters };
}
