/** The detector's network: a box around a place → how much it looks like a nodule, before the logistic function. */
import { z } from 'zod';
import { convolution, dense, type Layer } from '../nn/layers.ts';
import * as t from '../tensor/index.ts';
import { BOX_SIZE } from './detectorBox.ts';

export const detectorArchitectureSchema = z.object({
  /** Channels after each of the three halvings. */
  channels: z.tuple([z.number().int().positive(), z.number().int().positive(), z.number().int().positive()]),
  /** Units of the layer before the last. */
  hidden: z.number().int().positive(),
  /** Slope of the activations below 0. */
  slope: z.number().min(0).max(1),
});
export type DetectorArchitecture = z.infer<typeof detectorArchitectureSchema>;

export const DETECTOR_ARCHITECTURE: DetectorArchitecture = { channels: [16, 32, 64], hidden: 64, slope: 0.1 };

const DOWN = { stride: 2, padding: 1 };

/** [batch, 1, 16, 32, 32] in [-1, 1] → logits [batch, 1]. */
export function detectorNetwork({ channels, hidden, slope }: DetectorArchitecture): Layer {
  const downs = channels.map((outs, level) =>
    convolution(`detector.down${level}`, level === 0 ? 1 : channels[level - 1]!, outs, 4, DOWN),
  );
  const inputs = (channels[2] * BOX_SIZE[0] * BOX_SIZE[1] * BOX_SIZE[2]) / 8 ** 3;
  const first = dense('detector.hidden', inputs, hidden);
  const last = dense('detector.logit', hidden, 1);
  return {
    parameters: [...downs, first, last].flatMap((layer) => layer.parameters),
    apply(parameters, box) {
      let x = box;
      for (const down of downs) x = t.leakyRelu(down.apply(parameters, x), slope);
      const flat = t.reshape(x, [box.shape[0]!, inputs]);
      return last.apply(parameters, t.leakyRelu(first.apply(parameters, flat), slope));
    },
  };
}
