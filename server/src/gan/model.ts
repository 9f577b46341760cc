/**
 * A generator as it is kept and shipped: `models/<name>/generator.safetensors` with the weights (or `generator.onnx`, a
 * network from elsewhere) and `models/<name>/model.json`, the model card.
 */
import { join } from 'node:path';
import { NoduleLabError } from '../volume/errors.ts';
import { readVerified } from '../nn/artefactFile.ts';
import type { CheckpointInfo } from '../nn/checkpoint.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type StoredTensor,
  type StoredTensors,
} from '../nn/safetensors.ts';
import { generator } from './generator.ts';
import {
  readModelCard,
  resolutionOfCard,
  trainedCardSchema,
  WEIGHTS_FILE,
  type GraphCard,
  type ModelDescription,
  type NetworkCard,
  type TrainedCard,
} from './modelCard.ts';
import { writeModelFolder } from './modelFolder.ts';
import type { Preset } from './presets.ts';
import { exportState } from './shippedState.ts';
import { average } from './steps.ts';
import { loadState } from './trainingState.ts';

/** One of our networks with its weights. */
export interface NetworkModel {
  readonly card: NetworkCard;
  /** Parameters of the generator by name. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
}
/** A network from elsewhere, as an ONNX file. */
export interface GraphModel {
  readonly card: GraphCard;
  readonly onnx: Uint8Array;
}
export type Model = NetworkModel | GraphModel;

/**
 * Writes the averaged generator of a checkpoint as a model folder.
 * @param options.state whether the training's state goes with it, so that others can train on (see shippedState.ts)
 */
export async function exportModel(
  checkpoint: CheckpointInfo,
  folder: string,
  description: ModelDescription,
  type: 'F32' | 'F16' = 'F16',
  { state: withState = false }: { readonly state?: boolean } = {},
): Promise<TrainedCard> {
  const { config, state } = await loadState(checkpoint);
  const { preset } = config;
  const { counters } = state;
  const { trainingConditions, ...described } = description;
  const conditional = preset.architecture.conditions.length > 0;
  if (conditional && trainingConditions === undefined)
    throw new NoduleLabError(
      'invalid-input',
      `${preset.name} is conditional, and its card says what its training nodules were like: name the set that it was ` +
        'trained on (--dataset).',
    );
  const { resolution } = preset.stages[counters.stage]!;
  const averages = Object.fromEntries(
    generator(preset.architecture, resolution).parameters.map(({ name }) => [
      name,
      state.values[average(name)]!,
    ]),
  );
  return writeModelFolder(
    folder,
    WEIGHTS_FILE,
    encodeSafetensors(generatorTensors(preset, resolution, averages), {}, type),
    (sha256) =>
      trainedCardSchema.parse({
        ...described,
        ...(conditional ? { trainingConditions } : {}),
        format: 1,
        weights: { file: WEIGHTS_FILE, sha256, type },
        preset,
        training: {
          seed: config.seed,
          patches: config.patches,
          updates: counters.update,
          seconds: Math.round(counters.seconds),
          resolution,
          ancestors: config.ancestors,
        },
      }),
    withState ? (partial) => exportState(checkpoint, partial) : undefined,
  );
}

/** Reads a model folder: its card, and its weights after checking hash, names and shapes. */
export async function loadGenerator(folder: string): Promise<Model> {
  const card = await readModelCard(folder);
  const path = join(folder, card.weights.file);
  const bytes = await readVerified(path, card.weights.sha256);
  if ('graph' in card) return { card, onnx: bytes };
  const { tensors } = decodeSafetensors(bytes, path);
  return {
    card,
    parameters: generatorParameters(card.preset, resolutionOfCard(card), (name) => tensors[name], path),
  };
}

/** The generator's parameters as they are stored: in the order of the network, with their shapes. */
export const generatorTensors = (
  preset: Preset,
  resolution: number,
  parameters: NetworkModel['parameters'],
): StoredTensors =>
  Object.fromEntries(
    generator(preset.architecture, resolution).parameters.map(({ name, shape }) => [
      name,
      { shape, values: parameters[name]! },
    ]),
  );

/**
 * Picks the generator's parameters out of a file.
 * @param origin names the file in errors
 */
export function generatorParameters(
  preset: Preset,
  resolution: number,
  tensor: (name: string) => StoredTensor | undefined,
  origin: string,
): Record<string, Float32Array> {
  const parameters: Record<string, Float32Array> = {};
  for (const { name, shape } of generator(preset.architecture, resolution).parameters) {
    const found = tensor(name);
    if (found === undefined || found.shape.join() !== shape.join())
      throw new NoduleLabError(
        'invalid-input',
        `${origin} has no tensor ${name} of shape [${shape.join(', ')}], which ${preset.name} at ${resolution}³ calls for` +
          (found === undefined ? '.' : `; its shape is [${found.shape.join(', ')}].`),
        { origin, tensor: name },
      );
    const wrong = found.values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new NoduleLabError(
        'invalid-input',
        `${origin}: the tensor ${name} holds ${found.values[wrong]} at place ${wrong}: it cannot be used. Export it again from a checkpoint that is whole.`,
        { origin, tensor: name },
      );
    parameters[name] = found.values;
  }
  return parameters;
}
