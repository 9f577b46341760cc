/** Runs the updates of one stage: the state stays in the engine and is read only when it is to be kept. */
import type { PatchSource } from '../dataset/patchSource.ts';
import type { Engine, Session } from '../engine/engine.ts';
import { placed, sequence } from '../engine/sequence.ts';
import type { Program } from '../tensor/index.ts';
import { adamScalars, type AdamScalars } from '../nn/adam.ts';
import { Random } from '../nn/random.ts';
import type { Counters, TrainingState } from '../nn/trainingState.ts';
import { AUGMENTATION_STATE } from './adaptiveAugmentation.ts';
import { AugmentationControl, type AugmentationMeasures } from './augmentationControl.ts';
import { BatchConditions } from './batchConditions.ts';
import { openBatchLoader, type BatchLoader } from './batchLoader.ts';
import { drawCriticAugmentation } from './criticAugmentation.ts';
import { drawChance } from './inputs.ts';
import type { Preset, Stage } from './presets.ts';
import { adamConfig, criticStep, generatorStep, partsState, stepParts, type PartName } from './steps.ts';
import type { TrainingConfig } from './trainingState.ts';

export interface Measures extends AugmentationMeasures {
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
  readonly step: number;
  /** Of a whole update; undefined if it was aborted on the way. */
  readonly measures?: Measures;
  /** Milliseconds during which the engine waited for real patches. */
  readonly dataWait: number;
}

type Values = Record<string, Float32Array>;

const CRITIC_PARTS = ['generate', 'real', 'fake', 'penalty'] as const satisfies PartName[];
const GENERATOR_PARTS = ['generate', 'judge', 'generator'] as const satisfies PartName[];

export class StageRunner {
  readonly #config: TrainingConfig;
  readonly #stage: number;
  readonly #session: Session;
  readonly #loader: BatchLoader;
  readonly #asked: BatchConditions;
  readonly #control: AugmentationControl;
  readonly #clock: () => number;
  /** Whether the session holds a whole update as one program. */
  readonly #atOnce: boolean;
  /** Batches asked for before they are needed. */
  #ahead = new Map<number, Promise<Float32Array>>();

  private constructor(
    config: TrainingConfig,
    stage: number,
    session: Session,
    loader: BatchLoader,
    asked: BatchConditions,
    control: AugmentationControl,
    clock: () => number,
    atOnce: boolean,
  ) {
    this.#config = config;
    this.#stage = stage;
    this.#session = session;
    this.#loader = loader;
    this.#asked = asked;
    this.#control = control;
    this.#clock = clock;
    this.#atOnce = atOnce;
  }

  /**
   * Goes on from `state`, in its stage. Where the state would cross to the engine's device and back with every step, a
   * whole update is one program.
   * @param dataThreads threads that make batches (see batchLoader.ts)
   * @param heldBack patches that it does not train on, where augmentation adapts
   */
  static async open(
    engine: Engine,
    config: TrainingConfig,
    state: TrainingState,
    source: PatchSource,
    clock: () => number,
    dataThreads?: number,
    heldBack?: PatchSource,
  ): Promise<StageRunner> {
    const { preset, seed } = config;
    const { stage: index, stageUpdate, step } = state.counters;
    const stage = preset.stages[index]!;
    const threads = dataThreads === undefined ? {} : { threads: dataThreads };
    const loader = await openBatchLoader({ source, stage, preset, seed, ...threads });
    try {
      // Made while the engine compiles; whoever runs the first update meets its failure.
      loader.batch(stageUpdate * preset.criticSteps + step).catch(() => undefined);
      const { [AUGMENTATION_STATE]: _, ...values } = state.values;
      const control = await AugmentationControl.open(preset, stage, seed, state.values, heldBack);
      const atOnce = engine.stateCrossesHost;
      // Parts also end an update that was begun by them.
      const inParts = !atOnce || step > 0;
      const programs = {
        ...(atOnce ? { update: wholeUpdate(preset, stage, values) } : {}),
        ...(inParts ? stepParts(preset, stage) : {}),
        ...control.programs,
      };
      const further = inParts ? partsState(preset, stage) : {};
      const session = await engine.open(programs, { ...values, ...further });
      const asked = new BatchConditions(source, preset, stage, seed);
      return new StageRunner(config, index, session, loader, asked, control, clock, atOnce);
    } catch (error) {
      await loader.release();
      throw error;
    }
  }

  async release(): Promise<void> {
    await this.#loader.release();
    await this.#control.release();
    await this.#session.release();
  }

