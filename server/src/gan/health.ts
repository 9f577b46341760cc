/**
 * Whether a WGAN-GP training goes well, from its measures and from samples of the averaged generator. A rule that is
 * broken is a warning; what cannot recover ends the training.
 *
 * The thresholds were held against a healthy training of 1,289 updates on real nodules (grown to 64³, 2 critic steps);
 * the comments say how near it came to each.
 */
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import type { Counters } from '../nn/trainingState.ts';
import type { Measures } from './stageRunner.ts';

/**
 * Updates at the begin of a stage that are not judged: the critic has to learn what real patches look like first, and
 * its slope starts near 0 (healthy: settled after 80).
 */
export const SETTLING_UPDATES = 100;
/** Updates over which the balance is averaged: single batches scatter around any mean. */
const WINDOW = 50;
/**
 * Range of the mean ‖∇D‖ at mixed images. The penalty pulls it to 1, and the estimate of the distance means nothing
 * where it is far from that (healthy: 0.79 to 0.99).
 */
export const SLOPE_RANGE = [0.5, 2] as const;
/**
 * ‖∇D‖ beyond which the critic is not learning but blowing up, when so many updates in a row show it: the penalty
 * alone is then λ · 10⁴ (healthy: 4 in the worst single update).
 */
export const RUNAWAY_SLOPE = 100;
export const RUNAWAY_UPDATES = 10;
/**
 * Share of updates in which generated images score above real ones, averaged over twice the window. A critic that is
 * right on average is sometimes wrong on a batch (healthy: 0.69 at most).
 */
export const CRITIC_WRONG_SHARE = 0.85;
/**
 * How much the size of the critic's loss may grow: its mean over 20 updates beside that over 200. In a training that
 * converges it shrinks or stays (healthy: 2.1 at most).
 */
export const LOSS_GROWTH = 5;
const LOSS_WINDOWS = [20, 200] as const;
/** ‖∂loss/∂θ‖ of the generator below which it learns nothing (healthy, at quarter widths: 0.8 to 160). */
export const VANISHED_GRADIENT = 1e-4;
/**
 * Mean distance between two samples, as a share of that between two real patches, below which samples are copies of
 * each other (healthy: 0.97 to 1.06; the seed's networks before any training: 0.02).
 */
export const COLLAPSED_DIVERSITY = 0.2;
/** The generator has to be given time to leave its start, unless it was more diverse before. */
export const DIVERSE_BY_UPDATE = 1000;
/** Checkpoints in a row with collapsed samples after which the training is stopped: one may be a passing phase. */
export const COLLAPSED_CHECKPOINTS = 3;

export const warningCodeSchema = z.enum([
  'slope',
  'runaway',
  'critic-behind',
  'critic-loss-grows',
  'generator-gradient-vanished',
  'low-diversity',
]);
export type WarningCode = z.infer<typeof warningCodeSchema>;

export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

const mean = z.number();
const memorySchema = z.object({
  stage: z.number().int(),
  /** Running means in the present stage; null before its first judged update. */
  means: z
    .object({ slope: mean, wrong: mean, lossNow: mean, lossBefore: mean, generatorGradient: mean })
    .nullable(),
  /** Updates in a row with a runaway slope. */
  runaway: z.number().int(),
  /** Whether samples were ever diverse, and checkpoints in a row in which they were not although they should be. */
  diverse: z.boolean(),
  collapsed: z.number().int(),
  /** Rules that are broken now: each is told once, when it breaks. */
  broken: z.array(warningCodeSchema),
});
type Memory = z.infer<typeof memorySchema>;

const START: Memory = { stage: 0, means: null, runaway: 0, diverse: false, collapsed: 0, broken: [] };

export class Health {
  #memory: Memory = START;

  /** Whether checkpoints are in doubt: the critic runs away, or samples have collapsed. */
  get doubtful(): boolean {
    return this.#memory.runaway > 0 || this.#memory.collapsed > 0;
  }

  snapshot(): unknown {
    return this.#memory;
  }

  restore(snapshot: unknown): void {
    this.#memory = memorySchema.parse(snapshot);
  }

