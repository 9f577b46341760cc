/** Draws patches from a generator. */
import type { Engine } from '../engine/engine.ts';
import { openOnnxFile } from '../engine/onnxFile.ts';
import { Random } from '../nn/random.ts';
import { requireAskable } from './askable.ts';
import { encodeConditions, type ConditionName, type Conditions } from './conditions.ts';
import { drawChance } from './inputs.ts';
import type { GraphModel, Model, NetworkModel } from './model.ts';
import { conditionsOfCard, latentSizeOf, makesAlpha, resolutionOfCard } from './modelCard.ts';
import type { Architecture } from './presets.ts';
import { sampleProgram } from './steps.ts';
import { fillConditions, supportOf, type WantedConditions } from './support.ts';

/** One sample: size³ values in [0, 1] a channel, z slowest, x fastest. */
export interface DrawnSample {
  readonly hu: Float32Array;
  /** How far each voxel belongs to the nodule; undefined where the generator makes no alpha. */
  readonly alpha: Float32Array | undefined;
  /** What it was asked for, in full; undefined for an unconditional generator. */
  readonly conditions: Conditions | undefined;
}

/** Chance of a sample, which with the conditions decides it. */
export type Chance = Readonly<Record<'latent', Float32Array>> &
  Readonly<Partial<Record<'noise', Float32Array>>>;

export interface Sampler {
  /** Edge of a sample in voxels. */
  readonly size: number;
  /** SHA-256 of the model's weights. */
  readonly modelSha256: string;
  /** What it can be asked for; empty for an unconditional generator. */
  readonly conditionNames: readonly ConditionName[];
  /** Whether samples come with alpha. */
  readonly makesAlpha: boolean;
  /**
   * Sample number `index` of the series `seed`. The same model, seed, index, wish and engine give the same voxels; other
   * engines agree to about 1e-5. What is not wanted is drawn from the training nodules (see support.ts), by a stream of its
   * own: another wish with the same seed and index has the same latent.
   * @throws NoduleLabError `invalid-input` for a condition that the model does not have, or beyond its range
   */
  draw(seed: number, index: number, wanted?: WantedConditions): Promise<DrawnSample>;
  /** Channel HU of `draw`. */
  sample(seed: number, index: number, wanted?: WantedConditions): Promise<Float32Array>;
  /** Channel HU of the image of given chance, by nobody's wish in particular. */
  fromChance(chance: Chance, conditions?: Conditions): Promise<Float32Array>;
  /** How many training nodules are like what is wanted; undefined for an unconditional generator. */
  support(wanted: WantedConditions): number | undefined;
  release(): Promise<void>;
}

/** The latent vector of a sample (and its noise): standard normal, from the stream named by model, seed and index. */
export function chanceOf({ card }: Model, seed: number, index: number): Chance {
  const random = Random.of('sample', card.weights.sha256, seed, index);
  const plain: Pick<Architecture, 'latentSize' | 'noise'> =
    'graph' in card ? { latentSize: latentSizeOf(card), noise: false } : card.preset.architecture;
  const resolution = 'graph' in card ? card.graph.size : resolutionOfCard(card);
  return drawChance(plain, 1, resolution, random) as Chance;
}

/** @param engine runs our own networks; one from elsewhere runs on ONNX Runtime's CPU, whatever this is */
export async function openSampler(model: Model, engine: Engine): Promise<Sampler> {
  const { card } = model;
  const { size, range, run, release } =
    'onnx' in model ? await openGraph(model) : await openNetwork(model, engine);
  const [low, high] = range;
  const names = conditionsOfCard(card);
  const rows = ('graph' in card ? undefined : card.trainingConditions) ?? [];
  const image = async (chance: Chance, conditions: Conditions | undefined): Promise<Float32Array> => {
    const asked = conditions === undefined ? {} : { conditions: encodeConditions(names, conditions) };
    // Out of the network's range, into that of the data.
    return (await run({ ...chance, ...asked })).map((value) =>
      Math.min(1, Math.max(0, (value - low) / (high - low))),
    );
  };
  const full = (seed: number, index: number, wanted: WantedConditions): Conditions | undefined => {
    requireAskable(card.name, names, wanted);
    if (names.length === 0) return undefined;
    return fillConditions(wanted, rows, Random.of('conditions', card.weights.sha256, seed, index));
  };
  const draw = async (seed: number, index: number, wanted: WantedConditions = {}): Promise<DrawnSample> => {
    const conditions = full(seed, index, wanted);
    const values = await image(chanceOf(model, seed, index), conditions);
    const voxels = size ** 3;
    return {
      hu: values.slice(0, voxels),
      alpha: values.length > voxels ? values.slice(voxels) : undefined,
      conditions,
    };
  };
  return {
    size,
    modelSha256: card.weights.sha256,
    conditionNames: names,
    makesAlpha: makesAlpha(card),
    draw,
    sample: async (seed, index, wanted) => (await draw(seed, index, wanted)).hu,
    fromChance: async (chance, conditions) => (await image(chance, conditions)).slice(0, size ** 3),
    support: (wanted) => (names.length === 0 ? undefined : supportOf(wanted, rows)),
    release,
  };
}

type Feeds = Readonly<Record<string, Float32Array>>;

interface Opened {
  readonly size: number;
  readonly range: readonly [number, number];
  run(feeds: Feeds): Promise<Float32Array>;
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
    run: async (feeds) => (await executable.run(feeds)).image!,
    release: () => executable.release(),
  };
}

async function openGraph({ card, onnx }: GraphModel): Promise<Opened> {
  const { latentSize, size, range } = card.graph;
  const runner = await openOnnxFile(onnx, card.name);
  return {
    size,
    range,
    run: async (feeds) => (await runner.run(feeds.latent!, [1, latentSize])).values,
    release: () => runner.release(),
  };
}
