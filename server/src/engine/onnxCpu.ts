/** ONNX Runtime on the CPU. Its native library is loaded when the engine is first used, not when this is imported. */
import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { inputShapes, toOnnx, type Program, type Shape } from '../tensor/index.ts';
import { next, type Engine, type Session, type Values } from './engine.ts';
import { checkFeeds } from './feeds.ts';
import { executableOf, floats, SESSION_OPTIONS, tensorsOf } from './onnxRuntime.ts';

export interface OnnxCpuOptions {
  /** Threads that share one operation; by default one per core. */
  readonly threads?: number;
}

export function onnxCpuEngine(options: OnnxCpuOptions = {}): Engine {
  const threads = options.threads ?? availableParallelism();
  return {
    name: 'onnx-cpu',
    stateCrossesHost: false,
    async compile(program) {
      return executableOf(await import('onnxruntime-node'), await createSession(program, threads), program);
    },
    open: (programs, state) => openSession(programs, state, threads),
  };
}

function createSession(program: Program, threads: number): Promise<InferenceSession> {
  return import('onnxruntime-node').then(({ InferenceSession }) =>
    InferenceSession.create(toOnnx(program), {
      ...SESSION_OPTIONS,
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
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
  const runtime = await import('onnxruntime-node');
  const { Tensor } = runtime;
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
      const replaced = Object.keys(current).filter((value) => next(value) in program);
      const fetches: Record<string, Tensor | null> = Object.fromEntries(
        Object.keys(program).map((output) => [output, null]),
      );
      for (const value of replaced) {
        spare[value] ??= new Float32Array(current[value]!.length);
        fetches[next(value)] = new Tensor('float32', spare[value], program[next(value)]!.shape);
      }
      const results = await session.run(tensorsOf(runtime, inputs, given), fetches);
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
