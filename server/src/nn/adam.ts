/**
 * Adam (Kingma and Ba 2015, algorithm 1) as part of a graph, and the exponential moving average of parameters.
 * Both are pure: values in, new values out.
 */
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';

export interface AdamConfig {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
}

/** What of one update depends on the step number only; fed at every run as two scalars. */
export interface AdamScalars {
  /** learningRate / (1 − beta1^step) */
  readonly stepSize: number;
  /** 1 / (1 − beta2^step) */
  readonly secondCorrection: number;
}

/**
 * The bias corrections for step 1, 2, …. They are computed outside the graph because 1 − beta2^step loses its digits
 * in float32 during the first steps.
 */
export function adamScalars(config: AdamConfig, step: number): AdamScalars {
  return {
    stepSize: config.learningRate / (1 - config.beta1 ** step),
    secondCorrection: 1 / (1 - config.beta2 ** step),
  };
}

/** θ − stepSize · m / (√(v · secondCorrection) + ε), with the new moments m and v. */
export function adamUpdate(
  config: AdamConfig,
  parameter: Tensor,
  gradient: Tensor,
  moments: Moments,
  scalars: { readonly [name in keyof AdamScalars]: Tensor },
): { parameter: Tensor; moments: Moments } {
  const first = blend(moments.first, gradient, config.beta1);
  const second = blend(moments.second, t.square(gradient), config.beta2);
  const scale = t.add(t.sqrt(t.mul(second, scalars.secondCorrection)), config.epsilon);
  return {
    parameter: t.sub(parameter, t.mul(scalars.stepSize, t.div(first, scale))),
    moments: { first, second },
  };
}

/** average + rate · (value − average). */
export const movingAverage = (average: Tensor, value: Tensor, rate: Tensor): Tensor =>
  t.add(average, t.mul(rate, t.sub(value, average)));

const blend = (old: Tensor, now: Tensor, keep: number): Tensor =>
  t.add(t.mul(old, keep), t.mul(now, 1 - keep));
