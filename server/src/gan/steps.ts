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
import { upsampleLinear, type Parameters } from '../nn/layers.ts';
import { learn, learnFrom, parameterInputs } from '../nn/learning.ts';
import { critic, type CriticNetwork } from './critic.ts';
import { augmentForCritic } from './criticAugmentation.ts';
import { generator, type GeneratorNetwork } from './generator.ts';
import { generatorInputs } from './inputs.ts';
import { channelsOf, type Preset, type Stage } from './presets.ts';

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
 * One critic step. Feeds besides the state: `real` [B, channels, r, r, r] in [−1, 1], what the generator reads (inputs.ts;
 * the conditions are those of the real patches), what varies images for the critic (criticAugmentation.ts), `mix`
 * [B, 1, 1, 1, 1] in [0, 1], and Adam's two scalars. Measures: `criticLoss`, `wasserstein` (E[D(real)] − E[D(fake)]),
 * `gradientPenalty` (before λ), `gradientNorm` (mean of ‖∇D‖ at the mixed images) and `criticGradientNorm` (that of the
 * loss by all parameters of the critic together).
 */
export function criticStep(preset: Preset, stage: Stage): Program {
  const { network, judge, parameters, feeds } = criticGraph(preset, stage);
  const { fake, real, mix } = feeds;
  const onReal = lossOnReal(preset, judge, parameters, real);
  const meanFake = mean(judge(parameters, fake));
  const penalty = gradientPenalty(judge, parameters, real, fake, mix);

  const wasserstein = t.sub(onReal.mean, meanFake);
  const criticLoss = t.add(t.add(onReal.loss, meanFake), t.mul(penalty.value, preset.gradientPenalty));
  const learned = learn(network.parameters, parameters, criticLoss, adamConfig(preset, stage));
  return {
    criticLoss,
    wasserstein,
    gradientPenalty: penalty.value,
    gradientNorm: penalty.norm,
    criticGradientNorm: learned.gradientNorm,
    ...learned.outputs,
  };
}

/** What one part of a step leaves to the next, besides the training's state. */
const FAKE = 'part.fake';
const FAKE_GRADIENT = 'part.fake.gradient';
const gradientSum = (name: string): string => `part.gradient.${name}`;

/**
 * Both steps in parts, each a program, to be run in this order: `generate`, `real`, `fake`, `penalty` are a critic
 * step, `generate`, `judge`, `generator` a generator step. A loss is a sum, so its gradient is summed up part by part,
 * and each part needs its own intermediates only: a third of the memory, for one more pass through the generator.
 * What parts leave to each other is further state (`partsState`). Feeds and measures together are those of
 * `criticStep` and `generatorStep`, but for `criticLoss` and `wasserstein`, which come as `realLoss`, `realMean` and
 * `fakeMean`.
 */
export function stepParts(preset: Preset, stage: Stage): Readonly<Record<PartName, Program>> {
  const { network, judge, make, parameters, feeds } = criticGraph(preset, stage);
  const adam = adamConfig(preset, stage);
  const specs = network.parameters;
  const learning = specs.map(({ name }) => parameters(name));
  const sums = specs.map(({ name, shape }) => t.input(gradientSum(name), shape));
  const named = (gradients: readonly Tensor[]): Program =>
    Object.fromEntries(specs.map(({ name }, i) => [next(gradientSum(name)), gradients[i]!]));
  const added = (loss: Tensor): Tensor[] =>
    t.gradient(loss, learning).map((gradient, i) => t.add(sums[i]!, gradient));

  const fake = t.input(FAKE, feeds.fake.shape);
  const onReal = lossOnReal(preset, judge, parameters, feeds.real);
  const fakeMean = mean(judge(parameters, fake));
  const penalty = gradientPenalty(judge, parameters, feeds.real, fake, feeds.mix);
  const penaltyLoss = t.mul(penalty.value, preset.gradientPenalty);
  const learned = learnFrom(specs, parameters, added(penaltyLoss), adam);

  const generatorLoss = t.neg(fakeMean);
  // The chain rule through the images: d loss / dθ is d (images · d loss / d images) / dθ.
  const throughImages = t.sumAll(t.mul(feeds.fake, t.input(FAKE_GRADIENT, feeds.fake.shape)));
  const made = learn(make.parameters, parameters, throughImages, adam);
  return {
    generate: { [next(FAKE)]: feeds.fake },
    real: { realLoss: onReal.loss, realMean: onReal.mean, ...named(t.gradient(onReal.loss, learning)) },
    fake: { fakeMean, ...named(added(fakeMean)) },
    penalty: {
      gradientPenalty: penalty.value,
      gradientNorm: penalty.norm,
      criticGradientNorm: learned.gradientNorm,
      ...learned.outputs,
    },
    judge: { generatorLoss, [next(FAKE_GRADIENT)]: t.gradient(generatorLoss, [fake])[0]! },
    generator: { generatorGradientNorm: made.gradientNorm, ...made.outputs, ...averages(make, made.outputs) },
  };
}
export type PartName = 'generate' | 'real' | 'fake' | 'penalty' | 'judge' | 'generator';

