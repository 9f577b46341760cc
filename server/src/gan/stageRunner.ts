/** Runs the updates of one stage: compiled steps in, new states out. */
import type { Engine, Executable } from '../engine/engine.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { adamScalars, type AdamScalars } from '../nn/adam.ts';
import { Random } from '../nn/random.ts';
import type { BatchReader } from './batches.ts';
import { adamConfig, criticStep, generatorStep, next } from './steps.ts';
import type { TrainingConfig, TrainingState } from './trainingState.ts';

export interface Measures {
  readonly criticLoss: number;
  readonly generatorLoss: number;
  readonly wasserstein: number;
  readonly gradientPenalty: number;
  readonly gradientNorm: number;
}

export interface UpdateResult {
  readonly values: TrainingState['values'];
  readonly measures: Measures;
  /** Milliseconds during which the engine waited for real patches. */
  readonly dataWait: number;
}

type Values = Record<string, Float32Array>;

export class StageRunner {
  readonly #config: TrainingConfig;
  readonly #stage: number;
  readonly #critic: Executable;
  readonly #generator: Executable;
  readonly #reader: BatchReader;
  readonly #clock: () => number;
  #prefetched: { readonly index: number; readonly batch: Promise<Float32Array> } | undefined;

  private constructor(
    config: TrainingConfig,
    stage: number,
    executables: { critic: Executable; generator: Executable },
    reader: BatchReader,
    clock: () => number,
  ) {
    this.#config = config;
    this.#stage = stage;
    this.#critic = executables.critic;
    this.#generator = executables.generator;
    this.#reader = reader;
    this.#clock = clock;
  }

  static async open(
    engine: Engine,
    config: TrainingConfig,
    stage: number,
    reader: BatchReader,
    clock: () => number,
  ): Promise<StageRunner> {
    const { preset } = config;
    const executables = {
      critic: await engine.compile(criticStep(preset, preset.stages[stage]!)),
      generator: await engine.compile(generatorStep(preset, preset.stages[stage]!)),
    };
    return new StageRunner(config, stage, executables, reader, clock);
  }

  async release(): Promise<void> {
    await this.#prefetched?.batch.catch(() => undefined);
    await this.#critic.release();
    await this.#generator.release();
  }

  /**
   * Generator update number `update` (from 0) of the stage: critic steps, then one generator step. The result depends
   * on the values, the seed and the number only. Returns undefined if `aborted` turns true on the way.
   */
  async update(
    values: TrainingState['values'],
    update: number,
    aborted: () => boolean,
  ): Promise<UpdateResult | undefined> {
    const { preset, seed } = this.#config;
    const stage = preset.stages[this.#stage]!;
    const { latentSize } = preset.architecture;
    const adam = adamConfig(preset, stage);
    let current = values;
    let measures: Values = {};
    let dataWait = 0;
    const latents = (random: Random): Float32Array =>
      Float32Array.from({ length: stage.batchSize * latentSize }, () => random.gaussian());

    for (let step = update * preset.criticSteps; step < (update + 1) * preset.criticSteps; step++) {
      const asked = this.#clock();
      const real = await this.#batch(step);
      dataWait += this.#clock() - asked;
      if (aborted()) return undefined;
      const random = Random.of(seed, 'critic step', stage.resolution, step);
      const latent = latents(random);
      const mix = Float32Array.from({ length: stage.batchSize }, () => random.uniform());
      measures = await this.#critic.run({
        ...current,
        ...scalars(adamScalars(adam, step + 1)),
        real,
        latent,
        mix,
      });
      current = advanced(current, measures);
    }
    if (aborted()) return undefined;
    const rate = update < preset.averageWarmUp ? preset.averageWarmUpRate : preset.averageRate;
    const results = await this.#generator.run({
      ...current,
      ...scalars(adamScalars(adam, update + 1)),
      latent: latents(Random.of(seed, 'generator step', stage.resolution, update)),
      averageRate: Float32Array.of(rate),
    });
    return {
      values: advanced(current, results),
      measures: finite({ ...measures, ...results }),
      dataWait,
    };
  }

  /** The batch asked for, while the next one is already being read. */
  #batch(index: number): Promise<Float32Array> {
    const batch = this.#prefetched?.index === index ? this.#prefetched.batch : this.#reader.batch(index);
    const following = this.#prefetched?.batch ?? batch;
    this.#prefetched = {
      index: index + 1,
      // After the current one: the reader works on one batch at a time.
      batch: following.then(() => this.#reader.batch(index + 1)),
    };
    // A failure is reported to whoever awaits the batch, not as an unhandled rejection before that.
    this.#prefetched.batch.catch(() => undefined);
    return batch;
  }
}

const scalars = (values: AdamScalars): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float32Array.of(value)]));

/** The state with everything replaced that the step gave anew. */
function advanced(values: TrainingState['values'], results: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, results[next(name)] ?? value]),
  );
}

function finite(results: Values): Measures {
  const read = (name: keyof Measures): number => {
    const value = results[name]![0]!;
    if (!Number.isFinite(value))
      throw new NoduleLabError('unusable', `The training diverged: ${name} is ${value}.`, { measure: name });
    return value;
  };
  return {
    criticLoss: read('criticLoss'),
    generatorLoss: read('generatorLoss'),
    wasserstein: read('wasserstein'),
    gradientPenalty: read('gradientPenalty'),
    gradientNorm: read('gradientNorm'),
  };
}
