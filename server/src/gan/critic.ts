/**
 * The critic: image [batch, channels, r, r, r] in [−1, 1], and the conditions that it was made for or had → Wasserstein
 * score [batch, 1].
 *
 * One convolution (kernel 4, stride 2) per halving down to 4³, then dense. In the grown form a 3³ convolution reads
 * the image at each resolution from the first stage on, and what comes from the finer stage is added to it; a new
 * stage starts small, so that the critic begins as the one that judged the averaged image.
 *
 * Conditions enter as a projection (Miyato and Koyama, "cGANs with Projection Discriminator", 2018): the score gains the
 * inner product of the last features with a linear image of the conditions.
 */
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { normal, zeros } from '../nn/initialisers.ts';
import {
  averagePool,
  convolution,
  dense,
  minibatchStandardDeviation,
  type Layer,
  type Parameters,
  type ParameterSpec,
} from '../nn/layers.ts';
import { resolutionOf } from './levels.ts';
import { channelsOf, type Architecture } from './presets.ts';

const DOWN = { stride: 2, padding: 1 };
const SAME = { stride: 1, padding: 1 };
/** Standard deviation of a grown stage's first weights. */
const SMALL_START = 0.01;

export interface CriticNetwork {
  readonly parameters: readonly ParameterSpec[];
  /** @param conditions [batch, conditions], where the architecture has any */
  apply(parameters: Parameters, image: Tensor, conditions: Tensor | undefined): Tensor;
}

export function critic(architecture: Architecture, resolution: number): CriticNetwork {
  const { channels, imageConvolutions, firstResolution, criticSlope, minibatchDeviation } = architecture;
  const imageChannels = channelsOf(architecture);
  const readers = new Map<number, Layer>();
  const downs = new Map<number, Layer>();
  for (let level = 1; resolutionOf(level) <= resolution; level++) {
    const at = resolutionOf(level);
    const plainImage = !imageConvolutions && at === resolution;
    const ins = plainImage ? imageChannels : channels[level]!;
    if (imageConvolutions && at >= firstResolution)
      readers.set(at, convolution(`critic.image${at}`, imageChannels, channels[level]!, 3, SAME));
    const start = at > firstResolution ? { weight: normal(SMALL_START) } : {};
    downs.set(at, convolution(`critic.down${at}`, ins, channels[level - 1]!, 4, DOWN, start));
  }
  const score = dense('critic.score', (channels[0]! + (minibatchDeviation ? 1 : 0)) * 4 ** 3, 1);
  const features4 = channels[0]! * 4 ** 3;
  const projection: ParameterSpec = {
    name: 'critic.projection.weight',
    shape: [architecture.conditions.length, features4],
    initialise: zeros,
  };

  return {
    parameters: [
      ...[...readers.values(), ...downs.values(), score].flatMap((layer) => layer.parameters),
      ...(architecture.conditions.length > 0 ? [projection] : []),
    ],
    apply(parameters, image, conditions) {
      const activate = (x: Tensor): Tensor => t.leakyRelu(x, criticSlope);
      let scaled = image;
      let features: Tensor | undefined = imageConvolutions ? undefined : image;
      for (let at = resolution; at > 4; at /= 2) {
        const read = readers.get(at)?.apply(parameters, scaled);
        if (read !== undefined) features = activate(features === undefined ? read : t.add(features, read));
        const lowered = downs.get(at)!.apply(parameters, features!);
        // Where the next level reads the image too, it is added before the activation.
        features = readers.has(at / 2) ? lowered : activate(lowered);
        if (readers.has(at / 2)) scaled = averagePool(scaled);
      }
      const top = minibatchDeviation ? minibatchStandardDeviation(features!) : features!;
      const batch = image.shape[0]!;
      const plain = score.apply(parameters, t.reshape(top, [batch, t.sizeOf(top.shape.slice(1))]));
      if (conditions === undefined) return plain;
      const wanted = t.matMul(conditions, parameters(projection.name));
      return t.add(plain, t.reduceSum(t.mul(wanted, t.reshape(features!, [batch, features4])), [1]));
    },
  };
}
