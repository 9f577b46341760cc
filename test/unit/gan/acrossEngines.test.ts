import { beforeAll, describe, expect, test } from '@jest/globals';
import { referenceEngine } from '../../../server/src/engine/reference.ts';
import type { Engine } from '../../../server/src/engine/engine.ts';
import type { Preset } from '../../../server/src/gan/presets.ts';
import type { TrainingState } from '../../../server/src/nn/trainingState.ts';
import { cpu, programsOf, tensorflow, wasm } from '../engine/engines.ts';
import { shortTraining, stateDistance } from './shortTraining.ts';
import { TINY_GROWN, TINY_PLAIN } from './tinyPresets.ts';

/** The same engine, telling that its state crosses a bus: whole updates become one program. */
const atOnce = (engine: Engine): Engine => ({
  ...engine,
  name: `${engine.name}, whole updates`,
  stateCrossesHost: true,
});

/**
 * Adam divides by the size of the gradient, so that its smallest ones, of which float32 keeps few digits, move a weight
 * as much as any other: per update by the learning rate of 1e-3 at most, of which this is a hundredth.
 */
const TOLERANCE = 1e-5;
const UPDATES = 2;

describe.each([TINY_PLAIN, TINY_GROWN])('two updates of $name', (preset: Preset) => {
  let expected: TrainingState;
  beforeAll(async () => {
    expected = (await shortTraining(cpu, preset, UPDATES)).state;
  });

  test.each([
    wasm,
    tensorflow,
    programsOf('webgpu'),
    programsOf('cuda'),
    referenceEngine,
    atOnce(cpu),
    atOnce(referenceEngine),
  ])('on $name give the weights, moments and averages of onnx-cpu', async (engine) => {
    const { state, results } = await shortTraining(engine, preset, UPDATES);
    expect(results.map(({ step, measures }) => [step, measures === undefined])).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(stateDistance(state, expected)).toBeLessThan(TOLERANCE);
  });

  test('moved every network', async () => {
    const { state: before } = await shortTraining(cpu, preset, 0);
    for (const name of ['generator.latent.weight', 'critic.score.weight', 'average.generator.latent.weight'])
      expect(
        stateDistance(
          { ...before, values: { v: before.values[name]! } },
          { ...before, values: { v: expected.values[name]! } },
        ),
      ).toBeGreaterThan(1e-4);
  });
});

describe('whole updates as one program', () => {
  const engine = atOnce(cpu);

  test('go on from a checkpoint to bit-identical weights', async () => {
    const whole = await shortTraining(engine, TINY_PLAIN, 3);
    const first = await shortTraining(engine, TINY_PLAIN, 1);
    const rest = await shortTraining(engine, TINY_PLAIN, 2, first.state);
    expect(rest.state).toEqual(whole.state);
  });

  test('stop before an update, never within it', async () => {
    const { state, results } = await shortTraining(engine, TINY_PLAIN, 1, undefined, () => true);
    expect(results).toEqual([{ step: 0, dataWait: 0 }]);
    expect(state.values).toEqual((await shortTraining(engine, TINY_PLAIN, 0)).state.values);
  });

  test('end an update that was begun step by step', async () => {
    let asked = 0;
    const stopped = await shortTraining(cpu, TINY_PLAIN, 1, undefined, () => ++asked === 2);
    expect(stopped.state.counters).toMatchObject({ step: 1, update: 0 });
    const ended = await shortTraining(engine, TINY_PLAIN, 2, stopped.state);
    expect(ended.state.counters).toMatchObject({ step: 0, update: 2 });
    const expected = await shortTraining(cpu, TINY_PLAIN, 2);
    expect(stateDistance(ended.state, expected.state)).toBeLessThan(TOLERANCE);
  });
});
