/** What all engines on ONNX Runtime share; onnxruntime-node and onnxruntime-web have one programming interface. */
import type { InferenceSession, InferenceSessionFactory, Tensor, TensorConstructor } from 'onnxruntime-node';
import { formatShape, inputShapes, type Program, type Shape } from '../tensor/index.ts';
import type { Executable, Values } from './engine.ts';
import { checkFeeds } from './feeds.ts';

export interface OnnxRuntime {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
}
export type SessionOptions = InferenceSession.SessionOptions;

export const SESSION_OPTIONS: SessionOptions = {
  // The planned arena holds every intermediate of a double backward at once; without it memory halves.
  enableMemPattern: false,
  logSeverityLevel: 3,
};

/** A program as a session whose inputs and outputs are on the host. */
export function executableOf(
  { Tensor }: Pick<OnnxRuntime, 'Tensor'>,
  session: InferenceSession,
  program: Program,
): Executable {
  const inputs = inputShapes(program);
  return {
    async run(feeds) {
      checkFeeds(inputs, feeds);
      const results = await session.run(tensorsOf({ Tensor }, inputs, feeds));
      return Object.fromEntries(
        Object.entries(program).map(([name, { shape }]) => [name, floats(name, results[name], shape)]),
      );
    },
    release: () => session.release(),
  };
}

/** Fed values as the runtime wants them. */
export const tensorsOf = (
  { Tensor }: Pick<OnnxRuntime, 'Tensor'>,
  inputs: Iterable<readonly [string, Shape]>,
  feeds: Values,
): Record<string, Tensor> =>
  Object.fromEntries([...inputs].map(([name, shape]) => [name, new Tensor('float32', feeds[name]!, shape)]));

/** The values of a result that is on the host. */
export function floats(name: string, result: unknown, shape: Shape): Float32Array {
  const data = typeof result === 'object' && result !== null && 'data' in result ? result.data : undefined;
  if (!(data instanceof Float32Array))
    throw new Error(`ONNX Runtime gave no float32 values for the output ${name} ${formatShape(shape)}.`);
  return data;
}
