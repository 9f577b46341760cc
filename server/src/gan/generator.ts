/**
 * The generator: latent [batch, latentSize], and conditions and noise where its architecture has them → image
 * [batch, channels, r, r, r] in [−1, 1].
 *
 * dense → 4³, then one transposed convolution (kernel 4, stride 2) per doubling. In the grown form each resolution
 * from the first stage on adds its own 3³ convolution to the upsampled image of the stage before, starting at zero:
 * a new stage begins as exactly the coarser image made smooth.
 *
 * With alpha the image is put together as isolated patches are: the nodule's attenuation on constant ground, as far as
 * alpha lets it show. So the ground is exact where there is no nodule.
 */
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { zeros } from '../nn/initialisers.ts';
import {
  averagePool,
  convolution,
  dense,
  pixelNormalisation,
  smooth,
  transposedConvolution,
  upsampleLinear,
  type Layer,
  type Parameters,
  type ParameterSpec,
} from '../nn/layers.ts';
import { GROUND_HU } from './ground.ts';
import type { GeneratorInputs } from './inputs.ts';
import { resolutionOf, type Level } from './levels.ts';
import { channelsOf, type Architecture } from './presets.ts';

const UP = { stride: 2, padding: 1 };

export interface GeneratorNetwork {
  readonly parameters: readonly ParameterSpec[];
  apply(parameters: Parameters, inputs: GeneratorInputs): Tensor;
}

export function generator(architecture: Architecture, resolution: number): GeneratorNetwork {
  const { latentSize, channels, imageConvolutions, firstResolution } = architecture;
  const coarsest = channels[0]!;
  const fromLatent = dense(
    'generator.latent',
    latentSize + architecture.conditions.length,
    coarsest * 4 ** 3,
  );
  const ups = upLevels(architecture, resolution);
  const inStages = ({ resolution: at }: Level): boolean => imageConvolutions && at >= firstResolution;
  const toImage = ups.filter(inStages).map((level) => ({ ...level, layer: imageLayer(architecture, level) }));
  const noisy = architecture.noise ? ups.filter(inStages) : [];

  return {
    parameters: [
      ...[fromLatent, ...ups.map((up) => up.layer), ...toImage.map((to) => to.layer)].flatMap(
        (layer) => layer.parameters,
      ),
      ...noisy.map(noiseWeight),
    ],
    apply(parameters, { latent, conditions, noise }) {
      const wanted = conditions === undefined ? latent : t.concat([latent, conditions], 1);
      const volume = t.reshape(fromLatent.apply(parameters, wanted), [latent.shape[0]!, coarsest, 4, 4, 4]);
      let features = t.leakyRelu(volume, architecture.generatorSlope);
      let image: Tensor | undefined;
      for (const up of ups) {
        let raised = up.layer.apply(parameters, features);
        if (!imageConvolutions && up.resolution === resolution) return t.tanh(raised);
        if (noise !== undefined && noisy.includes(up))
          raised = t.add(raised, t.mul(noiseAt(noise, up.resolution), parameters(noiseWeight(up).name)));
        features = activate(architecture, raised);
        const layer = toImage.find((to) => to.resolution === up.resolution)?.layer;
        if (layer === undefined) continue;
        const residual = layer.apply(parameters, features);
        image =
          image === undefined
            ? residual
            : t.add(upsampleLinear(image), architecture.smoothImage ? smooth(residual) : residual);
      }
      return architecture.output === 'hu' ? t.tanh(image!) : composed(image!);
    },
  };
}

/** Beyond 0 and 1 by this much before it is cut off there, so that both are reached. */
const ALPHA_REACH = 0.02;

/** [batch, 2, …] without bounds → attenuation on the ground and alpha, both in [−1, 1]. */
function composed(raw: Tensor): Tensor {
  const attenuation = t.tanh(t.slice(raw, 1, 0, 1));
  const sigmoid = t.mul(t.add(t.tanh(t.mul(t.slice(raw, 1, 1, 2), 0.5)), 1), 0.5);
  const alpha = within0And1(t.sub(t.mul(sigmoid, 1 + 2 * ALPHA_REACH), ALPHA_REACH));
  const hu = t.add(t.mul(t.sub(attenuation, GROUND_HU), alpha), GROUND_HU);
  return t.concat([hu, t.sub(t.mul(alpha, 2), 1)], 1);
}

const within0And1 = (x: Tensor): Tensor => t.sub(1, t.relu(t.sub(1, t.relu(x))));

const noiseWeight = ({ resolution, channels }: Level): ParameterSpec => ({
  name: `generator.noise${resolution}.weight`,
  shape: [1, channels, 1, 1, 1],
  initialise: zeros,
});

/** The mean of 8 voxels has a deviation of 1/√8; it is brought back to 1. */
function noiseAt(noise: Tensor, resolution: number): Tensor {
  let coarser = noise;
  while (coarser.shape[2]! > resolution) coarser = t.mul(averagePool(coarser), Math.sqrt(8));
  return coarser;
}

function upLevels(architecture: Architecture, resolution: number): (Level & { layer: Layer })[] {
  const { channels, imageConvolutions } = architecture;
  const levels: (Level & { layer: Layer })[] = [];
  for (let level = 1; resolutionOf(level) <= resolution; level++) {
    const at = resolutionOf(level);
    // The plain form's last transposed convolution gives the image itself.
    const outs = !imageConvolutions && at === resolution ? channelsOf(architecture) : channels[level]!;
    const layer = transposedConvolution(`generator.up${at}`, channels[level - 1]!, outs, 4, UP);
    levels.push({ resolution: at, channels: outs, layer });
  }
  return levels;
}

function imageLayer(architecture: Architecture, { resolution, channels }: Level): Layer {
  const grown = resolution > architecture.firstResolution;
  const start = grown ? { weight: zeros, bias: zeros } : {};
  const outs = channelsOf(architecture);
  return convolution(`generator.image${resolution}`, channels, outs, 3, { stride: 1, padding: 1 }, start);
}

function activate(architecture: Architecture, x: Tensor): Tensor {
  const activated = t.leakyRelu(x, architecture.generatorSlope);
  return architecture.pixelNormalisation ? pixelNormalisation(activated) : activated;
}
