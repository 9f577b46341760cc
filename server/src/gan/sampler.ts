/** Draws patches from a generator. */
import type { Engine } from '../engine/engine.ts';
import { openOnnxFile } from '../engine/onnxFile.ts';
import { Random } from '../nn/random.ts';
import type { GraphModel, Model, NetworkModel } from './model.ts';
import { latentSizeOf, resolutionOfCard } from './modelCard.ts';
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
  return Float32Array.from({ length: latentSizeOf(model.card) }, () => random.gaussian());
}

/** @param engine runs our own networks; one from elsewhere runs on ONNX Runtime's CPU, whatever this is */
export async function openSampler(model: Model, engine: Engine): Promise<Sampler> {
  const { size, range, run, release } =
    'onnx' in model ? await openGraph(model) : await openNetwork(model, engine);
  const [low, high] = range;
  const fromLatent = async (latent: Float32Array): Promise<Float32Array> =>
    // Out of the network's range, into that of the data.
    (await run(latent)).map((value) => Math.min(1, Math.max(0, (value - low) / (high - low))));
  return {
    size,
    modelSha256: model.card.weights.sha256,
    fromLatent,
    sample: (seed, index) => fromLatent(latentOf(model, seed, index)),
    release,
  };
}

interface Opened {
  readonly size: number;
  readonly range: readonly [number, number];
  run(latent: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

async function openNetwork({ card, parameters }: NetworkModel, engine: Engine): Promise<Opened> {
  const size = card.preset.stages.at(-1)!.resolution;
  // One at a time: were samples batched, their last bits could depend on their neighbours.
  const executable = await engine.compile(
    sampleProgram(card.preset, resolutionOfCard(card), size, parameters),
  );
  return {
    size,
    range: [-1, 1],
    run: async (latent) => (await executable.run({ latent })).image!,
    release: () => executable.release(),
  };
}

async function openGraph({ card, onnx }: GraphModel): Promise<Opened> {
  const { latentSize, size, range } = card.graph;
  const runner = await openOnnxFile(onnx, card.name);
  return {
    size,
    range,
    run: async (latent) => (await runner.run(latent, [1, latentSize])).values,
    release: () => runner.release(),
  };
}
