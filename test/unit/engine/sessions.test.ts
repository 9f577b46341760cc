import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { next } from '../../../server/src/engine/engine.ts';
import { referenceEngine } from '../../../server/src/engine/reference.ts';
import { add, input } from '../../../server/src/tensor/index.ts';
import { cpu, programsOf, tensorflow, wasm } from './engines.ts';

const ENGINES = [cpu, wasm, tensorflow, programsOf('cuda'), referenceEngine];

describe.each(ENGINES)('the engine $name', (engine) => {
  test('names the input that was not fed, or fed with the wrong number of values', async () => {
    const executable = await engine.compile({ sum: add(input('a', [2, 3]), input('b', [3])) });
    const a = new Float32Array(6);
    await expect(async () => executable.run({ a })).rejects.toThrow('The input b needs 3 values');
    await expect(async () => executable.run({ a, b: new Float32Array(4) })).rejects.toThrow('4 were fed');
    expect((await executable.run({ a, b: Float32Array.of(1, 2, 3) })).sum).toEqual(
      Float32Array.of(1, 2, 3, 1, 2, 3),
    );
    await executable.release();
  });
});

describe.each(ENGINES)('a session of $name', (engine) => {
  const programs = {
    count: { [next('n')]: add(input('n', [2]), input('by', [])), before: add(input('n', [2]), 0) },
    double: { [next('n')]: add(input('n', [2]), input('n', [2])) },
  };

  test('carries its state from run to run, across programs, and leaves what it was given alone', async () => {
    const given = Float32Array.of(1, 2);
    const session = await engine.open(programs, { n: given, idle: Float32Array.of(7, 8, 9) });
    expect(await session.run('count', { by: Float32Array.of(10) })).toEqual({
      before: Float32Array.of(1, 2),
    });
    expect(await session.run('double', {})).toEqual({});
    const half = await session.read();
    expect(await session.run('count', { by: Float32Array.of(1) })).toEqual({
      before: Float32Array.of(22, 24),
    });
    expect(await session.read()).toEqual({ n: Float32Array.of(23, 25), idle: Float32Array.of(7, 8, 9) });
    expect(half.n).toEqual(Float32Array.of(22, 24));
    expect(given).toEqual(Float32Array.of(1, 2));
    await session.release();
  });

  test('keeps its state when a run fails', async () => {
    const session = await engine.open(programs, { n: Float32Array.of(1, 2) });
    await expect(async () => session.run('count', {})).rejects.toThrow('The input by needs 1 values');
    expect(await session.read()).toEqual({ n: Float32Array.of(1, 2) });
    await session.release();
  });
});

test('the engine tensorflow frees all that a run makes on its way, and the state with the session', async () => {
  const counted = async (): Promise<number> => {
    const session = await tensorflow.open(
      {
        count: {
          [next('n')]: add(input('n', [2]), input('by', [])),
          twice: add(input('n', [2]), input('n', [2])),
        },
      },
      { n: Float32Array.of(1, 2) },
    );
    for (let i = 0; i < 3; i++) await session.run('count', { by: Float32Array.of(1) });
    await session.release();
    return tf.memory().numTensors;
  };
  expect(await counted()).toBe(await counted());
});
