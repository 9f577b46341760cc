import { describe, expect, test } from '@jest/globals';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { evaluate } from '../../../server/src/engine/reference.ts';
import { next } from '../../../server/src/engine/engine.ts';
import {
  criticStep,
  generatorStep,
  partsState,
  stepParts,
  type PartName,
} from '../../../server/src/gan/steps.ts';
import type { Preset } from '../../../server/src/gan/presets.ts';
import { drawCriticAugmentation } from '../../../server/src/gan/criticAugmentation.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { initialise } from '../../../server/src/nn/layers.ts';
import { firstMoment } from '../../../server/src/nn/learning.ts';
import { stageParameters } from '../../../server/src/gan/trainingState.ts';
import { inputShapes, sizeOf, type Program, type Tensor } from '../../../server/src/tensor/index.ts';
import { probedElements, relativeError, smoothValues } from '../tensor/numeric.ts';
import { TINY_CONDITIONAL, TINY_GROWN, TINY_PLAIN } from './tinyPresets.ts';

/** With beta1 = 0 the new first moment is the gradient itself. */
const withGradients = (preset: Preset): Preset => ({ ...preset, adamBeta1: 0 });

const CASES = [
  ['the plain form', withGradients(TINY_PLAIN), 0],
  ['the first stage of the grown form', withGradients(TINY_GROWN), 0],
  ['the second stage of the grown form', withGradients(TINY_GROWN), 1],
  ['the second stage of the conditional form', withGradients(TINY_CONDITIONAL), 1],
] as const;

describe.each(CASES)('the steps of %s', (_, preset, stage) => {
  const steps = {
    critic: criticStep(preset, preset.stages[stage]!),
    generator: generatorStep(preset, preset.stages[stage]!),
  };

  test('differentiate the critic loss, gradient penalty included, as finite differences do', () => {
    expectGradients(steps.critic, 'criticLoss', 'critic.', feedsFor(preset, stage, steps.critic));
  });

  test('differentiate the generator loss as finite differences do', () => {
    expectGradients(steps.generator, 'generatorLoss', 'generator.', feedsFor(preset, stage, steps.generator));
  });

  test.each(['critic', 'generator'] as const)(
    'give the same on ONNX Runtime as in float64: %s step',
    async (name) => {
      const program = steps[name];
      const feeds = feedsFor(preset, stage, program);
      const floats = Object.fromEntries(
        Object.entries(feeds).map(([key, values]) => [key, Float32Array.from(values)]),
      );
      const executable = await onnxCpuEngine({ threads: 1 }).compile(program);
      const actual = await executable.run(floats);
      await executable.release();
      const expected = evaluate(program, floats);
      expect(Object.keys(actual).sort()).toEqual(Object.keys(program).sort());
      for (const key of Object.keys(program))
        expect(relativeError(actual[key]!, expected[key]!)).toBeLessThan(2e-4);
    },
  );

  test('report the Wasserstein estimate, the penalty and the drift that the loss is made of', () => {
    const feeds = feedsFor(preset, stage, steps.critic);
    const { criticLoss, wasserstein, gradientPenalty, gradientNorm } = evaluate(steps.critic, feeds);
    const rest = criticLoss![0]! + wasserstein![0]! - preset.gradientPenalty * gradientPenalty![0]!;
    // What is left is the drift term: positive where the preset has one, nothing where it has none.
    if (preset.drift > 0) expect(rest).toBeGreaterThan(0);
    else expect(rest).toBeCloseTo(0, 12);
    expect(gradientNorm![0]).toBeGreaterThan(0);
  });

  test.each([
    ['critic', ['generate', 'real', 'fake', 'penalty']],
    ['generator', ['generate', 'judge', 'generator']],
  ] as const satisfies [string, PartName[]][])(
    'come to the same in parts as in one program: %s step',
    (name, order) => {
      const feeds = feedsFor(preset, stage, steps[name]);
      const whole = evaluate(steps[name], feeds);
      const parts = stepParts(preset, preset.stages[stage]!);
      const state = new Map<string, Float64Array>();
      const results: Record<string, Float64Array> = {};
      for (const part of order) {
        const given = { ...feeds, ...Object.fromEntries(state) };
        for (const [output, values] of Object.entries(evaluate<Program>(parts[part], given))) {
          const replaced = Object.keys(partsState(preset, preset.stages[stage]!)).find(
            (key) => next(key) === output,
          );
          if (replaced === undefined) results[output] = values;
          else state.set(replaced, values);
        }
      }
      const { wasserstein, criticLoss, ...others } = whole;
      for (const [output, values] of Object.entries(others))
        expect(relativeError(results[output]!, values)).toBeLessThan(1e-9);
      if (name === 'generator') return;
      const read = (key: string): number => results[key]![0]!;
      expect(read('realMean') - read('fakeMean')).toBeCloseTo(wasserstein![0]!, 9);
      const loss = read('realLoss') + read('fakeMean') + preset.gradientPenalty * read('gradientPenalty');
      expect(loss).toBeCloseTo(criticLoss![0]!, 9);
    },
  );

  test('move the average of the generator part of the way to its new parameters', () => {
    const feeds = feedsFor(preset, stage, steps.generator);
    feeds.averageRate = Float64Array.of(0.25);
    const results: Record<string, Float64Array> = evaluate(steps.generator, feeds);
    const name = 'generator.latent.weight';
    const old = feeds[`average.${name}`]![0]!;
    const now = results[next(name)]![0]!;
    expect(now).not.toBe(old);
    expect(results[next(`average.${name}`)]![0]).toBeCloseTo(old + 0.25 * (now - old), 12);
  });
});

