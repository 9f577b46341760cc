/**
 * ONNX Runtime as WebAssembly: no native code at all, for machines on which onnxruntime-node cannot be loaded. Two to
 * three times slower than onnx-cpu, and limited to 4 GB of memory.
 */
import { availableParallelism } from 'node:os';
import { toOnnx, type Program } from '../tensor/index.ts';
import type { Engine, Executable } from './engine.ts';
import { openHostSession } from './hostSession.ts';
import type { OnnxCpuOptions } from './onnxCpu.ts';
import { executableOf, SESSION_OPTIONS } from './onnxRuntime.ts';

/** `threads` counts for the whole process: the number that the first session was opened with stays. */
export function onnxWasmEngine(options: OnnxCpuOptions = {}): Engine {
  const compile = async (program: Program): Promise<Executable> => {
    const runtime = await import('onnxruntime-web');
    runtime.env.wasm.numThreads = options.threads ?? availableParallelism();
    const session = await runtime.InferenceSession.create(toOnnx(program), {
      ...SESSION_OPTIONS,
      executionProviders: ['wasm'],
    });
    return executableOf(runtime, session, program);
  };
  return {
    name: 'onnx-wasm',
    stateCrossesHost: false,
    compile,
    open: (programs, state) => openHostSession(compile, programs, state),
  };
}