  /** A copy of parameters, moments and averages as they are now. */
  async read(): Promise<TrainingState['values']> {
    const { preset } = this.#config;
    const parts = partsState(preset, preset.stages[this.#stage]!);
    const state = await this.#session.read();
    const values = Object.entries(state).filter(([name]) => !(name in parts));
    return { ...Object.fromEntries(values), ...this.#control.state };
  }

  /**
   * The generator update that the counters point at: critic steps, then one generator step. The result depends on
   * the state, the seed and the counters only. If `aborted` turns true on the way, it stops before the
   * next critic step, or before the update where that is one program.
   */
  async update({ stageUpdate, step }: Counters, aborted: () => boolean): Promise<UpdateResult> {
    const result =
      this.#atOnce && step === 0
        ? await this.#updateAtOnce(stageUpdate, aborted)
        : await this.#updateByStep(stageUpdate, step, aborted);
    if (result.measures === undefined) return result;
    if (this.#control.looksAfter(stageUpdate)) {
      const next = (stageUpdate + 1) * this.#config.preset.criticSteps;
      const conditions = this.#asked.ofRealBatch(next);
      await this.#control.look(stageUpdate, this.#session, await this.#batch(next), conditions);
    }
    return { ...result, measures: { ...result.measures, ...this.#control.measures } };
  }

  #batch(step: number): Promise<Float32Array> {
    return this.#ahead.get(step) ?? this.#loader.batch(step);
  }

  async #updateByStep(stageUpdate: number, begin: number, aborted: () => boolean): Promise<UpdateResult> {
    const { criticSteps } = this.#config.preset;
    let measures: Values = {};
    let dataWait = 0;
    for (let done = begin; done < criticSteps; done++) {
      const step = stageUpdate * criticSteps + done;
      const asked = this.#clock();
      const real = await this.#loader.batch(step);
      dataWait += this.#clock() - asked;
      if (aborted()) return { step: done, dataWait };
      measures = await this.#runParts(CRITIC_PARTS, this.#criticFeeds(step, real));
    }
    const results = await this.#runParts(GENERATOR_PARTS, this.#generatorFeeds(stageUpdate));
    return {
      step: 0,
      measures: measuresOf(wholeLosses({ ...measures, ...results }, this.#config.preset)),
      dataWait,
    };
  }

  async #runParts(parts: readonly PartName[], feeds: Readonly<Values>): Promise<Values> {
    const results: Values = {};
    for (const part of parts) Object.assign(results, await this.#session.run(part, feeds));
    return results;
  }

  async #updateAtOnce(stageUpdate: number, aborted: () => boolean): Promise<UpdateResult> {
    const { criticSteps } = this.#config.preset;
    const first = stageUpdate * criticSteps;
    const asked = this.#clock();
    const feeds: Values = {};
    for (let done = 0; done < criticSteps; done++) {
      const real = await this.#batch(first + done);
      place(feeds, done, this.#criticFeeds(first + done, real));
    }
    const dataWait = this.#clock() - asked;
    if (aborted()) return { step: 0, dataWait };
    place(feeds, criticSteps, this.#generatorFeeds(stageUpdate));
    // All batches of the next update, while this one runs: the loader itself looks ahead by a few steps only.
    this.#ahead.clear();
    for (let step = first + criticSteps; step < first + 2 * criticSteps; step++) {
      const batch = this.#loader.batch(step);
      batch.catch(() => undefined);
      this.#ahead.set(step, batch);
    }
    const results = await this.#session.run('update', feeds);
    const measures: Values = {};
    for (const name of MEASURES)
      measures[name] = (results[placed(criticSteps, name)] ?? results[placed(criticSteps - 1, name)])!;
    return { step: 0, measures: measuresOf(measures), dataWait };
  }

  /** @param step number of the critic step in the stage */
  #criticFeeds(step: number, real: Float32Array): Values {
    const { preset, seed } = this.#config;
    const stage = preset.stages[this.#stage]!;
    const random = Random.of(seed, 'critic step', stage.resolution, step);
    const chance = drawChance(preset.architecture, stage.batchSize, stage.resolution, random);
    const mix = Float32Array.from({ length: stage.batchSize }, () => random.uniform());
    return {
      ...scalars(adamScalars(adamConfig(preset, stage), step + 1)),
      ...{ real, mix },
      ...chance,
      ...this.#asked.ofRealBatch(step),
      ...this.#augmentation(random),
    };
  }

  #generatorFeeds(stageUpdate: number): Values {
    const { preset, seed } = this.#config;
    const stage = preset.stages[this.#stage]!;
    const rate = stageUpdate < preset.averageWarmUp ? preset.averageWarmUpRate : preset.averageRate;
    const random = Random.of(seed, 'generator step', stage.resolution, stageUpdate);
    return {
      ...scalars(adamScalars(adamConfig(preset, stage), stageUpdate + 1)),
      ...drawChance(preset.architecture, stage.batchSize, stage.resolution, random),
      ...this.#asked.ofGeneratorStep(stageUpdate),
      ...this.#augmentation(random),
      averageRate: Float32Array.of(rate),
    };
  }

  #augmentation(random: Random): Values {
    const { stages, architecture } = this.#config.preset;
    const { batchSize, resolution } = stages[this.#stage]!;
    return drawCriticAugmentation(this.#control.augmentation, architecture, batchSize, resolution, random);
  }
}

/** All steps of an update as one program. */
function wholeUpdate(preset: Preset, stage: Stage, state: TrainingState['values']): Program {
  const criticSteps = new Array<Program>(preset.criticSteps).fill(criticStep(preset, stage));
  return sequence([...criticSteps, generatorStep(preset, stage)], new Set(Object.keys(state)));
}

/** The losses that the parts of a critic step give only together. */
function wholeLosses(results: Values, { gradientPenalty }: Preset): Values {
  const read = (name: string): number => results[name]![0]!;
  const wasserstein = read('realMean') - read('fakeMean');
  const criticLoss = read('realLoss') + read('fakeMean') + gradientPenalty * read('gradientPenalty');
  return { ...results, wasserstein: Float32Array.of(wasserstein), criticLoss: Float32Array.of(criticLoss) };
}

/** Adds what the step at a place of a whole update is fed. */
function place(feeds: Values, at: number, values: Readonly<Values>): void {
  for (const [name, value] of Object.entries(values)) feeds[placed(at, name)] = value;
}

const scalars = (values: AdamScalars): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float32Array.of(value)]));

const MEASURES = [
  'criticLoss',
  'generatorLoss',
  'wasserstein',
  'gradientPenalty',
  'gradientNorm',
  'criticGradientNorm',
  'generatorGradientNorm',
] as const satisfies (keyof Measures)[];

function measuresOf(results: Values): Measures {
  const read = (name: keyof Measures): number => results[name]![0]!;
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
