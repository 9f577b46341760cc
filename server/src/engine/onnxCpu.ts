/** ONNX Runtime on the CPU. Its native library is loaded when the engine is first used, not when this is imported. */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { formatShape, inputShapes, toOnnx, type Shape } from '../tensor/index.ts';
import type { Engine, Executable } from './engine.ts';
import { checkFeeds } from './feeds.ts';

export interface OnnxCpuOptions {
  /** Threads that share one operation; by default one per core. */
  readonly threads?: number;
}

export function onnxCpuEngine(options: OnnxCpuOptions = {}): Engine {
  return {
    name: 'onnx-cpu',
    async compile(program): Promise<Executable> {
      const { InferenceSession, Tensor } = await import('onnxruntime-node');
      const inputs = inputShapes(program);
      const session: InferenceSession = await InferenceSession.create(toOnnx(program), {
        executionProviders: ['cpu'],
        intraOpNumThreads: options.threads ?? availableParallelism(),
        interOpNumThreads: 1,
        // The planned arena holds every intermediate of a double backward at once; without it memory halves.
        enableMemPattern: false,
        logSeverityLevel: 3,
      });
      return {
        async run(feeds) {
          checkFeeds(inputs, feeds);
          const tensors = Object.fromEntries(
            [...inputs].map(([name, shape]) => [name, new Tensor('float32', feeds[name]!, shape)]),
          );
          const results = await session.run(tensors);
          return Object.fromEntries(
            session.outputNames.map((name) => [
              name,
              floats(name, results[name]?.data, program[name]!.shape),
            ]),
          );
        },
        release: () => session.release(),
      };
    },
  };
}

function floats(name: string, data: unknown, shape: Shape): Float32Array {
  if (!(data instanceof Float32Array))
    throw new Error(`ONNX Runtime gave no float32 values for the output ${name} ${formatShape(shape)}.`);
  return data;
}
