/**
 * A model as one file for other programs. ONNX: `latent` [1, L] (standard normal) → `image` [1, 1, s, s, s] in [0, 1],
 * z slowest, x fastest; HU = 1400 · image − 1000. Safetensors: the generator's parameters. Both carry the card, so that
 * nothing is lost on the way back.
 */
import * as t from '../tensor/index.ts';
import { toOnnx } from '../tensor/index.ts';
import { upsampleLinear } from '../nn/layers.ts';
import { encodeSafetensors } from '../nn/safetensors.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { generator } from './generator.ts';
import { generatorInputs } from './inputs.ts';
import { generatorTensors, type Model, type NetworkModel } from './model.ts';
import { resolutionOfCard } from './modelCard.ts';

/** Key of the card (as JSON) in the metadata of either file. */
export const CARD_KEY = 'nodulelab.card';

/** The model as an ONNX file. A network from elsewhere is given back byte for byte. */
export function encodeOnnxModel(model: Model): Uint8Array {
  if ('onnx' in model) return model.onnx;
  const { card, parameters } = model;
  const { architecture, stages } = card.preset;
  const size = stages.at(-1)!.resolution;
  const make = generator(architecture, resolutionOfCard(card));
  const inputs = new Map(make.parameters.map(({ name, shape }) => [name, t.input(name, shape)]));
  let image = make.apply(
    (name) => inputs.get(name)!,
    generatorInputs(architecture, 1, resolutionOfCard(card)),
  );
  while (image.shape[2]! < size) image = upsampleLinear(image);
  return toOnnx({ image: t.mul(t.add(image, 1), 0.5) }, 'portable', {
    fixed: parameters,
    metadata: { [CARD_KEY]: JSON.stringify(card) },
    description:
      `${card.name}: latent [1, ${architecture.latentSize}], standard normal, to image [1, 1, ${size}, ${size}, ${size}] ` +
      'in [0, 1], z slowest and x fastest; HU = 1400 * image - 1000. Synthetic nodules, for research only.',
  });
}

/** The parameters as a safetensors file, in the precision that the card states. */
export function* encodeSafetensorsModel(model: Model): Generator<Uint8Array> {
  if ('onnx' in model)
    throw new NoduleLabError(
      'unusable',
      `${model.card.name} is a network from elsewhere: its weights have no names of ours. Export it as ONNX.`,
    );
  yield* weightsOf(model, { [CARD_KEY]: JSON.stringify(model.card) });
}

/** The bytes of the weights file of a model folder; with the same weights always the same. */
export const weightsOf = (
  { card, parameters }: NetworkModel,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> =>
  encodeSafetensors(
    generatorTensors(card.preset, resolutionOfCard(card), parameters),
    metadata,
    card.weights.type,
  );
