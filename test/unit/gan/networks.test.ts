import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../server/src/engine/reference.ts';
import { critic } from '../../../server/src/gan/critic.ts';
import { generator } from '../../../server/src/gan/generator.ts';
import { presetNamed, type Architecture } from '../../../server/src/gan/presets.ts';
import { initialise, upsampleLinear, type Layer } from '../../../server/src/nn/layers.ts';
import { input, topologicalOrder, type Tensor } from '../../../server/src/tensor/index.ts';
import { smoothValues } from '../tensor/numeric.ts';
import { TINY_GROWN } from './tinyPresets.ts';

const inputsFor = (layer: Layer) => {
  const inputs = new Map(layer.parameters.map(({ name, shape }) => [name, input(name, shape)]));
  return (name: string): Tensor => inputs.get(name)!;
};
const apply = (layer: Layer, x: Tensor): Tensor => layer.apply(inputsFor(layer), x);
const shapesOf = (output: Tensor, operation: string): string[] =>
  topologicalOrder([output])
    .filter((tensor) => tensor.operation === operation)
    .map((tensor) => tensor.shape.slice(1).join('×'));

describe('the preset seed-64 has the layers of the table in the founding README', () => {
  const { architecture, ...preset } = presetNamed('seed-64');

  test('generator: 100 → 512 at 4³ → 256 at 8³ → 128 at 16³ → 64 at 32³ → 1 at 64³', () => {
    const image = apply(generator(architecture, 64), input('latent', [16, 100]));
    expect(shapesOf(image, 'reshape')).toEqual(['512×4×4×4']);
    expect(shapesOf(image, 'conv3dInputGradient')).toEqual([
      '256×8×8×8',
      '128×16×16×16',
      '64×32×32×32',
      '1×64×64×64',
    ]);
    expect(image.shape).toEqual([16, 1, 64, 64, 64]);
    expect(image.operation).toBe('tanh');
  });

  test('critic: 1 at 64³ → 64 at 32³ → 128 at 16³ → 256 at 8³ → 512 at 4³ → 1, leaky', () => {
    const score = apply(critic(architecture, 64), input('image', [16, 1, 64, 64, 64]));
    const expected = ['64×32×32×32', '128×16×16×16', '256×8×8×8', '512×4×4×4'];
    expect(shapesOf(score, 'conv3d')).toEqual(expected);
    expect(shapesOf(score, 'leakyRelu')).toEqual(expected);
    expect(shapesOf(score, 'matMul')).toEqual(['1']);
    expect(score.shape).toEqual([16, 1]);
  });

  test('every kernel is 4³, and the numbers of the training are those of the README', () => {
    const kernels = [...generator(architecture, 64).parameters, ...critic(architecture, 64).parameters]
      .filter(({ shape }) => shape.length === 5)
      .map(({ shape }) => shape.slice(2).join('×'));
    expect(kernels).toEqual(new Array<string>(8).fill('4×4×4'));
    expect(preset).toMatchObject({
      stages: [{ resolution: 64, learningRate: 1e-4, batchSize: 16, epochs: 1000 }],
      criticSteps: 5,
      gradientPenalty: 10,
      adamBeta1: 0.5,
      adamBeta2: 0.999,
      checkpointEpochs: 50,
    });
  });
});

describe('growing', () => {
  const { architecture } = TINY_GROWN;

  test('begins as exactly the coarser generator, made smooth', () => {
    const fine = generator(architecture, 16);
    const latent = input('latent', [2, architecture.latentSize]);
    const parameters = inputsFor(fine);
    const values = {
      ...initialise(fine.parameters, 3),
      latent: smoothValues(2 * architecture.latentSize, 4),
    };
    const results = evaluate(
      {
        fine: fine.apply(parameters, latent),
        // What is enlarged is the image before the last tanh.
        coarse: upsampleLinear(generator(architecture, 8).apply(parameters, latent).inputs[0]!),
      },
      values,
    );
    const expected = results.coarse.map(Math.tanh);
    results.fine.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
    expect(new Set(results.fine).size).toBeGreaterThan(100);
  });

  test('keeps the names of all coarser parameters, so that they stay trained', () => {
    for (const network of [generator, critic] as ((a: Architecture, r: number) => Layer)[]) {
      const fine = network(architecture, 16).parameters;
      for (const { name, shape } of network(architecture, 8).parameters)
        expect(fine).toContainEqual(expect.objectContaining({ name, shape }));
    }
  });
});

test('a preset that does not exist is refused with the list of those that do', () => {
  expect(() => presetNamed('seed-65')).toThrow('seed-64, progressive-64');
});

test('a width divisor divides all channels and nothing else', () => {
  const quarter = presetNamed('seed-64', 4);
  expect(quarter.architecture).toEqual({
    ...presetNamed('seed-64').architecture,
    channels: [128, 64, 32, 16],
  });
  expect(quarter.stages).toEqual(presetNamed('seed-64').stages);
});
