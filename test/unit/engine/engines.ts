/** The engines that tests run in their own process. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { Engine, Executable } from '../../../server/src/engine/engine.ts';
import { openHostSession } from '../../../server/src/engine/hostSession.ts';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { executableOf } from '../../../server/src/engine/onnxRuntime.ts';
import { onnxWasmEngine } from '../../../server/src/engine/onnxWasm.ts';
import { tensorflowEngine } from '../../../server/src/engine/tensorflow.ts';
import { toOnnx, type Program, type TensorflowApi } from '../../../server/src/tensor/index.ts';

export const cpu = onnxCpuEngine({ threads: 1 });
export const wasm = onnxWasmEngine({ threads: 1 });
/** TensorFlow.js's plain CPU backend: right, and far too slow for anything but this. */
export const tensorflow = tensorflowEngine(async () => {
  // Otherwise it tells at length how slow it is.
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  // The library's own types are narrower than what its functions take.
  return tf as unknown as TensorflowApi;
});

/** What a device would be given to run, run on the CPU: the programs of CUDA and WebGPU are right where there is none. */
export function programsOf(target: 'cuda' | 'webgpu'): Engine {
  const compile = async (program: Program): Promise<Executable> => {
    const runtime = await import('onnxruntime-node');
    const session = await runtime.InferenceSession.create(toOnnx(program, target), {
      executionProviders: ['cpu'],
    });
    return executableOf(runtime, session, program);
  };
  return {
    name: `the programs of ${target}, on the CPU`,
    stateCrossesHost: target === 'cuda',
    compile,
    open: (programs, state) => openHostSession(compile, programs, state),
  };
}