/** Parameters as they start (but none exactly zero), everything else from fixed numbers. */
function feedsFor(preset: Preset, stage: number, program: Program): Record<string, Float64Array> {
  const started = initialise(stageParameters(preset, stage).all, 11);
  const { batchSize, resolution } = preset.stages[stage]!;
  const { architecture, criticAugmentation } = preset;
  const always = criticAugmentation === null ? null : { ...criticAugmentation, probability: 1 };
  const variations = drawCriticAugmentation(always, architecture, batchSize, resolution, Random.of('steps'));
  return Object.fromEntries(
    [...inputShapes(program)].map(([name, shape], i) => {
      const values = smoothValues(sizeOf(shape), i);
      const variation = variations[name];
      if (variation !== undefined) return [name, Float64Array.from(variation)];
      const start = started[name];
      if (start !== undefined) return [name, values.map((v, j) => 3 * start[j]! + 0.1 * v)];
      // Second moments and Adam's scalars are positive, and mix lies between 0 and 1.
      const positive = name.startsWith('adam.second') || shape.length === 0 || name === 'mix';
      return [name, values.map((v) => (positive ? 0.5 * Math.abs(v) : v))];
    }),
  );
}

function expectGradients(
  program: Readonly<Record<string, Tensor>>,
  loss: string,
  prefix: string,
  feeds: Record<string, Float64Array>,
): void {
  const names = [...inputShapes(program).keys()].filter((name) => name.startsWith(prefix));
  const learning = names.filter((name) => next(name) in program);
  expect(learning.length).toBeGreaterThan(3);
  const lossAt = (name: string, i: number, shift: number): number => {
    const moved = feeds[name]!.slice();
    moved[i]! += shift;
    return evaluate({ [loss]: program[loss]! }, { ...feeds, [name]: moved })[loss]![0]!;
  };
  const gradients: Record<string, Float64Array> = evaluate(
    Object.fromEntries(learning.map((name) => [name, program[next(firstMoment(name))]!])),
    feeds,
  );
  // Small enough that no activation changes its side, which central differences would see as an error.
  const step = 1e-7;
  const exact: number[] = [];
  const numeric: number[] = [];
  for (const name of learning)
    for (const i of probedElements(feeds[name]!.length, 2)) {
      exact.push(gradients[name]![i]!);
      numeric.push((lossAt(name, i, step) - lossAt(name, i, -step)) / (2 * step));
    }
  expect(Math.max(...numeric.map(Math.abs))).toBeGreaterThan(1e-3);
  expect(relativeError(exact, numeric)).toBeLessThan(1e-5);
}
