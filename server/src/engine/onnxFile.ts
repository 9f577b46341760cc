/** Runs an ONNX file from elsewhere as it is, on ONNX Runtime's CPU: its operations are not ours, so no other engine can. */
import { NoduleLabError } from '../volume/errors.ts';

export interface OnnxFileRunner {
  /** Feeds the file's one input and answers its one output with the shape that it has. */
  run(
    values: Float32Array,
    shape: readonly number[],
  ): Promise<{ values: Float32Array; shape: readonly number[] }>;
  release(): Promise<void>;
}

/**
 * @param origin names the file in errors
 * @throws NoduleLabError `unusable` where the runtime cannot load or run it
 */
export async function openOnnxFile(file: Uint8Array, origin: string): Promise<OnnxFileRunner> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const unusable =
    (what: string) =>
    (error: unknown): never => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new NoduleLabError(
        'unusable',
        `ONNX Runtime cannot ${what} ${origin}: ${reason}`,
        { origin },
        error,
      );
    };
  const session = await InferenceSession.create(file, {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
  }).catch(unusable('load'));
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  return {
    async run(values, shape) {
      const results = await session
        .run({ [input!]: new Tensor('float32', values, shape) })
        .catch(unusable('run'));
      const result = results[output!]!;
      if (!(result.data instanceof Float32Array))
        throw new NoduleLabError('unusable', `${origin} gives values of type ${result.type}, not float32.`, {
          origin,
        });
      return { values: result.data, shape: result.dims };
    },
    release: () => session.release(),
  };
}
