/**
 * ONNX Runtime on an NVIDIA GPU. The CUDA provider is no part of the npm package (docs/guide.md says how it comes).
 *
 * This version of onnxruntime-node gives results of CUDA on the host only, so the state crosses the bus with every run:
 * train with many steps in one program. Ampere and newer cards compute in TF32 (10 bits of mantissa) by default;
 * NVIDIA_TF32_OVERRIDE=0 in the environment makes them compute in float32.
 */
import { toOnnx, type Program } from '../tensor/index.ts';
import type { Engine, Executable } from './engine.ts';
import { openHostSession } from './hostSession.ts';
import { executableOf, SESSION_OPTIONS } from './onnxRuntime.ts';

export function onnxCudaEngine(): Engine {
  return {
    name: 'onnx-cuda',
    stateCrossesHost: true,
    compile,
    open: (programs, state) => openHostSession(compile, programs, state),
  };
}

async function compile(program: Program): Promise<Executable> {
  const runtime = await import('onnxruntime-node');
  const session = await runtime.InferenceSession.create(toOnnx(program, 'cuda'), {
    ...SESSION_OPTIONS,
    // Named alone, the provider is an error where it is missing; the runtime would otherwise take the CPU.
    executionProviders: ['cuda'],
  });
  return executableOf(runtime, session, program);
}