/** The state that `stepParts` needs besides the training's; its begin is never read. */
export function partsState(preset: Preset, { batchSize, resolution }: Stage): Record<string, Float32Array> {
  const images = batchSize * channelsOf(preset.architecture) * resolution ** 3;
  return Object.fromEntries([
    [FAKE, new Float32Array(images)],
    [FAKE_GRADIENT, new Float32Array(images)],
    ...critic(preset.architecture, resolution).parameters.map(
      ({ name, shape }) => [gradientSum(name), new Float32Array(t.sizeOf(shape))] as const,
    ),
  ]);
}

/** The critic, with the conditions of a step. */
type Judge = (parameters: Parameters, image: Tensor) => Tensor;

function criticGraph(
  preset: Preset,
  { batchSize, resolution: r }: Stage,
): {
  network: CriticNetwork;
  judge: Judge;
  make: GeneratorNetwork;
  parameters: Parameters;
  /** As the critic sees them. */
  feeds: Readonly<Record<'real' | 'fake' | 'mix', Tensor>>;
} {
  const { architecture, criticAugmentation } = preset;
  const network = critic(architecture, r);
  const make = generator(architecture, r);
  const parameters = parameterInputs([...network.parameters, ...make.parameters]);
  const inputs = generatorInputs(architecture, batchSize, r);
  const seen = (image: Tensor): Tensor => augmentForCritic(image, criticAugmentation, architecture);
  const real = t.input('real', [batchSize, channelsOf(architecture), r, r, r]);
  const feeds = {
    real: seen(real),
    fake: seen(make.apply(parameters, inputs)),
    mix: t.input('mix', [batchSize, 1, 1, 1, 1]),
  };
  const judge: Judge = (of, image) => network.apply(of, image, inputs.conditions);
  return { network, judge, make, parameters, feeds };
}

/** −E[D(real)], with the drift term; and E[D(real)] itself. */
function lossOnReal(
  preset: Preset,
  judge: Judge,
  parameters: Parameters,
  real: Tensor,
): { loss: Tensor; mean: Tensor } {
  const score = judge(parameters, real);
  const meanReal = mean(score);
  const loss =
    preset.drift > 0 ? t.sub(t.mul(mean(t.square(score)), preset.drift), meanReal) : t.neg(meanReal);
  return { loss, mean: meanReal };
}

/**
 * One generator step. Feeds besides the state: what the generator reads, what varies images for the critic, Adam's two
 * scalars and `averageRate`. Measures: `generatorLoss` and `generatorGradientNorm` (of the loss by all parameters of the
 * generator together).
 */
export function generatorStep(preset: Preset, stage: Stage): Program {
  const { judge, make, parameters, feeds } = criticGraph(preset, stage);
  const generatorLoss = t.neg(mean(judge(parameters, feeds.fake)));
  const learned = learn(make.parameters, parameters, generatorLoss, adamConfig(preset, stage));
  return {
    generatorLoss,
    generatorGradientNorm: learned.gradientNorm,
    ...learned.outputs,
    ...averages(make, learned.outputs),
  };
}

/** The moving average of the generator, after its new parameters. */
function averages(make: GeneratorNetwork, learned: Program): Program {
  const rate = t.input('averageRate', []);
  return Object.fromEntries(
    make.parameters.map(({ name, shape }) => [
      next(average(name)),
      movingAverage(t.input(average(name), shape), learned[next(name)]!, rate),
    ]),
  );
}

/**
 * Mean scores that the critic gives, as `score`, with the feeds of a critic step: to real patches, and to generated ones.
 * They leave the state as it is.
 */
export function scorePrograms(preset: Preset, stage: Stage): Readonly<Record<ScoreName, Program>> {
  const { judge, parameters, feeds } = criticGraph(preset, stage);
  return {
    scoreReal: { score: mean(judge(parameters, feeds.real)) },
    scoreGenerated: { score: mean(judge(parameters, feeds.fake)) },
  };
}
export type ScoreName = 'scoreReal' | 'scoreGenerated';

/**
 * The generator alone, one sample: feeds `latent` [1, latentSize] and what else it reads (inputs.ts, noise at `resolution`),
 * gives `image` [1, channels, s, s, s] in [−1, 1], made at `resolution` and enlarged smoothly to `size`. The parameters are constants of the program, so that an engine
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
  const inputs = generatorInputs(preset.architecture, 1, resolution);
  let image = make.apply((name) => constants.get(name)!, inputs);
  while (image.shape[2]! < size) image = upsampleLinear(image);
  return { image };
}

/** E[(‖∇D(x̂)‖ − 1)²] at x̂ = mix · real + (1 − mix) · fake, one mix per sample. */
function gradientPenalty(
  judge: Judge,
  parameters: Parameters,
  real: Tensor,
  fake: Tensor,
  mix: Tensor,
): { value: Tensor; norm: Tensor } {
  const mixed = t.add(fake, t.mul(mix, t.sub(real, fake)));
  const [slope] = t.gradient(t.sumAll(judge(parameters, mixed)), [mixed]);
  const norms = t.sqrt(t.add(t.reduceSum(t.square(slope!), [1, 2, 3, 4]), SLOPE_EPSILON));
  return { value: mean(t.square(t.sub(norms, 1))), norm: mean(norms) };
}

const mean = (x: Tensor): Tensor => t.mul(t.sumAll(x), 1 / t.sizeOf(x.shape));
