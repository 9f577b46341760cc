/** What a generator makes an image of: chance, what is wanted, and noise for the finest structure. */
import type { Random } from '../nn/random.ts';
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Architecture } from './presets.ts';

/** Inputs of a generator's graph; those that its architecture does not have are undefined. */
export interface GeneratorInputs {
  /** [batch, latentSize], standard normal. */
  readonly latent: Tensor;
  /** [batch, conditions], encoded (see conditions.ts). */
  readonly conditions: Tensor | undefined;
  /** [batch, 1, r, r, r], standard normal. */
  readonly noise: Tensor | undefined;
}

export function generatorInputs(
  { latentSize, conditions, noise }: Architecture,
  batch: number,
  resolution: number,
): GeneratorInputs {
  return {
    latent: t.input('latent', [batch, latentSize]),
    conditions: conditions.length > 0 ? t.input('conditions', [batch, conditions.length]) : undefined,
    noise: noise ? t.input('noise', [batch, 1, resolution, resolution, resolution]) : undefined,
  };
}

/** Latents and noise for a batch: the latents first, so that a generator without noise draws the same ones. */
export function drawChance(
  { latentSize, noise }: Pick<Architecture, 'latentSize' | 'noise'>,
  batch: number,
  resolution: number,
  random: Random,
): Record<string, Float32Array> {
  const normal = (length: number): Float32Array => Float32Array.from({ length }, () => random.gaussian());
  const latent = normal(batch * latentSize);
  return noise ? { latent, noise: normal(batch * resolution ** 3) } : { latent };
}
