/**
 * Real nodules under white noise: what the speckle of an unfinished generator does. The constant ground stays constant,
 * else anything would see the noise there; white noise holds the finest patterns (the checkerboard of transposed
 * convolutions) and the coarse ones alike.
 */
import { Random } from '../../nn/random.ts';
import type { PatchGroup } from '../patchGroup.ts';
import { controlOf, HU, offGround } from './control.ts';
import type { ControlGroup } from './control.ts';

/** Standard deviation, HU. */
export const NOISE_HU = 150;
const { max, min } = Math;

export function noiseControl(real: PatchGroup, seed: number): ControlGroup {
  return controlOf({
    name: 'noise',
    made: `Real patches with white Gaussian noise of ${NOISE_HU} HU (standard deviation) on what is not constant ground.`,
    from: real,
    recipe: [1, seed, NOISE_HU],
    make: (values, index) => withNoise(values, NOISE_HU, Random.of('noise control', seed, index)),
  });
}

/** Adds noise off the constant ground, in place. */
export function withNoise(values: Float32Array, sdHu: number, random: Random): Float32Array {
  for (let at = 0; at < values.length; at++) {
    const share = offGround(values[at]!);
    // What 16 bits make of the constant ground is ground as well.
    if (share < 0.02) continue;
    values[at] = min(1, max(0, values[at]! + share * sdHu * HU * random.gaussian()));
  }
  return values;
}
