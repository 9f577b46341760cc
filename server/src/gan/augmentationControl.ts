/** How the critic's images are varied while a stage runs: always alike, or as its overfitting asks for. */
import type { PatchSource } from '../dataset/patchSource.ts';
import type { Session } from '../engine/engine.ts';
import type { Program } from '../tensor/index.ts';
import { Random } from '../nn/random.ts';
import { NoduleLabError } from '../volume/errors.ts';
import {
  afterLook,
  AUGMENTATION_STATE,
  overfittingOf,
  probabilityOf,
  type AdaptiveAugmentation,
  type Scores,
} from './adaptiveAugmentation.ts';
import { BatchConditions } from './batchConditions.ts';
import { openBatchLoader, type BatchLoader } from './batchLoader.ts';
import { drawCriticAugmentation, type CriticAugmentation } from './criticAugmentation.ts';
import { drawChance } from './inputs.ts';
import type { Preset, Stage } from './presets.ts';
import { scorePrograms, type ScoreName } from './steps.ts';

type Values = Record<string, Float32Array>;

/** What a training tells of it; nothing where augmentation does not adapt. */
export interface AugmentationMeasures {
  /** Probability that the next update has. */
  readonly augmentation?: number;
  /** See `overfittingOf`. */
  readonly overfitting?: number;
}

interface Looking {
  readonly adaptive: AdaptiveAugmentation;
  readonly loader: BatchLoader;
  readonly asked: BatchConditions;
  state: Float32Array;
}

export class AugmentationControl {
  readonly #preset: Preset;
  readonly #stage: Stage;
  readonly #seed: number;
  readonly #looking: Looking | undefined;

  private constructor(preset: Preset, stage: Stage, seed: number, looking: Looking | undefined) {
    this.#preset = preset;
    this.#stage = stage;
    this.#seed = seed;
    this.#looking = looking;
  }

  /** @param values the training's state, which holds its own where it adapts */
  static async open(
    preset: Preset,
    stage: Stage,
    seed: number,
    values: Readonly<Values>,
    heldBack: PatchSource | undefined,
  ): Promise<AugmentationControl> {
    const adaptive = preset.criticAugmentation?.adaptive ?? null;
    if (adaptive === null) return new AugmentationControl(preset, stage, seed, undefined);
    const state = values[AUGMENTATION_STATE];
    if (state === undefined || heldBack === undefined)
      throw new NoduleLabError(
        'invalid-input',
        `${preset.name} adapts its augmentation by patches that are held back, and this training holds none: begin it anew.`,
      );
    // One batch every few updates: not worth threads of its own.
    const loader = await openBatchLoader({ source: heldBack, stage, preset, seed, threads: 0 });
    const asked = new BatchConditions(heldBack, preset, stage, seed);
    return new AugmentationControl(preset, stage, seed, { adaptive, state, loader, asked });
  }

  /** Programs that a session needs for it. */
  get programs(): Readonly<Record<string, Program>> {
    return this.#looking === undefined ? {} : scorePrograms(this.#preset, this.#stage);
  }

  /** What the training's state holds of it. */
  get state(): Readonly<Values> {
    return this.#looking === undefined ? {} : { [AUGMENTATION_STATE]: this.#looking.state.slice() };
  }

  /** As it is at this update. */
  get augmentation(): CriticAugmentation | null {
    const { criticAugmentation } = this.#preset;
    return criticAugmentation === null || this.#looking === undefined
      ? criticAugmentation
      : { ...criticAugmentation, probability: probabilityOf(this.#looking.state) };
  }

  /** Whether it looks after this update. */
  looksAfter(stageUpdate: number): boolean {
    return this.#looking !== undefined && (stageUpdate + 1) % this.#looking.adaptive.every === 0;
  }

  /**
   * Looks at the critic as it is after an update.
   * @param real a batch of the training that the critic has not just seen, and its conditions
   */
  async look(stageUpdate: number, session: Session, real: Float32Array, conditions: Values): Promise<void> {
    const looking = this.#looking;
    if (looking === undefined) return;
    const { adaptive, loader, asked } = looking;
    const number = Math.floor(stageUpdate / adaptive.every);
    const score = async (program: ScoreName, whose: keyof Scores, feeds: Values): Promise<number> =>
      (await session.run(program, { ...feeds, ...this.#draw(whose, number) })).score![0]!;
    const scores: Scores = {
      trained: await score('scoreReal', 'trained', { real, ...conditions }),
      heldBack: await score('scoreReal', 'heldBack', {
        real: await loader.batch(number),
        ...asked.ofRealBatch(number),
      }),
      generated: await score('scoreGenerated', 'generated', conditions),
    };
    const shown = adaptive.every * this.#preset.criticSteps * this.#stage.batchSize;
    looking.state = afterLook(looking.state, scores, adaptive, shown);
  }

  get measures(): AugmentationMeasures {
    if (this.#looking === undefined) return {};
    const { state } = this.#looking;
    return { augmentation: probabilityOf(state), overfitting: overfittingOf(state) };
  }

  async release(): Promise<void> {
    await this.#looking?.loader.release();
  }

  /** Chance of one score: each has its own, and all the same augmentation. */
  #draw(whose: keyof Scores, number: number): Values {
    const { architecture } = this.#preset;
    const { batchSize, resolution } = this.#stage;
    const random = Random.of(this.#seed, 'look', resolution, number, whose);
    return {
      ...drawChance(architecture, batchSize, resolution, random),
      ...drawCriticAugmentation(this.augmentation, architecture, batchSize, resolution, random),
    };
  }
}
