/** How often each patch of a set is shown: rare ratings more often than common ones. */
import { z } from 'zod';
import type { Random } from '../nn/random.ts';
import { conditionNameSchema, type Conditions } from './conditions.ts';

export const weightingSchema = z.object({
  /** The conditions by whose values patches are counted; diameters by the octave. */
  by: z.array(conditionNameSchema).min(1),
  /** A value that one patch in n has is shown n^power as often as one that all have. */
  power: z.number().min(0).max(1),
  /** No patch is shown more often than this times the average. */
  cap: z.number().min(1),
});
export type Weighting = z.infer<typeof weightingSchema>;

/** One weight a patch, with mean 1: the product of those of its values. */
export function patchWeights(conditions: readonly Conditions[], { by, power, cap }: Weighting): Float64Array {
  const weights = new Float64Array(conditions.length).fill(1);
  for (const name of by) {
    // A half point of an even number of readers counts with the point above.
    const binOf = (of: Conditions): number =>
      name === 'diameter' ? Math.floor(Math.log2(of.diameter)) : Math.round(of[name]);
    const counts = new Map<number, number>();
    for (const of of conditions) counts.set(binOf(of), (counts.get(binOf(of)) ?? 0) + 1);
    conditions.forEach((of, i) => (weights[i]! *= (conditions.length / counts.get(binOf(of))!) ** power));
  }
  return capped(weights, cap);
}

/** Scaled to mean 1 with none above `cap`: what is cut off goes to the others. */
function capped(weights: Float64Array, cap: number): Float64Array {
  let result = weights;
  // Each round brings at least one more to the cap, or is the last.
  for (let round = 0; round <= weights.length; round++) {
    const mean = result.reduce((sum, weight) => sum + weight, 0) / result.length;
    const scaled = result.map((weight) => Math.min(cap, weight / mean));
    const settled = scaled.every((weight, i) => Math.abs(weight - result[i]!) < 1e-9);
    result = scaled;
    if (settled) break;
  }
  return result;
}

/**
 * An epoch of as many showings as there are patches: each as often as its weight says, up to one more or less by chance
 * (systematic sampling), in random order.
 */
export function weightedOrder(weights: Float64Array, random: Random): Uint32Array {
  const count = weights.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = new Uint32Array(count);
  const start = random.uniform();
  let patch = 0;
  let upTo = weights[0]!;
  for (let place = 0; place < count; place++) {
    const at = ((place + start) / count) * total;
    while (upTo <= at && patch < count - 1) upTo += weights[++patch]!;
    chosen[place] = patch;
  }
  return random.permutation(count).map((place) => chosen[place]!);
}