  /** Judges the measures of one update; gives what is newly wrong. */
  observe({ stage, stageUpdate }: Counters, measures: Measures): Warning[] {
    if (stage !== this.#memory.stage) this.#memory = { ...this.#memory, stage, means: null };
    const runaway = measures.gradientNorm > RUNAWAY_SLOPE ? this.#memory.runaway + 1 : 0;
    this.#memory = { ...this.#memory, runaway };
    if (runaway >= RUNAWAY_UPDATES)
      throw new NoduleLabError(
        'unusable',
        `The training diverged: the critic's slope ‖∇D‖ has been above ${RUNAWAY_SLOPE} for ${runaway} updates ` +
          `(${measures.gradientNorm.toPrecision(3)} now; 1 is ideal). Try a smaller learning rate.`,
        { gradientNorm: measures.gradientNorm },
      );
    const warnings = this.#tell('runaway', runaway > 0, () => runawayMessage(measures));
    const means = this.#blend(stageUpdate, measures);
    if (means === null) return warnings;
    const [low, high] = SLOPE_RANGE;
    const growth = means.lossNow / Math.max(means.lossBefore, Number.MIN_VALUE);
    return [
      ...warnings,
      ...this.#tell('slope', means.slope < low || means.slope > high, () => slopeMessage(means.slope)),
      ...this.#tell('critic-behind', means.wrong > CRITIC_WRONG_SHARE, () =>
        criticBehindMessage(means.wrong),
      ),
      ...this.#tell('critic-loss-grows', growth > LOSS_GROWTH, () => lossMessage(growth)),
      ...this.#tell('generator-gradient-vanished', means.generatorGradient < VANISHED_GRADIENT, () =>
        vanishedMessage(means.generatorGradient),
      ),
    ];
  }

  /**
   * Judges samples of the averaged generator before a checkpoint.
   * @param diversity mean distance between two samples / mean distance between two real patches
   */
  inspect({ update }: Counters, diversity: number): Warning[] {
    const low = diversity < COLLAPSED_DIVERSITY;
    const diverse = this.#memory.diverse || !low;
    const collapsed = low && (diverse || update >= DIVERSE_BY_UPDATE) ? this.#memory.collapsed + 1 : 0;
    this.#memory = { ...this.#memory, diverse, collapsed };
    if (collapsed >= COLLAPSED_CHECKPOINTS)
      throw new NoduleLabError(
        'unusable',
        `The generator collapsed: its samples differ by only ${percent(diversity)} of what real patches differ, ` +
          `at ${collapsed} checkpoints in a row. Train anew with another seed, a smaller learning rate or more ` +
          'critic steps.',
        { diversity },
      );
    return this.#tell('low-diversity', collapsed > 0, () => diversityMessage(diversity));
  }

  #blend(stageUpdate: number, measures: Measures): Memory['means'] {
    if (stageUpdate <= SETTLING_UPDATES) return null;
    const loss = Math.abs(measures.criticLoss);
    const now = {
      slope: measures.gradientNorm,
      wrong: measures.wasserstein < 0 ? 1 : 0,
      lossNow: loss,
      lossBefore: loss,
      generatorGradient: measures.generatorGradientNorm,
    };
    const old = this.#memory.means;
    const means =
      old === null
        ? // One batch does not make a wrong critic: both begin where nothing is known.
          { ...now, slope: 1, wrong: 0.5 }
        : {
            slope: towards(old.slope, now.slope, WINDOW),
            wrong: towards(old.wrong, now.wrong, 2 * WINDOW),
            lossNow: towards(old.lossNow, loss, LOSS_WINDOWS[0]),
            lossBefore: towards(old.lossBefore, loss, LOSS_WINDOWS[1]),
            generatorGradient: towards(old.generatorGradient, now.generatorGradient, WINDOW),
          };
    this.#memory = { ...this.#memory, means };
    return means;
  }

  /** A warning when a rule breaks; none while it stays broken. */
  #tell(code: WarningCode, isBroken: boolean, message: () => string): Warning[] {
    const known = this.#memory.broken.includes(code);
    if (isBroken === known) return [];
    const others = this.#memory.broken.filter((other) => other !== code);
    this.#memory = { ...this.#memory, broken: isBroken ? [...others, code] : others };
    return isBroken ? [{ code, message: message() }] : [];
  }
}

const towards = (old: number, now: number, window: number): number => old + (now - old) / window;
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

const runawayMessage = ({ gradientNorm }: Measures): string =>
  `The critic's slope ‖∇D‖ is ${gradientNorm.toPrecision(3)} (1 is ideal): after ${RUNAWAY_UPDATES} such updates in ` +
  'a row the training is stopped.';
const slopeMessage = (slope: number): string =>
  `The critic's mean slope ‖∇D‖ is ${slope.toPrecision(3)}, far from 1: the gradient penalty does not hold it. ` +
  'A smaller learning rate or more critic steps may help.';
const criticBehindMessage = (share: number): string =>
  `The critic scores generated patches above real ones in ${percent(share)} of the updates: it does not keep up ` +
  'with the generator. More critic steps may help.';
const lossMessage = (growth: number): string =>
  `The critic's loss has grown to ${growth.toPrecision(2)} times what it was: the networks drift apart. ` +
  'A smaller learning rate may help.';
const vanishedMessage = (norm: number): string =>
  `The generator's gradient has vanished (${norm.toExponential(1)}): it learns nothing. Its activations may have ` +
  'died; try another seed or a smaller learning rate.';
const diversityMessage = (diversity: number): string =>
  `Samples differ by only ${percent(diversity)} of what real patches differ: the generator may be collapsing. ` +
  `After ${COLLAPSED_CHECKPOINTS} such checkpoints in a row the training is stopped.`;
