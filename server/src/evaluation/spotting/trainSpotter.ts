/** One spotter, trained from nothing on one part of the patches and asked about the rest. */
import type { Engine, Executable } from '../../engine/engine.ts';
import { ORIENTATIONS } from '../../dataset/augmentation/orientation.ts';
import { parameterInputs } from '../../nn/learning.ts';
import { binaryCrossEntropy } from '../../nn/losses.ts';
import { Random } from '../../nn/random.ts';
import { supervisedConfigSchema, supervisedTrainee } from '../../nn/supervised.ts';
import { NO_UPDATES } from '../../nn/trainingState.ts';
import * as t from '../../tensor/index.ts';
import { BLOCK, BLOCK_INPUTS, writeBlocks } from './blocks.ts';
import type { HeldPatches } from './heldPatches.ts';
import { spotter } from './spotter.ts';

/**
 * A training is as long for 30 patches as for 500: what a spotter needs is updates, and turns and flips make 48 of each
 * patch. Chosen by what 500 against 500 may take (see docs of spotFakes): after 120 updates ellipsoids were told at AUC
 * 1.0 and a faint grid at 0.99; twice as many changed neither.
 */
export const SPOTTER_UPDATES = 120;
/** Half real, half synthetic. */
const BATCH = 16;
const LEARNING_RATE = 2e-3;
/** Orientations of a patch whose scores are averaged. */
const LOOKS = 4;

export interface Sides {
  readonly real: HeldPatches;
  readonly fake: HeldPatches;
}

export interface Chosen {
  readonly real: Uint32Array;
  readonly fake: Uint32Array;
}

export interface SpotterRun {
  readonly engine: Engine;
  readonly sides: Sides;
  readonly train: Chosen;
  readonly seed: number;
  /** Names the training's random streams. */
  readonly name: string;
  readonly onUpdate: () => void;
}

/** Trains a spotter on `train`; its weights, by name. */
export async function trainSpotter(run: SpotterRun): Promise<Record<string, Float32Array>> {
  const { engine, sides, train, seed, name } = run;
  const { size } = sides.real;
  const blocks = (size / BLOCK) ** 3;
  const input = new Float32Array(BATCH * blocks * BLOCK_INPUTS);
  const target = Float32Array.from({ length: BATCH }, (_, at) => at % 2);
  const patch = new Float32Array(size ** 3);
  const drawn = {
    real: rounds(train.real, [seed, name, 'real']),
    fake: rounds(train.fake, [seed, name, 'fake']),
  };
  const trainee = supervisedTrainee({
    config: supervisedConfigSchema.parse({
      ...{ name: `spotter ${name}`, seed, data: name, batchSize: BATCH },
      ...{ updates: SPOTTER_UPDATES, checkpointUpdates: SPOTTER_UPDATES, learningRate: LEARNING_RATE },
    }),
    network: spotter(size),
    inputShape: [BATCH * blocks, BLOCK_INPUTS],
    targetShape: [BATCH, 1],
    loss: binaryCrossEntropy,
    async batch(index) {
      const turns = Random.of(seed, name, 'turns', index);
      for (let at = 0; at < BATCH; at++) {
        const side = at % 2 === 0 ? 'real' : 'fake';
        const chosen = drawn[side]((index * BATCH) / 2 + (at >> 1));
        sides[side].copy(chosen, turns.integer(ORIENTATIONS), patch);
        writeBlocks(patch, size, input, at * blocks * BLOCK_INPUTS);
      }
      return { input, target };
    },
    engine,
    clock: () => 0,
  });
  const stage = await trainee.open(trainee.initial());
  try {
    for (let update = 0; update < SPOTTER_UPDATES; update++) {
      await stage.update({ ...NO_UPDATES, update }, () => false);
      run.onUpdate();
    }
    return await stage.read();
  } finally {
    await stage.release();
  }
}

/** Example number `n` of an endless series that goes through all of them, in a new order each time. */
function rounds(indices: Uint32Array, name: readonly (string | number)[]): (n: number) => number {
  let known = -1;
  let order = new Uint32Array();
  return (n) => {
    const round = Math.floor(n / indices.length);
    if (round !== known) order = new Uint32Array(Random.of(...name, round).permutation(indices.length));
    known = round;
    return indices[order[n % indices.length]!]!;
  };
}

export interface Scorer {
  /** Logits of patches, the mean over a few orientations; higher is synthetic. */
  score(
    weights: Record<string, Float32Array>,
    held: HeldPatches,
    indices: Uint32Array,
  ): Promise<Float64Array>;
  release(): Promise<void>;
}

/** One program for all spotters of a size: each brings its weights. */
export async function openScorer(engine: Engine, size: number): Promise<Scorer> {
  const network = spotter(size);
  const blocks = (size / BLOCK) ** 3;
  const program = {
    logit: network.apply(
      parameterInputs(network.parameters),
      t.input('input', [BATCH * blocks, BLOCK_INPUTS]),
    ),
  };
  const executable: Executable = await engine.compile(program);
  const input = new Float32Array(BATCH * blocks * BLOCK_INPUTS);
  const patch = new Float32Array(size ** 3);
  return {
    async score(weights, held, indices) {
      const own = Object.fromEntries(network.parameters.map(({ name }) => [name, weights[name]!]));
      const scores = new Float64Array(indices.length);
      const looks = indices.length * LOOKS;
      for (let from = 0; from < looks; from += BATCH) {
        const filled = Math.min(BATCH, looks - from);
        for (let at = 0; at < filled; at++) {
          const look = from + at;
          held.copy(indices[Math.floor(look / LOOKS)]!, ((look % LOOKS) * ORIENTATIONS) / LOOKS, patch);
          writeBlocks(patch, size, input, at * blocks * BLOCK_INPUTS);
        }
        const { logit } = await executable.run({ ...own, input });
        for (let at = 0; at < filled; at++) scores[Math.floor((from + at) / LOOKS)]! += logit![at]! / LOOKS;
      }
      return scores;
    },
    release: () => executable.release(),
  };
}
