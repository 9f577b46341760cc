/**
 * The two steps of a Wasserstein GAN with gradient penalty (Gulrajani et al. 2017), each one program: forward,
 * backward (for the penalty twice), Adam, and for the generator its moving average.
 *
 * Every value of the training's state is an input by its own name and an output by `next(name)`.
 */
import * as t from '../tensor/index.ts';
import type { Program, Tensor } from '../tensor/index.ts';
import { next } from '../engine/engine.ts';
import { movingAverage, type AdamConfig } from '../nn/adam.ts';
import { upsampleLinear, type Layer, type Parameters } from '../nn/layers.ts';
import { learn, parameterInputs } from '../nn/learning.ts';
import { critic } from './critic.ts';
import { generator } from './generator.ts';
import type { Preset, Stage } from './presets.ts';

export const average = (name: string): string => `average.${name}`;

export const adamConfig = (preset: Preset, stage: Stage): AdamConfig => ({
  learningRate: stage.learningRate,
  beta1: preset.adamBeta1,
  beta2: preset.adamBeta2,
  epsilon: preset.adamEpsilon,
});

/** Under the square root of the penalty, whose derivative would be infinite for a gradient of exactly zero. */
const SLOPE_EPSILON = 1e-12;

/**
 * One critic step. Feeds besides the state: `real` [B, 1, r, r, r] in [−1, 1], `latent` [B, latentSize], `mix`
 * [B, 1, 1, 1, 1] in [0, 1], and Adam's two scalars. Measures: `criticLoss`, `wasserstein` (E[D(real)] − E[D(fake)]),
 * `gradientPenalty` (before λ), `gradientNorm` (mean of ‖∇D‖ at the mixed images) and `criticGradientNorm` (that of the
 * loss by all parameters of the critic together).
 */
export function criticStep(preset: Preset, stage: Stage): Program {
  const { batchSize: batch, resolution: r } = stage;
  const judge = critic(preset.architecture, r);
  const make = generator(preset.architecture, r);
  const parameters = parameterInputs([...judge.parameters, ...make.parameters]);

  const real = t.input('real', [batch, 1, r, r, r]);
  const fake = make.apply(parameters, t.input('latent', [batch, preset.architecture.latentSize]));
  const scoreReal = judge.apply(parameters, real);
  const meanReal = mean(scoreReal);
  const meanFake = mean(judge.apply(parameters, fake));
  const penalty = gradientPenalty(judge, parameters, real, fake, t.input('mix', [batch, 1, 1, 1, 1]));

  const wasserstein = t.sub(meanReal, meanFake);
  let criticLoss = t.add(t.neg(wasserstein), t.mul(penalty.value, preset.gradientPenalty));
  if (preset.drift > 0) criticLoss = t.add(criticLoss, t.mul(mean(t.square(scoreReal)), preset.drift));
  const learned = learn(judge.parameters, parameters, criticLoss, adamConfig(preset, stage));
  return {
    criticLoss,
    wasserstein,
    gradientPenalty: penalty.value,
    gradientNorm: penalty.norm,
    criticGradientNorm: learned.gradientNorm,
    ...learned.outputs,
  };
}

/**
 * One generator step. Feeds besides the state: `latent` [B, latentSize], Adam's two scalars and `averageRate`.
 * Measures: `generatorLoss` and `generatorGradientNorm` (of the loss by all parameters of the generator together).
 */
export function generatorStep(preset: Preset, stage: Stage): Program {
  const judge = critic(preset.architecture, stage.resolution);
  const make = generator(preset.architecture, stage.resolution);
  const parameters = parameterInputs([...judge.parameters, ...make.parameters]);
  const latent = t.input('latent', [stage.batchSize, preset.architecture.latentSize]);
  const generatorLoss = t.neg(mean(judge.apply(parameters, make.apply(parameters, latent))));
  const learned = learn(make.parameters, parameters, generatorLoss, adamConfig(preset, stage));
  const program: Record<string, Tensor> = {
    generatorLoss,
    generatorGradientNorm: learned.gradientNorm,
    ...learned.outputs,
  };
  const rate = t.input('averageRate', []);
  for (const { name, shape } of make.parameters)
    program[next(average(name))] = movingAverage(t.input(average(name), shape), program[next(name)]!, rate);
  return program;
}

/**
 * The generator alone, one sample: feeds `latent` [1, latentSize], gives `image` [1, 1, s, s, s] in [−1, 1], made at
 * `resolution` and enlarged smoothly to `size`. The parameters are constants of the program, so that an engine
 * prepares them once and not for every sample.
 */
export function sampleProgram(
  preset: Preset,
  resolution: number,
  size: number,
  values: Readonly<Record<string, Float32Array>>,
): Program {
  const make = generator(preset.architecture, resolution);
  const constants = new Map(
    make.parameters.map(({ name, shape }) => [name, t.constant(values[name] ?? [], shape)]),
  );
  const latent = t.input('latent', [1, preset.architecture.latentSize]);
  let image = make.apply((name) => constants.get(name)!, latent);
  while (image.shape[2]! < size) image = upsampleLinear(image);
  return { image };
}

/** E[(‖∇D(x̂)‖ − 1)²] at x̂ = mix · real + (1 − mix) · fake, one mix per sample. */
function gradientPenalty(
  judge: Layer,
  parameters: Parameters,
  real: Tensor,
  fake: Tensor,
  mix: Tensor,
): { value: Tensor; norm: Tensor } {
  const mixed = t.add(fake, t.mul(mix, t.sub(real, fake)));
  const [slope] = t.gradient(t.sumAll(judge.apply(parameters, mixed)), [mixed]);
  const norms = t.sqrt(t.add(t.reduceSum(t.square(slope!), [1, 2, 3, 4]), SLOPE_EPSILON));
  return { value: mean(t.square(t.sub(norms, 1))), norm: mean(norms) };
}

const mean = (x: Tensor): Tensor => t.mul(t.sumAll(x), 1 / t.sizeOf(x.shape));
