/** Draws patches from a trained generator. */
import type { Engine } from '../engine/engine.ts';
import { Random } from '../nn/random.ts';
import type { Model } from './model.ts';
import { sampleProgram } from './steps.ts';

export interface Sampler {
  /** Edge of a sample in voxels. */
  readonly size: number;
  /** SHA-256 of the model's weights. */
  readonly modelSha256: string;
  /**
   * Sample number `index` of the series `seed`: size³ values in [0, 1], z slowest, x fastest. The same model, seed,
   * index and engine give the same voxels; other engines agree to about 1e-5.
   */
  sample(seed: number, index: number): Promise<Float32Array>;
  /** The image of a given latent vector. */
  fromLatent(latent: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

/** The latent vector of a sample: standard normal, from the stream named by model, seed and index. */
export function latentOf(model: Model, seed: number, index: number): Float32Array {
  const random = Random.of('sample', model.card.weights.sha256, seed, index);
  return Float32Array.from({ length: model.card.preset.architecture.latentSize }, () => random.gaussian());
}

export async function openSampler(model: Model, engine: Engine): Promise<Sampler> {
  const { preset, training, weights } = model.card;
  const size = preset.stages.at(-1)!.resolution;
  // One at a time: were samples batched, their last bits could depend on their neighbours.
  const executable = await engine.compile(sampleProgram(preset, training.resolution, size, model.parameters));
  const fromLatent = async (latent: Float32Array): Promise<Float32Array> => {
    const { image } = await executable.run({ latent });
    // Out of tanh's range, into that of the data.
    return image!.map((value) => Math.min(1, Math.max(0, (value + 1) / 2)));
  };
  return {
    size,
    modelSha256: weights.sha256,
    fromLatent,
    sample: (seed, index) => fromLatent(latentOf(model, seed, index)),
    release: () => executable.release(),
  };
}
