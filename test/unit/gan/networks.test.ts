import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../server/src/engine/reference.ts';
import { encodeConditions } from '../../../server/src/gan/conditions.ts';
import { critic } from '../../../server/src/gan/critic.ts';
import { generator } from '../../../server/src/gan/generator.ts';
import { presetNamed, type Architecture } from '../../../server/src/gan/presets.ts';
import { generatorInputs } from '../../../server/src/gan/inputs.ts';
import { initialise, upsampleLinear, type ParameterSpec } from '../../../server/src/nn/layers.ts';
import { input, inputShapes, topologicalOrder, type Tensor } from '../../../server/src/tensor/index.ts';
import { PARENCHYMA_HU, windowHu } from '../../../server/src/volume/window.ts';
import { smoothValues } from '../tensor/numeric.ts';
import { TINY_CONDITIONAL, TINY_GROWN } from './tinyPresets.ts';

interface Network {
  readonly parameters: readonly ParameterSpec[];
}

const inputsFor = (layer: Network) => {
  const inputs = new Map(layer.parameters.map(({ name, shape }) => [name, input(name, shape)]));
  return (name: string): Tensor => inputs.get(name)!;
};
const shapesOf = (output: Tensor, operation: string): string[] =>
  topologicalOrder([output])
    .filter((tensor) => tensor.operation === operation)
    .map((tensor) => tensor.shape.slice(1).join('×'));

describe('the preset seed-64 has the layers of the table in the founding README', () => {
  const { architecture, ...preset } = presetNamed('seed-64');

  test('generator: 100 → 512 at 4³ → 256 at 8³ → 128 at 16³ → 64 at 32³ → 1 at 64³', () => {
    const make = generator(architecture, 64);
    const image = make.apply(inputsFor(make), generatorInputs(architecture, 16, 64));
    expect([...inputShapes({ image })]).toContainEqual(['latent', [16, 100]]);
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
    const judge = critic(architecture, 64);
    const score = judge.apply(inputsFor(judge), input('image', [16, 1, 64, 64, 64]), undefined);
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
    const inputs = generatorInputs(architecture, 2, 16);
    const parameters = inputsFor(fine);
    const values = {
      ...initialise(fine.parameters, 3),
      latent: smoothValues(2 * architecture.latentSize, 4),
    };
    const results = evaluate(
      {
        fine: fine.apply(parameters, inputs),
        // What is enlarged is the image before the last tanh.
        coarse: upsampleLinear(generator(architecture, 8).apply(parameters, inputs).inputs[0]!),
      },
      values,
    );
    const expected = results.coarse.map(Math.tanh);
    results.fine.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
    expect(new Set(results.fine).size).toBeGreaterThan(100);
  });

  test('keeps the names of all coarser parameters, so that they stay trained', () => {
    for (const network of [generator, critic] as ((a: Architecture, r: number) => Network)[]) {
      const fine = network(architecture, 16).parameters;
      for (const { name, shape } of network(architecture, 8).parameters)
        expect(fine).toContainEqual(expect.objectContaining({ name, shape }));
    }
  });
});

describe('the conditional form', () => {
  const { architecture } = TINY_CONDITIONAL;
  const make = generator(architecture, 16);
  const image = make.apply(inputsFor(make), generatorInputs(architecture, 1, 16));
  const voxels = 16 ** 3;
  const started = initialise(make.parameters, 3);
  const conditions = encodeConditions(architecture.conditions, {
    ...{ diameter: 12, malignancy: 5, texture: 5, spiculation: 1, lobulation: 1, sphericity: 3, margin: 4 },
  });
  const feeds = { ...started, conditions, latent: smoothValues(3, 4), noise: smoothValues(voxels, 5) };
  const made = (change: Record<string, Float32Array | Float64Array>): Float64Array =>
    evaluate({ image }, { ...feeds, ...change }).image;

  test('holds the ground exactly wherever alpha is 0', () => {
    // The bias of alpha, so that some of it falls below its reach.
    const bias = Float32Array.of(0.5, -3.9);
    const varied = { 'generator.image8.weight': started['generator.image8.weight']!.map((w) => 4 * w) };
    const values = made({ ...varied, 'generator.image8.bias': bias });
    const ground = [...values.subarray(0, voxels)].filter((_, i) => values[voxels + i] === -1);
    expect(ground.length).toBeGreaterThan(100);
    expect(ground.length).toBeLessThan(voxels - 100);
    for (const value of ground) expect(value).toBeCloseTo(2 * windowHu(PARENCHYMA_HU) - 1, 12);
  });

  test('answers to each of its conditions', () => {
    const before = made({});
    architecture.conditions.forEach((_, i) => {
      const changed = conditions.slice();
      changed[i]! += 0.5;
      expect(made({ conditions: changed })).not.toEqual(before);
    });
  });

  test('begins without noise, and lets it in by weights of its own', () => {
    const other = { noise: smoothValues(voxels, 6) };
    expect(made(other)).toEqual(made({}));
    const weights = { 'generator.noise8.weight': Float32Array.of(0.3, -0.2, 0.1) };
    expect(made({ ...other, ...weights })).not.toEqual(made(weights));
  });

  test('is judged by a score that begins without the conditions and learns them as a projection', () => {
    const judge = critic(architecture, 16);
    const asked = input('conditions', [1, architecture.conditions.length]);
    const score = judge.apply(inputsFor(judge), input('image', [1, 2, 16, 16, 16]), asked);
    const start = { ...initialise(judge.parameters, 4), image: smoothValues(2 * voxels, 7) };
    const scoreOf = (more: Record<string, Float32Array>): number =>
      evaluate({ score }, { ...start, ...more }).score[0]!;
    const none = new Float32Array(conditions.length);
    expect(scoreOf({ conditions })).toBe(scoreOf({ conditions: none }));
    const projection = new Float32Array(conditions.length * 3 * 4 ** 3).fill(0.1);
    const learned = (wanted: Float32Array): number =>
      scoreOf({ conditions: wanted, 'critic.projection.weight': projection });
    expect(learned(none)).toBe(scoreOf({ conditions: none }));
    const gain = learned(conditions) - learned(none);
    expect(Math.abs(gain)).toBeGreaterThan(0);
    expect(learned(conditions.map((c) => 2 * c)) - learned(none)).toBeCloseTo(2 * gain, 6);
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
