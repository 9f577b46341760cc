import { describe, expect, test } from '@jest/globals';
import { critic } from '../../../server/src/gan/critic.ts';
import { generator } from '../../../server/src/gan/generator.ts';
import { generatorInputs } from '../../../server/src/gan/inputs.ts';
import { presetNamed, presetSchema } from '../../../server/src/gan/presets.ts';
import { criticStep, generatorStep, scorePrograms, stepParts } from '../../../server/src/gan/steps.ts';
import { enterStage, stageParameters, valueShapes } from '../../../server/src/gan/trainingState.ts';
import { NO_UPDATES } from '../../../server/src/nn/trainingState.ts';
import { next } from '../../../server/src/engine/engine.ts';
import { input, sizeOf, type Tensor } from '../../../server/src/tensor/index.ts';

const at64 = presetNamed('conditional-64');
/** One more level and one more stage, and nothing else. */
const at128 = presetSchema.parse({
  ...at64,
  name: 'conditional-128',
  architecture: { ...at64.architecture, channels: [...at64.architecture.channels, 4] },
  stages: [...at64.stages, { resolution: 128, learningRate: 3e-4, batchSize: 4, updates: 2000 }],
});
const { architecture } = at128;
const config = { preset: at128, seed: 1, patches: 16, patchesSha256: null, ancestors: [] };
const inputs = (name: string, shape: readonly number[]): Tensor => input(name, shape);

describe('growing to 128³', () => {
  test('takes every layer of the 64³ networks as it is, and adds those of one level', () => {
    const named = (preset: typeof at64, stage: number): Map<string, string> =>
      new Map(stageParameters(preset, stage).all.map(({ name, shape }) => [name, shape.join('×')]));
    const [coarse, fine] = [named(at64, 2), named(at128, 3)];
    expect(named(at128, 2)).toEqual(coarse);
    for (const [name, shape] of coarse) expect([name, fine.get(name)]).toEqual([name, shape]);
    expect([...fine.keys()].filter((name) => !coarse.has(name)).toSorted()).toEqual([
      ...['critic.down128.bias', 'critic.down128.weight', 'critic.image128.bias', 'critic.image128.weight'],
      ...['generator.image128.bias', 'generator.image128.weight', 'generator.noise128.weight'],
      ...['generator.up128.bias', 'generator.up128.weight'],
    ]);
  });

  test('makes images of 128³ in both channels, which the critic scores', () => {
    const make = generator(architecture, 128);
    const shapes = new Map(make.parameters.map(({ name, shape }) => [name, shape]));
    const image = make.apply(
      (name) => inputs(name, shapes.get(name)!),
      generatorInputs(architecture, 2, 128),
    );
    expect(image.shape).toEqual([2, 2, 128, 128, 128]);
    const judge = critic(architecture, 128);
    const own = new Map(judge.parameters.map(({ name, shape }) => [name, shape]));
    const asked = input('conditions', [2, architecture.conditions.length]);
    const score = judge.apply(
      (name) => inputs(name, own.get(name)!),
      input('image', [2, 2, 128, 128, 128]),
      asked,
    );
    expect(score.shape).toEqual([2, 1]);
  });

  test('has steps that give a new value of the right shape for all that is learned', () => {
    const stage = at128.stages[3]!;
    const { all, generator: made } = stageParameters(at128, 3);
    const judged = all.slice(made.length);
    const shapesOf = (program: Readonly<Record<string, Tensor>>, specs: typeof all): unknown[] =>
      specs.map(({ name }) => program[next(name)]?.shape);
    expect(shapesOf(criticStep(at128, stage), judged)).toEqual(judged.map(({ shape }) => shape));
    expect(shapesOf(generatorStep(at128, stage), made)).toEqual(made.map(({ shape }) => shape));
    expect(Object.keys(stepParts(at128, stage))).toHaveLength(6);
    expect(scorePrograms(at128, stage).scoreReal.score!.shape).toEqual([]);
  });

  test('keeps the trained coarse weights when the stage begins, and starts the new image layer at zero', () => {
    const before = enterStage(config, { values: {}, counters: NO_UPDATES }, 2);
    for (const value of Object.values(before.values)) value.fill(0.25);
    const { values, counters } = enterStage(config, before, 3);
    expect(counters).toMatchObject({ stage: 3, stageUpdate: 0 });
    for (const { name } of stageParameters(at128, 2).all) expect(values[name]).toBe(before.values[name]);
    expect(values['generator.image128.weight']!.every((value) => value === 0)).toBe(true);
    for (const [name, shape] of valueShapes(config, 3))
      expect([name, values[name]?.length]).toEqual([name, sizeOf(shape)]);
  });
});
