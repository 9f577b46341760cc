/**
 * What the engine onnx-webgpu computes, as one line of JSON on standard output: a process of its own, since the driver
 * to use is chosen by the environment that a process starts with, and a driver may end it.
 */
import { next } from '../../server/src/engine/engine.ts';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { onnxWebGpuEngine } from '../../server/src/engine/onnxWebGpu.ts';
import { sampleProgram } from '../../server/src/gan/steps.ts';
import { add, input } from '../../server/src/tensor/index.ts';
import { distances } from '../unit/engine/agreement.ts';
import { shortTraining, stateDistance } from '../unit/gan/shortTraining.ts';
import { TINY_GROWN, TINY_PLAIN } from '../unit/gan/tinyPresets.ts';
import { CASES } from '../unit/tensor/cases.ts';
import { smoothValues } from '../unit/tensor/numeric.ts';

const webGpu = onnxWebGpuEngine();
const cpu = onnxCpuEngine({ threads: 1 });

async function cases(): Promise<Record<string, number>> {
  const worst: Record<string, number> = {};
  for (const given of CASES) worst[given.name] = Math.max(...Object.values(await distances(webGpu, given)));
  return worst;
}

async function session() {
  const programs = {
    count: { [next('n')]: add(input('n', [2]), input('by', [])), before: add(input('n', [2]), 0) },
    double: { [next('n')]: add(input('n', [2]), input('n', [2])) },
  };
  const opened = await webGpu.open(programs, { n: Float32Array.of(1, 2), idle: Float32Array.of(7, 8, 9) });
  const { before } = await opened.run('count', { by: Float32Array.of(10) });
  const failure = await opened.run('count', {}).then(
    () => 'none',
    (error: unknown) => String(error),
  );
  for (let i = 0; i < 3; i++) await opened.run('double', {});
  const { n, idle } = await opened.read();
  await opened.release();
  return { before: [...before!], failure, n: [...n!], idle: [...idle!] };
}

async function training(preset: typeof TINY_PLAIN): Promise<number> {
  const [there, here] = [await shortTraining(webGpu, preset, 2), await shortTraining(cpu, preset, 2)];
  return stateDistance(there.state, here.state);
}

async function sample(): Promise<number> {
  const { state } = await shortTraining(cpu, TINY_PLAIN, 1);
  const program = sampleProgram(TINY_PLAIN, 16, 32, state.values);
  const latent = Float32Array.from(smoothValues(TINY_PLAIN.architecture.latentSize, 1));
  const images: Float32Array[] = [];
  for (const engine of [webGpu, cpu]) {
    const executable = await engine.compile(program);
    images.push((await executable.run({ latent })).image!);
    await executable.release();
  }
  return images[0]!.reduce((most, value, i) => Math.max(most, Math.abs(value - images[1]![i]!)), 0);
}

const report = {
  cases: await cases(),
  session: await session(),
  trainings: { plain: await training(TINY_PLAIN), grown: await training(TINY_GROWN) },
  sample: await sample(),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
