/** The conditions of every step: those of the real patches, varied a little. */
import type { PatchSource } from '../dataset/patchSource.ts';
import { Random } from '../nn/random.ts';
import { batchPlan } from './batchLoader.ts';
import { BatchOrder } from './batches.ts';
import { CONDITION_RANGES, encodeConditions, type ConditionName, type Conditions } from './conditions.ts';
import type { Preset, Stage } from './presets.ts';
import { conditionsOfSet } from './trainingData.ts';

export class BatchConditions {
  readonly #preset: Preset;
  readonly #stage: Stage;
  readonly #seed: number;
  readonly #order: BatchOrder;
  readonly #ofSet: readonly Conditions[];

  constructor(source: PatchSource, preset: Preset, stage: Stage, seed: number) {
    this.#preset = preset;
    this.#stage = stage;
    this.#seed = seed;
    this.#order = new BatchOrder(batchPlan(source, preset, stage, seed));
    this.#ofSet = preset.architecture.conditions.length > 0 ? conditionsOfSet(source) : [];
  }

  /** Feed `conditions` of a critic step: what its real patches are, and its generated ones are to be. */
  ofRealBatch(step: number): Record<string, Float32Array> {
    return this.#feed(step, 'critic conditions', step);
  }

  /** Of a generator step: those of a batch that no critic step of its update has. */
  ofGeneratorStep(stageUpdate: number): Record<string, Float32Array> {
    return this.#feed((stageUpdate + 1) * this.#preset.criticSteps, 'generator conditions', stageUpdate);
  }

  #feed(batch: number, stream: string, step: number): Record<string, Float32Array> {
    const { conditions: names } = this.#preset.architecture;
    if (names.length === 0) return {};
    const random = Random.of(this.#seed, stream, this.#stage.resolution, step);
    const rows = this.#order
      .patches(batch)
      .flatMap((patch) => [...encodeConditions(names, this.#varied(this.#ofSet[patch]!, random))]);
    return { conditions: Float32Array.from(rows) };
  }

  #varied(conditions: Conditions, random: Random): Conditions {
    const { conditionJitter } = this.#preset;
    const vary = (name: ConditionName, value: number): number => {
      const by = conditionJitter * (2 * random.uniform() - 1);
      const [low, high] = CONDITION_RANGES[name];
      return Math.min(high, Math.max(low, name === 'diameter' ? value * 2 ** by : value + by));
    };
    const entries = Object.entries(conditions) as [ConditionName, number][];
    return Object.fromEntries(entries.map(([name, value]) => [name, vary(name, value)])) as Record<
      ConditionName,
      number
    >;
  }
}
