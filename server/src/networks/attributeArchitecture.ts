/**
 * The attribute network: from a patch to what readers say of a nodule. Four convolutions (4³ with stride 2, three times,
 * then 3³), means and maxima over the volume, a layer of features, and linear heads that also see the field of view.
 */
import { z } from 'zod';
import { characteristicsSchema } from '../dataset/manifest.ts';
import { convolution, dense, type Layer, type Parameters } from '../nn/layers.ts';
import { normal, zeros } from '../nn/initialisers.ts';
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { meanAndMaximum } from './pooling.ts';

/** In the order of the heads. */
export const CHARACTERISTICS = characteristicsSchema.keyof().options;
export type Characteristic = (typeof CHARACTERISTICS)[number];
/** In the order of the class probabilities. */
export const CLASSES = ['malignant', 'benign', 'indeterminate'] as const;

const scale = z.object({ mean: z.number(), scale: z.number().positive() });

/** What of the card's `architecture` the network is made of. */
export const attributeArchitectureSchema = z.object({
  /** Voxels along an edge of what the network sees: patches are averaged down to it. */
  size: z
    .number()
    .int()
    .min(16)
    .refine((size) => size % 8 === 0, 'the edge is halved three times'),
  /** Of the four convolutions. */
  channels: z.tuple([z.int().positive(), z.int().positive(), z.int().positive(), z.int().positive()]),
  features: z.int().min(2).max(64),
  /** Outputs are (value − mean) / scale. */
  characteristics: z.object(
    Object.fromEntries(CHARACTERISTICS.map((name) => [name, scale])) as Record<Characteristic, typeof scale>,
  ),
  /** Of ln(diameter / field of view). */
  logDiameter: scale,
  /** Of ln(field of view in mm), which the heads see. */
  logFieldOfView: scale,
  classes: z.tuple([z.literal(CLASSES[0]), z.literal(CLASSES[1]), z.literal(CLASSES[2])]),
});
export type AttributeArchitecture = z.infer<typeof attributeArchitectureSchema>;

/** Characteristics, ln(diameter / field of view), logits of the classes. */
export const OUTPUTS = CHARACTERISTICS.length + 1 + CLASSES.length;

/** An example: the voxels, then the standardised logarithm of the field of view. */
export const inputLength = ({ size }: AttributeArchitecture): number => size ** 3 + 1;

const SLOPE = 0.2;
/** He et al. 2015 for the slope of the activation: signals keep their size from layer to layer. */
const he = (inputs: number) => normal(Math.sqrt(2 / ((1 + SLOPE ** 2) * inputs)));

/** Features [batch, features] and outputs [batch, {@link OUTPUTS}] of examples [batch, {@link inputLength}]. */
export interface AttributeLayers extends Layer {
  describe(parameters: Parameters, x: Tensor): { features: Tensor; outputs: Tensor };
}

export function attributeLayers(architecture: AttributeArchitecture): AttributeLayers {
  const { size, channels, features } = architecture;
  const coarse = { stride: 2, padding: 1 };
  const stages = [
    { ins: 1, kernel: 4, window: coarse },
    { ins: channels[0], kernel: 4, window: coarse },
    { ins: channels[1], kernel: 4, window: coarse },
    { ins: channels[2], kernel: 3, window: { stride: 1, padding: 1 } },
  ].map(({ ins, kernel, window }, i) =>
    convolution(`convolution${i + 1}`, ins, channels[i]!, kernel, window, {
      weight: he(ins * kernel ** 3),
      bias: zeros,
    }),
  );
  const last = channels[3];
  const toFeatures = dense('features', 2 * last, features, { weight: he(2 * last), bias: zeros });
  const heads = dense('heads', features + 1, OUTPUTS, {
    weight: normal(Math.sqrt(1 / (features + 1))),
    bias: zeros,
  });
  const describe: AttributeLayers['describe'] = (parameters, x) => {
    const batch = x.shape[0]!;
    const voxels = t.reshape(t.slice(x, 1, 0, size ** 3), [batch, 1, size, size, size]);
    const fieldOfView = t.slice(x, 1, size ** 3, size ** 3 + 1);
    // Parenchyma, the ground of an isolated patch, lies near 0.1 of the window: it becomes about 0.
    let volume = t.mul(t.sub(voxels, 0.1), 2);
    for (const stage of stages) volume = t.leakyRelu(stage.apply(parameters, volume), SLOPE);
    const described = t.leakyRelu(toFeatures.apply(parameters, meanAndMaximum(volume)), SLOPE);
    return {
      features: described,
      outputs: heads.apply(parameters, t.concat([described, fieldOfView], 1)),
    };
  };
  return {
    parameters: [...stages, toFeatures, heads].flatMap((layer) => layer.parameters),
    describe,
    apply: (parameters, x) => describe(parameters, x).outputs,
  };
}
