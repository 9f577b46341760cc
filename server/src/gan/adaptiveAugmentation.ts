/**
 * Adaptive augmentation (Karras et al., "Training Generative Adversarial Networks with Limited Data", 2020): how often the
 * critic's images are varied follows from how far it has learned its patches by heart.
 *
 * The paper's measure in common use counts how many real images a critic scores above zero. The zero of a Wasserstein
 * critic means nothing: a constant can be added to all its scores. So the other measure of the paper is taken, with
 * patients that are held back from training: r = (E[D(trained)] − E[D(held back)]) / (E[D(trained)] − E[D(generated)]).
 * It does not change with a constant nor a factor; it is 0 where held-back patches score as those that were trained on, and
 * 1 where they score no better than generated ones.
 */
import { z } from 'zod';

export const adaptiveAugmentationSchema = z.object({
  /** The r that is aimed at: above it the probability rises, below it falls. */
  target: z.number().gt(0).lt(1),
  /** Share of the patches whose patients are held back. */
  heldBack: z.number().gt(0).max(0.5),
  /** Updates from one look to the next. */
  every: z.number().int().positive(),
  /** Real patches during which the probability goes from 0 to 1 if it never turns. */
  patchesToFull: z.number().positive(),
  /** The most that it gets to: what always happens is learned as a part of the nodule. */
  most: z.number().gt(0).max(1),
});
export type AdaptiveAugmentation = z.infer<typeof adaptiveAugmentationSchema>;

/** Mean scores of the critic for patches that it is trained on, that are held back, and that are generated. */
export interface Scores {
  readonly trained: number;
  readonly heldBack: number;
  readonly generated: number;
}

/** In a training's state: probability, both mean differences, and looks since the means began. */
export const AUGMENTATION_STATE = 'augmentation.state';
export const AUGMENTATION_SHAPE = [4] as const;

/** Looks over which the differences are averaged: those of single batches scatter by more than they are. */
const WINDOW = 16;

export const startAugmentation = (probability: number): Float32Array => Float32Array.of(probability, 0, 0, 0);

/** The next stage's critic has new layers: what was seen of the old one does not hold for it, the probability does. */
export const keptAugmentation = (state: Float32Array): Float32Array => startAugmentation(state[0]!);

export const probabilityOf = (state: Float32Array): number => state[0]!;

/** r from −1 to 1; 0 before the first look, and where the critic does not tell real from generated. */
export function overfittingOf(state: Float32Array): number {
  const [, toHeldBack = 0, toGenerated = 0] = state;
  return toGenerated > 0 ? Math.max(-1, Math.min(1, toHeldBack / toGenerated)) : 0;
}

/**
 * The state after a look.
 * @param patches real patches that the critic is shown from one look to the next
 */
export function afterLook(
  state: Float32Array,
  { trained, heldBack, generated }: Scores,
  { target, patchesToFull, most }: AdaptiveAugmentation,
  patches: number,
): Float32Array {
  const [probability = 0, toHeldBack = 0, toGenerated = 0, looks = 0] = state;
  const weight = 1 / Math.min(WINDOW, looks + 1);
  const next = Float32Array.of(
    probability,
    toHeldBack + weight * (trained - heldBack - toHeldBack),
    toGenerated + weight * (trained - generated - toGenerated),
    Math.min(WINDOW, looks + 1),
  );
  const by = Math.sign(overfittingOf(next) - target) * (patches / patchesToFull);
  next[0] = Math.max(0, Math.min(most, probability + by));
  return next;
}
