/** ONNX Runtime on the CPU. Its native library is loaded when the engine is first used, not when this is imported. */
import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { inputShapes, toOnnx, type Program, type Shape } from '../tensor/index.ts';
import { next, type Engine, type Session, type Values } from './engine.ts';
import { checkFeeds } from './feeds.ts';
import { memoryIsTuned } from './hostMemory.ts';
import { replacedInPlace } from './inPlace.ts';
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
      // The runtime's own arena keeps what each session needed most, for that session alone.
      enableCpuMemArena: !memoryIsTuned(process.env),
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    }),
  );
}

interface CompiledProgram {
  readonly inputs: ReadonlyMap<string, Shape>;
  /** Values of the state that it overwrites where they are. */
  readonly inPlace: ReadonlySet<string>;
  readonly session: InferenceSession;
}

/**
 * A run writes the new state over the old one, or into a second buffer where the old value is still needed while the
 * new one is written. Left to itself, the runtime would give every result a fresh buffer, and to fill fresh memory
 * costs more than to compute the moments.
 */
async function openSession(
  programs: Readonly<Record<string, Program>>,
  state: Values,
  threads: number,
): Promise<Session> {
  const runtime = await import('onnxruntime-node');
  const { Tensor } = runtime;
  const compiled: Record<string, CompiledProgram> = {};
  for (const [name, program] of Object.entries(programs))
    compiled[name] = {
      inputs: inputShapes(program),
      inPlace: replacedInPlace(program, Object.keys(state)),
      session: await createSession(program, threads),
    };
  const current: Record<string, Float32Array> = {};
  const spare: Record<string, Float32Array> = {};
  for (const [name, value] of Object.entries(state)) current[name] = value.slice();

  return {
    async run(name, feeds) {
      const { inputs, inPlace, session } = compiled[name]!;
      const program = programs[name]!;
      const given = { ...current, ...feeds };
      checkFeeds(inputs, given);
      const replaced = Object.keys(current).filter((value) => next(value) in program);
      const fetches: Record<string, Tensor | null> = Object.fromEntries(
        Object.keys(program).map((output) => [output, null]),
      );
      for (const value of replaced) {
        if (!inPlace.has(value)) spare[value] ??= new Float32Array(current[value]!.length);
        const target = inPlace.has(value) ? current[value]! : spare[value]!;
        fetches[next(value)] = new Tensor('float32', target, program[next(value)]!.shape);
      }
      const results = await session.run(tensorsOf(runtime, inputs, given), fetches);
      for (const value of replaced)
        if (!inPlace.has(value)) [current[value], spare[value]] = [spare[value]!, current[value]!];
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
