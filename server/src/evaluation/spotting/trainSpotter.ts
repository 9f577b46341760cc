/** One spotter, trained from nothing on one part of the patches and asked about the rest. */
import type { Engine } from '../../engine/engine.ts';
import { ORIENTATIONS } from '../../dataset/augmentation/orientation.ts';
import { parameterInputs } from '../../nn/learning.ts';
import { binaryCrossEntropy } from '../../nn/losses.ts';
import { Random } from '../../nn/random.ts';
import { rounds } from '../../nn/rounds.ts';
import { supervisedConfigSchema, supervisedTrainee } from '../../nn/supervised.ts';
import { NO_UPDATES } from '../../nn/trainingState.ts';
import * as t from '../../tensor/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { BLOCK, BLOCK_INPUTS } from './blocks.ts';
import type { BlockReader, BlockReadings } from './blocks.ts';
import type { HeldPatches } from './heldPatches.ts';
import { inputShapeOf, spotter } from './spotter.ts';
import { standardiser } from './summary.ts';

/**
 * A training is as long for 30 patches as for 500: what a spotter needs is updates, and flips and turns make 48 of each
 * patch. Measured on LIDC nodules: after 80 updates 28 ellipsoids were told from 28 nodules, and a grid of ±10 HU in 80
 * nodules from 80 others, at AUC 1.0; 120 updates gave no more.
 */
export const SPOTTER_UPDATES = 80;
/** Half real, half synthetic. */
const BATCH = 16;
const LEARNING_RATE = 3e-3;
/** Orientations of a patch whose scores are averaged. */
const LOOKS = 2;

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
  /** Edge of the patches. */
  readonly size: number;
  readonly reader: BlockReader;
  readonly sides: Sides;
  readonly train: Chosen;
  readonly seed: number;
  /** Names the training's random streams. */
  readonly name: string;
  readonly onUpdate: () => void;
}

export interface TrainedSpotter {
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** Of summaries, by the patches that it learned from. */
  readonly standardise: (summary: Float32Array) => Float32Array;
}

/** Trains a spotter on `train`. */
export async function trainSpotter(run: SpotterRun): Promise<TrainedSpotter> {
  const { engine, size, reader, sides, train, seed, name } = run;
  const standardise = standardiser([
    ...Array.from(train.real, (index) => sides.real.readings[index]!.summary),
    ...Array.from(train.fake, (index) => sides.fake.readings[index]!.summary),
  ]);
  const writer = batchWriter(size, reader);
  const target = Float32Array.from({ length: BATCH }, (_, at) => at % 2);
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
    inputShape: inputShapeOf(BATCH, size),
    targetShape: [BATCH, 1],
    loss: binaryCrossEntropy,
    async batch(index) {
      const turns = Random.of(seed, name, 'turns', index);
      for (let at = 0; at < BATCH; at++) {
        const side = at % 2 === 0 ? 'real' : 'fake';
        const chosen = drawn[side]((index * BATCH) / 2 + (at >> 1));
        writer.write(at, sides[side].readings[chosen]!, turns.integer(ORIENTATIONS), standardise);
      }
      return { input: writer.input, target };
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
    return { weights: await stage.read(), standardise };
  } finally {
    await stage.release();
  }
}

interface BatchWriter {
  readonly input: Float32Array;
  write(
    at: number,
    readings: BlockReadings,
    orientation: number,
    standardise: TrainedSpotter['standardise'],
  ): void;
}

function batchWriter(size: number, reader: BlockReader): BatchWriter {
  const input = new Float32Array(sizeOf(inputShapeOf(BATCH, size)));
  const patch = (size / BLOCK) ** 3 * BLOCK_INPUTS;
  return {
    input,
    write(at, readings, orientation, standardise) {
      reader.write(readings, orientation, input, at * patch);
      input.set(standardise(readings.summary), BATCH * patch + at * BLOCK_INPUTS);
    },
  };
}

export interface Scorer {
  /** Logits of patches, the mean over a few orientations; higher is synthetic. */
  score(trained: TrainedSpotter, held: HeldPatches, indices: Uint32Array): Promise<Float64Array>;
  release(): Promise<void>;
}

/** One program for all spotters of a size: each brings its weights. */
export async function openScorer(engine: Engine, size: number, reader: BlockReader): Promise<Scorer> {
  const network = spotter(size);
  const input = t.input('input', inputShapeOf(BATCH, size));
  const executable = await engine.compile({
    logit: network.apply(parameterInputs(network.parameters), input),
  });
  const writer = batchWriter(size, reader);
  return {
    async score({ weights, standardise }, held, indices) {
      const own = Object.fromEntries(network.parameters.map(({ name }) => [name, weights[name]!]));
      const scores = new Float64Array(indices.length);
      const looks = indices.length * LOOKS;
      for (let from = 0; from < looks; from += BATCH) {
        const filled = Math.min(BATCH, looks - from);
        for (let at = 0; at < filled; at++) {
          const look = from + at;
          const readings = held.readings[indices[Math.floor(look / LOOKS)]!]!;
          writer.write(at, readings, ((look % LOOKS) * ORIENTATIONS) / LOOKS, standardise);
        }
        const { logit } = await executable.run({ ...own, input: writer.input });
        for (let at = 0; at < filled; at++) scores[Math.floor((from + at) / LOOKS)]! += logit![at]! / LOOKS;
      }
      return scores;
    },
    release: () => executable.release(),
  };
}
