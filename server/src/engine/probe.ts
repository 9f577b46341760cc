/** Reports which engines this machine can run, by running a small program on each. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { input, matMul } from '../tensor/index.ts';
import type { Engine, EngineReport } from './engine.ts';
import { onnxCpuEngine } from './onnxCpu.ts';
import { referenceEngine } from './reference.ts';

export async function probeEngines(): Promise<EngineReport[]> {
  return [
    await probe(onnxCpuEngine(), onnxRuntimeVersion, `ONNX Runtime on ${availableParallelism()} threads`),
    await probe(
      referenceEngine,
      () => Promise.resolve(process.version),
      'float64 loops in TypeScript, for tests: thousands of times slower',
    ),
  ];
}

async function probe(engine: Engine, version: () => Promise<string>, kind: string): Promise<EngineReport> {
  try {
    const found = await version();
    const executable = await engine.compile({ product: matMul(input('a', [1, 2]), input('b', [2, 1])) });
    const { product } = await executable.run({ a: Float32Array.of(2, 3), b: Float32Array.of(5, 7) });
    await executable.release();
    if (product?.[0] === 31) return { name: engine.name, available: true, version: found, reason: kind };
    return { name: engine.name, available: false, version: found, reason: `2·5 + 3·7 gave ${product?.[0]}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: engine.name, available: false, version: 'unknown', reason };
  }
}

async function onnxRuntimeVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const manifest: unknown = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
