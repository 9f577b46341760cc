/**
 * Differentiable augmentation (Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", 2020): what
 * the critic sees, real or made, is varied at random on the way to it. It cannot learn a small set by heart, and since
 * gradients pass through the variations, the generator does not learn to make them.
 */
import { z } from 'zod';
import type { Random } from '../nn/random.ts';
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { adaptiveAugmentationSchema } from './adaptiveAugmentation.ts';
import { GROUND } from './ground.ts';
import type { Architecture } from './presets.ts';

export const criticAugmentationSchema = z.object({
  /** How often each of the three happens: shifts to a whole batch, the others to each sample by itself. */
  probability: z.number().min(0).max(1),
  /** Shift along each axis, at most this share of the edge. */
  shiftShare: z.number().min(0).max(0.5),
  /** Attenuation of the nodule, ± this much of the range [−1, 1], in proportion to alpha. */
  attenuation: z.number().min(0).max(1),
  /** Edge of a box that is replaced by the ground, as a share of the patch's. */
  cutoutShare: z.number().min(0).max(1),
  /** How the probability follows the critic's overfitting from `probability` on; null: it stays. */
  adaptive: adaptiveAugmentationSchema.nullable().default(null),
});
export type CriticAugmentation = z.infer<typeof criticAugmentationSchema>;

const AXES = ['z', 'y', 'x'] as const;

/** The image as the critic is to see it. Feeds: see `drawCriticAugmentation`. */
export function augmentForCritic(
  image: Tensor,
  augmentation: CriticAugmentation | null,
  { output }: Architecture,
): Tensor {
  if (augmentation === null) return image;
  const [batch, channels, r] = image.shape as [number, number, number];
  const ground = t.constant(GROUND[output], [1, channels, 1, 1, 1]);
  let above = t.sub(image, ground);
  if (output === 'hu+alpha') {
    const alpha = t.mul(t.slice(above, 1, 1, 2), 0.5);
    const brighter = t.mul(alpha, t.input('augment.attenuation', [batch, 1, 1, 1, 1]));
    above = t.concat([t.add(t.slice(above, 1, 0, 1), brighter), t.slice(above, 1, 1, 2)], 1);
  }
  for (const axis of AXES) {
    // The last axis moves to the front: after three turns all are where they were.
    const rows = t.matMul(
      t.reshape(above, [batch * channels * r * r, r]),
      t.input(`augment.${axis}`, [r, r]),
    );
    above = t.transpose(t.reshape(rows, [batch, channels, r, r, r]), [0, 1, 4, 2, 3]);
  }
  return t.add(t.mul(above, t.input('augment.kept', [batch, 1, r, r, r])), ground);
}

/**
 * The feeds of one step: `augment.z`, `.y`, `.x` [r, r] (shifts), `augment.kept` [batch, 1, r, r, r] (0 in the box
 * that is cut out) and, with alpha, `augment.attenuation` [batch, 1, 1, 1, 1].
 */
export function drawCriticAugmentation(
  augmentation: CriticAugmentation | null,
  { output }: Architecture,
  batch: number,
  r: number,
  random: Random,
): Record<string, Float32Array> {
  if (augmentation === null) return {};
  const { probability, shiftShare, attenuation, cutoutShare } = augmentation;
  const happens = (): boolean => random.uniform() < probability;
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const shifts = happens();
  const feeds: Record<string, Float32Array> = {};
  for (const axis of AXES)
    feeds[`augment.${axis}`] = shiftMatrix(
      r,
      shifts ? Math.round(between(-shiftShare * r, shiftShare * r)) : 0,
    );
  const kept = new Float32Array(batch * r ** 3).fill(1);
  for (let i = 0; i < batch; i++) if (happens()) cutBox(kept, i * r ** 3, r, cutoutShare, random);
  feeds['augment.kept'] = kept;
  if (output === 'hu+alpha')
    feeds['augment.attenuation'] = Float32Array.from({ length: batch }, () =>
      happens() ? between(-attenuation, attenuation) : 0,
    );
  return feeds;
}

/** A row times this matrix is the row moved by `by` places; what comes in from outside is 0. */
function shiftMatrix(r: number, by: number): Float32Array {
  const matrix = new Float32Array(r * r);
  for (let from = 0; from < r; from++) {
    const to = from + by;
    if (to >= 0 && to < r) matrix[from * r + to] = 1;
  }
  return matrix;
}

function cutBox(kept: Float32Array, at: number, r: number, share: number, random: Random): void {
  const edge = Math.round(share * r);
  const begin = AXES.map(() => random.integer(r + 1) - Math.floor(edge / 2));
  const range = (axis: number): [number, number] => [
    Math.max(0, begin[axis]!),
    Math.min(r, begin[axis]! + edge),
  ];
  const [[z0, z1], [y0, y1], [x0, x1]] = [range(0), range(1), range(2)];
  for (let z = z0; z < z1; z++)
    for (let y = y0; y < y1; y++) kept.fill(0, at + (z * r + y) * r + x0, at + (z * r + y) * r + x1);
}
