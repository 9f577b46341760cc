import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNpy } from '../../server/src/formats/npy.ts';
import { ENGINE_NAMES } from '../../server/src/engine/registry.ts';

const ROOT = join(import.meta.dirname, '../..');
const NODULELAB = join(ROOT, 'server/bin/nodulelab.ts');
let folder: string;
/** A module that makes onnxruntime-node impossible to load, as on a machine that its native library is not for. */
let noNativeRuntime: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-engines-'));
  noNativeRuntime = join(folder, 'noNativeRuntime.mjs');
  await writeFile(
    noNativeRuntime,
    `import { registerHooks } from 'node:module';
     registerHooks({
       load(url, context, next) {
         if (url.includes('/onnxruntime-node/')) throw new Error('cannot open shared object file');
         return next(url, context);
       },
     });`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function nodulelab(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [NODULELAB, '--data', join(folder, 'data'), ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const withoutNative = (): NodeJS.ProcessEnv => ({ NODE_OPTIONS: `--import ${noNativeRuntime}` });

async function sampled(name: string, engine: string, environment?: NodeJS.ProcessEnv): Promise<Float32Array> {
  const out = join(folder, name);
  const { code, stderr } = await nodulelab(
    ['sample', '--model', 'malignant-64', '--seed', '5', '--count', '1', '--engine', engine, '--out', out],
    environment,
  );
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stderr).toMatch(new RegExp(`^Engine ${engine}: ONNX Runtime .+, version 1\\.`, 'm'));
  const manifest: unknown = JSON.parse(await readFile(join(out, 'samples.json'), 'utf8'));
  expect(manifest).toMatchObject({ model: 'malignant-64', engine, size: 64 });
  return parseNpy(await readFile(join(out, 'nodule_0000.npy')), 'sample').data;
}

describe('nodulelab doctor', () => {
  test('has a line for every engine: what it runs on, or what to do', async () => {
    const { code, stdout } = await nodulelab(['doctor']);
    expect(code).toBe(0);
    for (const name of ENGINE_NAMES)
      expect(stdout).toMatch(new RegExp(`^(ok|–) +engine ${name} +\\S.{20,}$`, 'm'));
    expect(stdout).toMatch(/^ok +engine onnx-cpu +1\.\d+\.\d+: ONNX Runtime on \d+ CPU thread/m);
    expect(stdout).toMatch(/^ok +engine onnx-wasm /m);
  });

  test('says which engines are left where the native runtime cannot be loaded', async () => {
    const { code, stdout } = await nodulelab(['--json', 'doctor'], withoutNative());
    expect(code).toBe(0);
    const { findings } = JSON.parse(stdout) as { findings: { what: string; ok: boolean; detail: string }[] };
    expect(findings.find(({ what }) => what === 'engine onnx-wasm')).toMatchObject({ ok: true });
    expect(findings.find(({ what }) => what === 'engine onnx-cpu')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('cannot open shared object file'),
    });
  });
});

describe('--engine', () => {
  test('that nobody knows is wrong usage, with all that there are', async () => {
    const { code, stderr } = await nodulelab(['sample', '--out', join(folder, 'none'), '--engine', 'abacus']);
    expect(code).toBe(2);
    for (const name of ['auto', ...ENGINE_NAMES]) expect(stderr).toContain(name);
  });

  test('that is not available fails with the reason and what there is, and computes nothing', async () => {
    const out = join(folder, 'refused');
    const { code, stderr } = await nodulelab(
      ['sample', '--out', out, '--engine', 'onnx-cpu'],
      withoutNative(),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/The engine onnx-cpu is not available here: .+ Available: .*onnx-wasm.*--engine/);
    await expect(readFile(join(out, 'samples.json'))).rejects.toThrow('ENOENT');
  });
});

describe('the shipped model', () => {
  test('gives the same nodule on onnx-cpu and, without native code, on onnx-wasm, within 1e-5', async () => {
    const expected = await sampled('cpu', 'onnx-cpu');
    const actual = await sampled('wasm', 'onnx-wasm', withoutNative());
    expect(expected.length).toBe(64 ** 3);
    expect(
      expected.reduce((a, b) => Math.max(a, b)) - expected.reduce((a, b) => Math.min(a, b)),
    ).toBeGreaterThan(0.5);
    const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
    expect(worst).toBeLessThan(1e-5);
  }, 180_000);
});
