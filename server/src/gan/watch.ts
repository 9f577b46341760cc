/** The training loop's watch over a WGAN-GP: its health, and pictures of what it makes at each checkpoint. */
import { halve } from '../dataset/halve.ts';
import { readPatch, type PatchSource } from '../dataset/patchSource.ts';
import type { Engine } from '../engine/engine.ts';
import { Random } from '../nn/random.ts';
import type { Watch } from '../nn/trainee.ts';
import type { Counters, TrainingState } from '../nn/trainingState.ts';
import { meanPairwiseDistance } from './diversity.ts';
import { encodeConditions } from './conditions.ts';
import { Health, type Warning } from './health.ts';
import { drawChance } from './inputs.ts';
import type { Measures } from './stageRunner.ts';
import { sampleProgram } from './steps.ts';
import { conditionsOfSet } from './trainingData.ts';
import { averagedGenerator, type TrainingConfig } from './trainingState.ts';

/** Samples at a checkpoint, and real patches that they are compared with. */
const SAMPLES = 16;
/** Real patches that differ less than this say nothing about how much samples should differ. */
const LEAST_REAL_DISTANCE = 1e-6;

export interface Pictures {
  readonly counters: Counters;
  /** Edge in voxels. */
  readonly resolution: number;
  /** resolution³ values in [0, 1] each. */
  readonly real: readonly Float32Array[];
  readonly samples: readonly Float32Array[];
}

export interface GanWatchOptions {
  readonly config: TrainingConfig;
  readonly dataset: PatchSource;
  readonly engine: Engine;
  readonly onWarning: (counters: Counters, warning: Warning) => void | Promise<void>;
  /** Gets the samples of every state that is about to be kept. */
  readonly onPictures: (pictures: Pictures) => Promise<void>;
}

export function ganWatch({
  config,
  dataset,
  engine,
  onWarning,
  onPictures,
}: GanWatchOptions): Watch<Measures> {
  const health = new Health();
  let known: { readonly resolution: number; readonly real: readonly Float32Array[] } | undefined;
  const realAt = async (resolution: number): Promise<readonly Float32Array[]> => {
    if (known?.resolution !== resolution)
      known = { resolution, real: await realPatches(config, dataset, resolution) };
    return known.real;
  };
  const warn = async (counters: Counters, warnings: readonly Warning[]): Promise<void> => {
    for (const warning of warnings) await onWarning(counters, warning);
  };
  return {
    get doubtful() {
      return health.doubtful;
    },
    snapshot: () => health.snapshot(),
    restore: (snapshot) => health.restore(snapshot),
    observe: (counters, measures) => warn(counters, health.observe(counters, measures)),
    async inspect(state) {
      const { counters } = state;
      const { resolution } = config.preset.stages[counters.stage]!;
      const real = await realAt(resolution);
      const samples = await sampleAverage({ config, dataset, engine }, state, resolution);
      const spread = meanPairwiseDistance(real);
      if (spread > LEAST_REAL_DISTANCE)
        await warn(counters, health.inspect(counters, meanPairwiseDistance(samples) / spread));
      await onPictures({ counters, resolution, real, samples });
    },
  };
}

/** Samples of the averaged generator, of the same latents (and as the same real patches are) at every checkpoint. */
async function sampleAverage(
  { config: { preset, seed }, dataset, engine }: Pick<GanWatchOptions, 'config' | 'dataset' | 'engine'>,
  state: TrainingState,
  resolution: number,
): Promise<Float32Array[]> {
  const { architecture } = preset;
  const { conditions: names } = architecture;
  const ofSet = names.length > 0 ? conditionsOfSet(dataset) : [];
  const order = realOrder(seed, dataset);
  const program = sampleProgram(preset, resolution, resolution, averagedGenerator(preset, state));
  const executable = await engine.compile(program);
  try {
    const samples: Float32Array[] = [];
    for (let i = 0; i < SAMPLES; i++) {
      const random = Random.of(seed, 'watch', 'latent', i);
      const asked = ofSet[order[i % order.length]!];
      const { image } = await executable.run({
        ...drawChance(architecture, 1, resolution, random),
        ...(asked === undefined ? {} : { conditions: encodeConditions(names, asked) }),
      });
      // The first channel is what is looked at.
      samples.push(image!.subarray(0, resolution ** 3).map((value) => (value + 1) / 2));
    }
    return samples;
  } finally {
    await executable.release();
  }
}

const realOrder = (seed: number, { count }: PatchSource): Uint32Array =>
  Random.of(seed, 'watch', 'real').permutation(count);

/** Some patches of the set at a coarser resolution, not varied. */
async function realPatches(
  { seed }: TrainingConfig,
  dataset: PatchSource,
  resolution: number,
): Promise<Float32Array[]> {
  const order = realOrder(seed, dataset);
  const patches: Float32Array[] = [];
  for (const index of order.subarray(0, SAMPLES)) {
    let patch = await readPatch(dataset, index);
    for (let size = dataset.size; size > resolution; size /= 2) patch = halve(patch, size);
    patches.push(patch);
  }
  return patches;
}
