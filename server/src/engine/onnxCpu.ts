/** ONNX Runtime on the CPU. Its native library is loaded when the engine is first used, not when this is imported. */
import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { formatShape, inputShapes, toOnnx, type Program, type Shape } from '../tensor/index.ts';
import { next, type Engine, type Executable, type Session, type Values } from './engine.ts';
import { checkFeeds } from './feeds.ts';

export interface OnnxCpuOptions {
  /** Threads that share one operation; by default one per core. */
  readonly threads?: number;
}

export function onnxCpuEngine(options: OnnxCpuOptions = {}): Engine {
  const threads = options.threads ?? availableParallelism();
  return {
    name: 'onnx-cpu',
    async compile(program): Promise<Executable> {
      const { Tensor } = await import('onnxruntime-node');
      const inputs = inputShapes(program);
      const session = await createSession(program, threads);
      return {
        async run(feeds) {
          checkFeeds(inputs, feeds);
          const tensors = Object.fromEntries(
            [...inputs].map(([name, shape]) => [name, new Tensor('float32', feeds[name]!, shape)]),
          );
          const results = await session.run(tensors);
          return Object.fromEntries(
            session.outputNames.map((name) => [name, floats(name, results[name], program[name]!.shape)]),
          );
        },
        release: () => session.release(),
      };
    },
    open: (programs, state) => openSession(programs, state, threads),
  };
}

function createSession(program: Program, threads: number): Promise<InferenceSession> {
  return import('onnxruntime-node').then(({ InferenceSession }) =>
    InferenceSession.create(toOnnx(program), {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // The planned arena holds every intermediate of a double backward at once; without it memory halves.
      enableMemPattern: false,
      logSeverityLevel: 3,
    }),
  );
}

/**
 * Each value of the state has two buffers: a run reads one and writes the other. Left to itself, the runtime would
 * give every result a new buffer, and filling fresh memory costs more than computing the moments.
 */
async function openSession(
  programs: Readonly<Record<string, Program>>,
  state: Values,
  threads: number,
): Promise<Session> {
  const { Tensor } = await import('onnxruntime-node');
  const compiled: Record<string, { inputs: ReadonlyMap<string, Shape>; session: InferenceSession }> = {};
  for (const [name, program] of Object.entries(programs))
    compiled[name] = { inputs: inputShapes(program), session: await createSession(program, threads) };
  const current: Record<string, Float32Array> = {};
  const spare: Record<string, Float32Array> = {};
  for (const [name, value] of Object.entries(state)) current[name] = value.slice();

  return {
    async run(name, feeds) {
      const { inputs, session } = compiled[name]!;
      const program = programs[name]!;
      const given = { ...current, ...feeds };
      checkFeeds(inputs, given);
      const tensors = Object.fromEntries(
        [...inputs].map(([input, shape]) => [input, new Tensor('float32', given[input]!, shape)]),
      );
      const replaced = Object.keys(current).filter((value) => next(value) in program);
      const fetches: Record<string, Tensor | null> = Object.fromEntries(
        Object.keys(program).map((output) => [output, null]),
      );
      for (const value of replaced) {
        spare[value] ??= new Float32Array(current[value]!.length);
        fetches[next(value)] = new Tensor('float32', spare[value], program[next(value)]!.shape);
      }
      const results = await session.run(tensors, fetches);
      for (const value of replaced) [current[value], spare[value]] = [spare[value]!, current[value]!];
      const others = Object.keys(program).filter((output) => !(fetches[output] instanceof Tensor));
      return Object.fromEntries(
        others.map((output) => [output, floats(output, results[output], program[output]!.shape)]),
      );
    },
    read: () =>
      Promise.resolve(Object.fromEntries(Object.entries(current).map(([name, v]) => [name, v.slice()]))),
    async release() {
      for (const { session } of Object.values(compiled)) await session.release();
    },
  };
}

function floats(name: string, result: unknown, shape: Shape): Float32Array {
  const data = typeof result === 'object' && result !== null && 'data' in result ? result.data : undefined;
  if (!(data instanceof Float32Array))
    throw new Error(`ONNX Runtime gave no float32 values for the output ${name} ${formatShape(shape)}.`);
  return data;
}
