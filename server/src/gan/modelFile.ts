/**
 * A model as one file for other programs. ONNX: `latent` [1, L] (standard normal) → `image` [1, 1, s, s, s] in [0, 1],
 * z slowest, x fastest; HU = 1400 · image − 1000. A conditional one takes `conditions` [1, C] (encoded) and `noise`
 * [1, 1, r, r, r] (standard normal) too, and makes `alpha` [1, 1, s, s, s] as well. Safetensors: the generator's
 * parameters. Both carry the card, so that nothing is lost on the way back.
 */
import * as t from '../tensor/index.ts';
import { toOnnx, type Program, type Tensor } from '../tensor/index.ts';
import { upsampleLinear } from '../nn/layers.ts';
import { encodeSafetensors } from '../nn/safetensors.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { CONDITION_RANGES, MIDDLE_MM, type ConditionName } from './conditions.ts';
import { generator } from './generator.ts';
import { generatorInputs } from './inputs.ts';
import { generatorTensors, type Model, type NetworkModel } from './model.ts';
import { resolutionOfCard, type NetworkCard } from './modelCard.ts';

/** Key of the card (as JSON) in the metadata of either file. */
export const CARD_KEY = 'nodulelab.card';

/** Key of what each number of `conditions` stands for (as JSON) in the metadata of the ONNX file of a conditional model. */
export const CONDITIONS_KEY = 'nodulelab.conditions';

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
  const { conditions } = architecture;
  return toOnnx(channelsOf(t.mul(t.add(image, 1), 0.5)), 'portable', {
    fixed: parameters,
    metadata: {
      [CARD_KEY]: cardText(card),
      ...(conditions.length > 0 ? { [CONDITIONS_KEY]: JSON.stringify(conditions.map(encoding)) } : {}),
    },
    description: descriptionOf(card, size),
  });
}

/** [1, channels, …] → an output for each channel. */
const channelsOf = (image: Tensor): Program =>
  image.shape[1] === 1 ? { image } : { image: t.slice(image, 1, 0, 1), alpha: t.slice(image, 1, 1, 2) };

/** How `encodeCondition` makes the number that the network reads. */
const encoding = (name: ConditionName): Readonly<Record<string, unknown>> => ({
  name,
  unit: name === 'diameter' ? 'mm' : 'points of the LIDC form',
  range: CONDITION_RANGES[name],
  encoded: name === 'diameter' ? `log2(value / ${MIDDLE_MM})` : '(value - 3) / 2',
});

/** Pictures stay in the model's folder. */
const cardText = ({ pictures: _pictures, ...card }: NetworkCard): string => JSON.stringify(card);

function descriptionOf(card: NetworkCard, size: number): string {
  const { latentSize, conditions, noise, output } = card.preset.architecture;
  const from = resolutionOfCard(card);
  const cube = `[1, 1, ${size}, ${size}, ${size}]`;
  const inputs = [
    `latent [1, ${latentSize}], standard normal`,
    ...(conditions.length > 0
      ? [
          `conditions [1, ${conditions.length}], which are ${conditions.join(', ')}, in this order: the diameter in mm as ` +
            `log2(value / ${MIDDLE_MM}), the others in points of the LIDC form as (value - 3) / 2`,
        ]
      : []),
    ...(noise ? [`noise [1, 1, ${from}, ${from}, ${from}], standard normal`] : []),
  ];
  return (
    `${card.name}: ${inputs.join('; ')}; to image ${cube} in [0, 1], z slowest and x fastest` +
    (output === 'hu+alpha'
      ? `, and alpha ${cube}, how far each voxel belongs to the nodule; HU = 1400 * image - 1000`
      : '; HU = 1400 * image - 1000') +
    '. Synthetic nodules, for research only.'
  );
}

/** The parameters as a safetensors file, in the precision that the card states. */
export function* encodeSafetensorsModel(model: Model): Generator<Uint8Array> {
  if ('onnx' in model)
    throw new NoduleLabError(
      'unusable',
      `${model.card.name} is a network from elsewhere: its weights have no names of ours. Export it as ONNX.`,
    );
  yield* weightsOf(model, { [CARD_KEY]: cardText(model.card) });
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
