/** How parameters start. */
import { sizeOf, type Shape } from '../tensor/index.ts';
import type { Random } from './random.ts';

export type Initialiser = (shape: Shape, random: Random) => Float32Array;

export const zeros: Initialiser = (shape) => new Float32Array(sizeOf(shape));

/** Uniform in ±bound. */
export const uniform =
  (bound: number): Initialiser =>
  (shape, random) =>
    Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.uniform() - 1) * bound);

/** Normal with mean 0. */
export const normal =
  (deviation: number): Initialiser =>
  (shape, random) =>
    Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.gaussian());

/**
 * Uniform in ±1/√fanIn: He initialisation (2015) with the gain for a leaky slope of √5, which is what PyTorch gives
 * its dense and convolution layers, weights and biases alike.
 */
export const fanIn = (inputs: number): Initialiser => uniform(1 / Math.sqrt(inputs));
