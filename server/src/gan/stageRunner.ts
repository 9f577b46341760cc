/** Runs the updates of one stage: the state stays in the engine and is read only when it is to be kept. */
import type { Engine, Session } from '../engine/engine.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { adamScalars, type AdamScalars } from '../nn/adam.ts';
import { Random } from '../nn/random.ts';
import type { BatchReader } from './batches.ts';
import { adamConfig, criticStep, generatorStep } from './steps.ts';
import type { Counters, TrainingConfig, TrainingState } from './trainingState.ts';

export interface Measures {
  readonly criticLoss: number;
  readonly generatorLoss: number;
  readonly wasserstein: number;
  readonly gradientPenalty: number;
  readonly gradientNorm: number;
  readonly criticGradientNorm: number;
  readonly generatorGradientNorm: number;
}

export interface UpdateResult {
  /** Critic steps of the unfinished update that are done; 0 once the update is whole. */
  readonly criticStep: number;
  /** Of a whole update; undefined if it was aborted on the way. */
  readonly measures?: Measures;
  /** Milliseconds during which the engine waited for real patches. */
  readonly dataWait: number;
}

type Values = Record<string, Float32Array>;

export class StageRunner {
  readonly #config: TrainingConfig;
  readonly #stage: number;
  readonly #session: Session;
  readonly #reader: BatchReader;
  readonly #clock: () => number;
  #prefetched: { readonly index: number; readonly batch: Promise<Float32Array> } | undefined;

  private constructor(
    config: TrainingConfig,
    stage: number,
    session: Session,
    reader: BatchReader,
    clock: () => number,
  ) {
    this.#config = config;
    this.#stage = stage;
    this.#session = session;
    this.#reader = reader;
    this.#clock = clock;
  }

  /** Goes on from `state`, in its stage. */
  static async open(
    engine: Engine,
    config: TrainingConfig,
    state: TrainingState,
    reader: BatchReader,
    clock: () => number,
  ): Promise<StageRunner> {
    const { preset } = config;
    const index = state.counters.stage;
    const stage = preset.stages[index]!;
    const programs = { critic: criticStep(preset, stage), generator: generatorStep(preset, stage) };
    return new StageRunner(config, index, await engine.open(programs, state.values), reader, clock);
  }

  async release(): Promise<void> {
    await this.#prefetched?.batch.catch(() => undefined);
    await this.#session.release();
  }

  /** A copy of parameters, moments and averages as they are now. */
  read(): Promise<TrainingState['values']> {
    return this.#session.read();
  }

  /**
   * The generator update that the counters point at: critic steps, then one generator step. The result depends on
   * the state, the seed and the counters only. If `aborted` turns true on the way, it stops before the
   * next critic step.
   */
  async update({ stageUpdate, criticStep: begin }: Counters, aborted: () => boolean): Promise<UpdateResult> {
    const { preset, seed } = this.#config;
    const stage = preset.stages[this.#stage]!;
    const { latentSize } = preset.architecture;
    const adam = adamConfig(preset, stage);
    let measures: Values = {};
    let dataWait = 0;
    const latents = (random: Random): Float32Array =>
      Float32Array.from({ length: stage.batchSize * latentSize }, () => random.gaussian());

    for (let done = begin; done < preset.criticSteps; done++) {
      const step = stageUpdate * preset.criticSteps + done;
      const asked = this.#clock();
      const real = await this.#batch(step);
      dataWait += this.#clock() - asked;
      if (aborted()) return { criticStep: done, dataWait };
      const random = Random.of(seed, 'critic step', stage.resolution, step);
      const latent = latents(random);
      const mix = Float32Array.from({ length: stage.batchSize }, () => random.uniform());
      measures = await this.#session.run('critic', {
        ...scalars(adamScalars(adam, step + 1)),
        real,
        latent,
        mix,
      });
    }
    const rate = stageUpdate < preset.averageWarmUp ? preset.averageWarmUpRate : preset.averageRate;
    const results = await this.#session.run('generator', {
      ...scalars(adamScalars(adam, stageUpdate + 1)),
      latent: latents(Random.of(seed, 'generator step', stage.resolution, stageUpdate)),
      averageRate: Float32Array.of(rate),
    });
    return { criticStep: 0, measures: finite({ ...measures, ...results }), dataWait };
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
    criticGradientNorm: read('criticGradientNorm'),
    generatorGradientNorm: read('generatorGradientNorm'),
  };
}
