/** The folder of a network that measures: its card and its weights, written whole or not at all. */
import { join } from 'node:path';
import { readVerified, writeAtomically, writeJsonAtomically } from '../nn/artefactFile.ts';
import type { ParameterSpec, Parameters } from '../nn/layers.ts';
import { replaceFolder } from '../nn/replaceFolder.ts';
import { decodeSafetensors, encodeSafetensors, type StoredType } from '../nn/safetensors.ts';
import { constant, formatShape, sameShape } from '../tensor/index.ts';
import { NoduleLabError } from '../volume/errors.ts';
import {
  NETWORK_CARD_FILE,
  NETWORK_WEIGHTS_FILE,
  networkCardSchema,
  type NetworkCard,
} from './networkCard.ts';

/** Parameters by name. */
export type NetworkValues = Readonly<Record<string, Float32Array>>;

/** The weights file of a network. */
export const encodeWeights = (
  specs: readonly ParameterSpec[],
  values: NetworkValues,
  type: StoredType,
): Uint8Array[] => [
  ...encodeSafetensors(
    Object.fromEntries(specs.map(({ name, shape }) => [name, { shape, values: values[name]! }])),
    {},
    type,
  ),
];

/** Weights as they come back from a file: rounded to halves where the file holds halves. */
export function decodeWeights(
  bytes: Uint8Array,
  specs: readonly ParameterSpec[],
  origin: string,
): NetworkValues {
  const { tensors } = decodeSafetensors(bytes, origin);
  return Object.fromEntries(
    specs.map(({ name, shape }) => {
      const found = tensors[name];
      if (found !== undefined && sameShape(found.shape, shape)) return [name, found.values];
      throw new NoduleLabError(
        'invalid-input',
        `${origin} has ${found === undefined ? 'no' : `${formatShape(found.shape)} as its`} ${name}, and the network of its card needs ` +
          `${formatShape(shape)}: restore card and weights together.`,
        { origin, parameter: name },
      );
    }),
  );
}

/**
 * Writes the folder in place of what was there.
 * @param weights what {@link encodeWeights} made
 * @param card makes the card from the SHA-256 of the weights
 * @param more further JSON files by name
 */
export async function writeNetworkFolder(
  folder: string,
  weights: Iterable<Uint8Array>,
  card: (sha256: string) => NetworkCard,
  more: (sha256: string) => Readonly<Record<string, unknown>> = () => ({}),
): Promise<NetworkCard> {
  return replaceFolder(folder, async (partial) => {
    const { sha256 } = await writeAtomically(join(partial, NETWORK_WEIGHTS_FILE), weights);
    const made = networkCardSchema.parse(card(sha256));
    await writeJsonAtomically(join(partial, NETWORK_CARD_FILE), made);
    for (const [name, value] of Object.entries(more(sha256)))
      await writeJsonAtomically(join(partial, name), value);
    return made;
  });
}

/**
 * The weights of a folder as constants of a program, after checking their hash, names and shapes.
 * @throws NoduleLabError `refused` for weights that are not those of the card
 */
export async function readNetworkWeights(
  folder: string,
  card: NetworkCard,
  specs: readonly ParameterSpec[],
): Promise<Parameters> {
  const path = join(folder, card.weights.file);
  const values = decodeWeights(await readVerified(path, card.weights.sha256), specs, path);
  return constantParameters(specs, values);
}

/** Known values as the parameters of a layer. */
export function constantParameters(specs: readonly ParameterSpec[], values: NetworkValues): Parameters {
  const constants = new Map(specs.map(({ name, shape }) => [name, constant(values[name]!, shape)]));
  return (name) => constants.get(name)!;
}
