/** One learning step of a network inside a program: gradients, their norm, and Adam's new parameters and moments. */
import * as t from '../tensor/index.ts';
import type { Program, Tensor } from '../tensor/index.ts';
import { next } from '../engine/engine.ts';
import { adamUpdate, type AdamConfig } from './adam.ts';
import type { ParameterSpec, Parameters } from './layers.ts';

/** Names of Adam's moments in a training's state. */
export const firstMoment = (name: string): string => `adam.first.${name}`;
export const secondMoment = (name: string): string => `adam.second.${name}`;

/** Every parameter as an input of the program, by its own name. */
export function parameterInputs(specs: readonly ParameterSpec[]): Parameters {
  const inputs = new Map(specs.map(({ name, shape }) => [name, t.input(name, shape)]));
  return (name) => inputs.get(name)!;
}

/**
 * One Adam step of the parameters `learning` down the scalar `loss`. `outputs` holds each parameter and its two
 * moments under `next(name)`; the program gets Adam's scalars `stepSize` and `secondCorrection` as further inputs.
 * `gradientNorm` is ‖∂loss/∂θ‖₂ over all of them together, a scalar.
 */
export function learn(
  learning: readonly ParameterSpec[],
  parameters: Parameters,
  loss: Tensor,
  config: AdamConfig,
): { outputs: Program; gradientNorm: Tensor } {
  const tensors = learning.map(({ name }) => parameters(name));
  return learnFrom(learning, parameters, t.gradient(loss, tensors), config);
}

/** The same from the derivatives of the loss by each of `learning`. */
export function learnFrom(
  learning: readonly ParameterSpec[],
  parameters: Parameters,
  gradients: readonly Tensor[],
  config: AdamConfig,
): { outputs: Program; gradientNorm: Tensor } {
  const scalars = { stepSize: t.input('stepSize', []), secondCorrection: t.input('secondCorrection', []) };
  const outputs: Record<string, Tensor> = {};
  learning.forEach(({ name, shape }, i) => {
    const moments = { first: t.input(firstMoment(name), shape), second: t.input(secondMoment(name), shape) };
    const updated = adamUpdate(config, parameters(name), gradients[i]!, moments, scalars);
    outputs[next(name)] = updated.parameter;
    outputs[next(firstMoment(name))] = updated.moments.first;
    outputs[next(secondMoment(name))] = updated.moments.second;
  });
  return { outputs, gradientNorm: globalNorm(gradients) };
}

/** The L2 norm of all values of all tensors together. */
const globalNorm = (tensors: readonly Tensor[]): Tensor =>
  t.sqrt(tensors.map((tensor) => t.sumAll(t.square(tensor))).reduce((sum, part) => t.add(sum, part)));
