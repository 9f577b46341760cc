/**
 * The classifier of benign against malignant: convolutions that halve a patch (4³, stride 2) and one that keeps it (3³),
 * means and maxima over the volume, a layer of features, and a logit that also sees the nodule's diameter: patches are
 * scaled to the nodule, so that the voxels do not show it, and it is the strongest single sign that there is.
 */
import { z } from 'zod';
import { convolution, dense, type Layer } from '../nn/layers.ts';
import { normal, zeros } from '../nn/initialisers.ts';
import * as t from '../tensor/index.ts';
import { meanAndMaximum } from './pooling.ts';

export const classifierArchitectureSchema = z
  .object({
    /** Voxels along an edge of what the network sees: patches are averaged down to it. */
    size: z.int().min(8).max(64),
    /** Of the convolutions; all but the last halve the volume. */
    channels: z.array(z.int().positive()).min(2).max(6),
    /** What the logit is made of, besides the diameter. */
    features: z.int().min(2).max(128),
  })
  .refine(
    ({ size, channels }) => size % 2 ** (channels.length - 1) === 0,
    'size is divided by two once for each of the channels but the last',
  );
export type ClassifierArchitecture = z.infer<typeof classifierArchitectureSchema>;

/** An example: the voxels in [0, 1], x fastest, then the standardised logarithm of the diameter. */
export const classifierInputLength = ({ size }: ClassifierArchitecture): number => size ** 3 + 1;

/** The layer that ends in the logit: its last weight is the diameter's. */
export const VERDICT = 'verdict';

const SLOPE = 0.2;
/** He et al. 2015 for the slope of the activation: signals keep their size from layer to layer. */
const he = (inputs: number) => normal(Math.sqrt(2 / ((1 + SLOPE ** 2) * inputs)));
/** Features begin with a small say: what is known of the diameter is not to be learned again (classifierTraining.ts). */
const FIRST_SAY = 0.3;

/** [batch, {@link classifierInputLength}] → logits of malignancy [batch, 1]. */
export function classifierLayers({ size, channels, features }: ClassifierArchitecture): Layer {
  const stages = channels.map((outs, i) => {
    const ins = i === 0 ? 1 : channels[i - 1]!;
    const [kernel, stride] = i < channels.length - 1 ? [4, 2] : [3, 1];
    const start = { weight: he(ins * kernel ** 3), bias: zeros };
    return convolution(`convolution${i + 1}`, ins, outs, kernel, { stride, padding: 1 }, start);
  });
  const last = channels.at(-1)!;
  const toFeatures = dense('features', 2 * last, features, { weight: he(2 * last), bias: zeros });
  const verdict = dense(VERDICT, features + 1, 1, {
    weight: normal(FIRST_SAY * Math.sqrt(1 / (features + 1))),
    bias: zeros,
  });
  return {
    parameters: [...stages, toFeatures, verdict].flatMap((layer) => layer.parameters),
    apply(parameters, x) {
      const batch = x.shape[0]!;
      const voxels = t.reshape(t.slice(x, 1, 0, size ** 3), [batch, 1, size, size, size]);
      const logDiameter = t.slice(x, 1, size ** 3, size ** 3 + 1);
      // Parenchyma, the ground of an isolated patch, lies near 0.1 of the window: it becomes about 0.
      let volume = t.mul(t.sub(voxels, 0.1), 2);
      for (const stage of stages) volume = t.leakyRelu(stage.apply(parameters, volume), SLOPE);
      const described = t.leakyRelu(toFeatures.apply(parameters, meanAndMaximum(volume)), SLOPE);
      return verdict.apply(parameters, t.concat([described, logDiameter], 1));
    },
  };
}
