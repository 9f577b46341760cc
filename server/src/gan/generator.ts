/**
 * The generator: latent [batch, latentSize] → image [batch, 1, r, r, r] in [−1, 1].
 *
 * dense → 4³, then one transposed convolution (kernel 4, stride 2) per doubling. In the grown form each resolution
 * from the first stage on adds its own 3³ convolution to the upsampled image of the stage before, starting at zero:
 * a new stage begins as exactly the coarser image made smooth.
 */
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { zeros } from '../nn/initialisers.ts';
import {
  convolution,
  dense,
  pixelNormalisation,
  transposedConvolution,
  upsampleLinear,
  type Layer,
} from '../nn/layers.ts';
import { resolutionOf, type Level } from './levels.ts';
import type { Architecture } from './presets.ts';

const UP = { stride: 2, padding: 1 };

export function generator(architecture: Architecture, resolution: number): Layer {
  const { latentSize, channels, imageConvolutions } = architecture;
  const coarsest = channels[0]!;
  const fromLatent = dense('generator.latent', latentSize, coarsest * 4 ** 3);
  const ups = upLevels(architecture, resolution);
  const toImage = ups
    .filter((level) => imageConvolutions && level.resolution >= architecture.firstResolution)
    .map((level) => ({ ...level, layer: imageLayer(architecture, level) }));

  return {
    parameters: [fromLatent, ...ups.map((up) => up.layer), ...toImage.map((to) => to.layer)].flatMap(
      (layer) => layer.parameters,
    ),
    apply(parameters, latent) {
      const volume = t.reshape(fromLatent.apply(parameters, latent), [latent.shape[0]!, coarsest, 4, 4, 4]);
      let features = t.leakyRelu(volume, architecture.generatorSlope);
      let image: Tensor | undefined;
      for (const up of ups) {
        const raised = up.layer.apply(parameters, features);
        if (!imageConvolutions && up.resolution === resolution) return t.tanh(raised);
        features = activate(architecture, raised);
        const residual = toImage
          .find((to) => to.resolution === up.resolution)
          ?.layer.apply(parameters, features);
        if (residual !== undefined)
          image = image === undefined ? residual : t.add(upsampleLinear(image), residual);
      }
      return t.tanh(image!);
    },
  };
}

function upLevels(architecture: Architecture, resolution: number): (Level & { layer: Layer })[] {
  const { channels, imageConvolutions } = architecture;
  const levels: (Level & { layer: Layer })[] = [];
  for (let level = 1; resolutionOf(level) <= resolution; level++) {
    const at = resolutionOf(level);
    // The plain form's last transposed convolution gives the image itself.
    const outs = !imageConvolutions && at === resolution ? 1 : channels[level]!;
    const layer = transposedConvolution(`generator.up${at}`, channels[level - 1]!, outs, 4, UP);
    levels.push({ resolution: at, channels: outs, layer });
  }
  return levels;
}

function imageLayer(architecture: Architecture, { resolution, channels }: Level): Layer {
  const grown = resolution > architecture.firstResolution;
  const start = grown ? { weight: zeros, bias: zeros } : {};
  return convolution(`generator.image${resolution}`, channels, 1, 3, { stride: 1, padding: 1 }, start);
}

function activate(architecture: Architecture, x: Tensor): Tensor {
  const activated = t.leakyRelu(x, architecture.generatorSlope);
  return architecture.pixelNormalisation ? pixelNormalisation(activated) : activated;
}
