/**
 * ONNX Runtime on a GPU by WebGPU, which the npm package brings along: Vulkan on Linux, Metal on macOS, Direct3D on
 * Windows. The state of a session stays in the GPU's memory.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { input, inputShapes, toOnnx, type Program, type Shape } from '../tensor/index.ts';
import { next, type Engine, type Session, type Values } from './engine.ts';
import { checkFeeds } from './feeds.ts';
import { executableOf, floats, SESSION_OPTIONS, tensorsOf } from './onnxRuntime.ts';

export function onnxWebGpuEngine(): Engine {
  return {
    name: 'onnx-webgpu',
    stateCrossesHost: false,
    async compile(program) {
      return executableOf(await import('onnxruntime-node'), await createSession(program, []), program);
    },
    open: openSession,
  };
}

/** @param kept outputs that stay on the GPU; all others come to the host */
async function createSession(program: Program, kept: readonly string[]): Promise<InferenceSession> {
  const { InferenceSession } = await import('onnxruntime-node');
  return InferenceSession.create(toOnnx(program, 'webgpu'), {
    ...SESSION_OPTIONS,
    executionProviders: ['webgpu'],
    preferredOutputLocation: Object.fromEntries(
      Object.keys(program).map((name) => [name, kept.includes(name) ? 'gpu-buffer' : 'cpu']),
    ),
    // An operator that WebGPU lacks is an error, not a detour by the CPU.
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
}

async function openSession(programs: Readonly<Record<string, Program>>, state: Values): Promise<Session> {
  const runtime = await import('onnxruntime-node');
  const names = Object.keys(state);
  const shapes = shapesOf(programs, state);
  const compiled: Record<string, { inputs: ReadonlyMap<string, Shape>; session: InferenceSession }> = {};
  for (const [name, program] of Object.entries(programs)) {
    const kept = names.map(next).filter((output) => output in program);
    compiled[name] = { inputs: inputShapes(program), session: await createSession(program, kept) };
  }
  // Reading a tensor on the GPU directly ends the process in this version; programs that only copy carry it over.
  const copies: Program = Object.fromEntries(
    [...shapes].map(([name, shape]) => [next(name), input(name, shape)]),
  );
  // A session owns the memory of its results: it stays until they are needed no more.
  const upload = await createSession(copies, Object.keys(copies));
  const download = await createSession(copies, []);
  checkFeeds(shapes, state);
  let current = renamed(names, await upload.run(tensorsOf(runtime, shapes, state)));

  return {
    async run(name, feeds) {
      const { inputs, session } = compiled[name]!;
      const program = programs[name]!;
      const fed = new Map([...inputs].filter(([value]) => feeds[value] !== undefined || !(value in current)));
      checkFeeds(fed, feeds);
      const ours = [...inputs.keys()].filter((value) => !fed.has(value));
      const results = await session.run({
        ...Object.fromEntries(ours.map((value) => [value, current[value]!])),
        ...tensorsOf(runtime, fed, feeds),
      });
      const replaced = names.filter((value) => next(value) in program);
      for (const value of replaced) current[value]!.dispose();
      current = { ...current, ...renamed(replaced, results) };
      const others = Object.entries(program).filter(
        ([output]) => !replaced.some((value) => next(value) === output),
      );
      return Object.fromEntries(
        others.map(([output, { shape }]) => [output, floats(output, results[output], shape)]),
      );
    },
    async read() {
      const results = await download.run(current);
      return Object.fromEntries(
        names.map((name) => [name, floats(name, results[next(name)], shapes.get(name)!).slice()]),
      );
    },
    async release() {
      for (const tensor of Object.values(current)) tensor.dispose();
      for (const session of [...Object.values(compiled).map((c) => c.session), download, upload])
        await session.release();
    },
  };
}

/** The shape of every value of the state: that of the programs' inputs and outputs of its name. */
function shapesOf(programs: Readonly<Record<string, Program>>, state: Values): Map<string, Shape> {
  const known = new Map<string, Shape>();
  for (const program of Object.values(programs)) {
    for (const [name, shape] of inputShapes(program)) known.set(name, shape);
    for (const name of Object.keys(state)) {
      const output = program[next(name)];
      if (output !== undefined) known.set(name, output.shape);
    }
  }
  // What no program knows is kept all the same; any shape that holds it will do.
  return new Map(Object.entries(state).map(([name, { length }]) => [name, known.get(name) ?? [length]]));
}

const renamed = (
  names: readonly string[],
  results: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> => Object.fromEntries(names.map((name) => [name, results[next(name)]!]));
