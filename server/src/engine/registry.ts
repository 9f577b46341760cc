/** The engines by name, and the choice among them. There is no silent fallback: whoever chooses is told why. */
import { availableParallelism } from 'node:os';
import { NoduleLabError } from '../volume/errors.ts';
import type { Engine, EngineReport } from './engine.ts';
import { onnxCpuEngine } from './onnxCpu.ts';
import { onnxCudaEngine } from './onnxCuda.ts';
import { onnxWasmEngine } from './onnxWasm.ts';
import { onnxWebGpuEngine } from './onnxWebGpu.ts';
import { probe, probeApart, type Probed } from './probe.ts';
import { tensorflowEngine } from './tensorflow.ts';

export const ENGINE_NAMES = ['onnx-cpu', 'onnx-cuda', 'onnx-webgpu', 'onnx-wasm', 'tensorflow'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What a user may ask for: an engine, or `auto`: the CUDA engine where it works, else the default. */
export const ENGINE_CHOICES = ['auto', ...ENGINE_NAMES] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

export const DEFAULT_ENGINE: EngineName = 'onnx-cpu';

export interface EngineOptions {
  /** Threads of an engine that computes on the CPU; by default one per core. */
  readonly threads?: number;
}

interface EngineEntry extends Omit<Probed, 'kind'> {
  create(options: EngineOptions): Engine;
  kind(threads: number): string;
  /** Drivers of devices may end a process or write to its terminal: such engines are probed in a process apart. */
  readonly apart: boolean;
}

export const ENGINES: Readonly<Record<EngineName, EngineEntry>> = {
  'onnx-cpu': {
    create: onnxCpuEngine,
    kind: (threads) => `ONNX Runtime on ${count(threads, 'CPU thread')}`,
    packages: ['onnxruntime-node'],
    remedy: 'run npm ci again, or use onnx-wasm',
    apart: false,
  },
  'onnx-cuda': {
    create: onnxCudaEngine,
    kind: () => 'ONNX Runtime on an NVIDIA GPU (CUDA)',
    packages: ['onnxruntime-node'],
    remedy:
      'needs an NVIDIA GPU and ONNXRUNTIME_NODE_INSTALL=true npm rebuild onnxruntime-node (docs/guide.md)',
    apart: true,
  },
  'onnx-webgpu': {
    create: onnxWebGpuEngine,
    kind: () => 'ONNX Runtime on a GPU by WebGPU',
    packages: ['onnxruntime-node'],
    remedy: 'needs a GPU with a Vulkan, Metal or Direct3D 12 driver (docs/guide.md)',
    apart: true,
  },
  'onnx-wasm': {
    create: onnxWasmEngine,
    kind: (threads) =>
      `ONNX Runtime as WebAssembly on ${count(threads, 'thread')}: no native code, two to three times slower`,
    packages: ['onnxruntime-web'],
    remedy: 'run npm ci again',
    apart: false,
  },
  tensorflow: {
    create: () => tensorflowEngine(),
    kind: () => 'TensorFlow.js with its native library',
    packages: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
    remedy: 'install one of them with npm install --no-save (docs/guide.md)',
    apart: true,
  },
};

export interface ChosenEngine {
  readonly engine: Engine;
  /** One sentence for logs: what it runs on, and why it was chosen. */
  readonly reason: string;
}

/**
 * The engine that was asked for, after it has computed something rightly.
 *
 * @throws NoduleLabError `unusable` where it is not available here: the message says why, what to do, and what is
 */
export async function openEngine(
  choice: EngineChoice = DEFAULT_ENGINE,
  options: EngineOptions = {},
): Promise<ChosenEngine> {
  if (choice !== 'auto') {
    const report = await probeEngine(choice, options);
    if (!report.available) throw await notAvailable(report);
    return { engine: ENGINES[choice].create(options), reason: describe(report) };
  }
  const cuda = await probeEngine('onnx-cuda', options);
  if (cuda.available)
    return { engine: ENGINES['onnx-cuda'].create(options), reason: `${describe(cuda)}; found by auto` };
  const chosen = await openEngine(DEFAULT_ENGINE, options);
  return { ...chosen, reason: `${chosen.reason}; auto found no CUDA: ${cuda.reason}` };
}

/** What every engine says of itself on this machine. */
export const probeEngines = (): Promise<EngineReport[]> =>
  Promise.all(ENGINE_NAMES.map((name) => probeApart(name)));

const probeEngine = (name: EngineName, options: EngineOptions): Promise<EngineReport> =>
  ENGINES[name].apart ? probeApart(name) : probeHere(name, options);

/** In this process. */
export function probeHere(name: EngineName, options: EngineOptions = {}): Promise<EngineReport> {
  const { create, kind, ...known } = ENGINES[name];
  return probe(create(options), { ...known, kind: kind(options.threads ?? availableParallelism()) });
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

const describe = ({ version, reason }: EngineReport): string => `${reason}, version ${version}`;

async function notAvailable({ name, reason }: EngineReport): Promise<NoduleLabError> {
  const others = (await probeEngines()).filter((report) => report.available).map((report) => report.name);
  return new NoduleLabError(
    'unusable',
    `The engine ${name} is not available here: ${reason}. ` +
      (others.length > 0
        ? `Available: ${others.join(', ')}; choose with --engine.`
        : 'No other engine is available either: nodulelab doctor says why.'),
    { engine: name, available: others },
  );
}
