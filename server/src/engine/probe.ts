/** Finds out whether an engine works here, by having it compute something whose result is known. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import {
  conv3d,
  conv3dInputGradient,
  input,
  matMul,
  reshape,
  sizeOf,
  type Program,
} from '../tensor/index.ts';
import type { Engine, EngineReport, Values } from './engine.ts';
import { evaluate } from './reference.ts';

/** What is known of an engine without running it. */
export interface Probed {
  /** What it runs on. */
  readonly kind: string;
  /** npm packages that it needs one of, preferred first; the version of the first that is there counts. */
  readonly packages: readonly string[];
  /** What to do where it is not available. */
  readonly remedy: string;
}

/** Cards that compute in TF32 keep three digits; a wrong operator keeps none. */
const TOLERANCE = 1e-2;
/** Loading a GPU's libraries takes seconds; an answer after this is none. */
const PATIENCE_MS = 60_000;

export async function probe(engine: Engine, { kind, packages, remedy }: Probed): Promise<EngineReport> {
  const version = await versionOf(packages);
  const report = { name: engine.name, version: version ?? '' };
  const unavailable = (reason: string): EngineReport => ({
    ...report,
    available: false,
    reason: `${reason}; ${remedy}`,
  });
  if (version === undefined) return unavailable(`${packages.join(' or ')} is not installed`);
  try {
    const { program, feeds } = smallProgram();
    const executable = await engine.compile(program);
    const actual = await executable.run(feeds);
    await executable.release();
    const expected = evaluate(program, feeds);
    const wrong = Object.keys(program).filter((name) =>
      expected[name]!.some(
        (value, i) => !(Math.abs(actual[name]![i]! - value) <= TOLERANCE * (1 + Math.abs(value))),
      ),
    );
    return wrong.length === 0
      ? { ...report, available: true, reason: kind }
      : unavailable(`it computes ${wrong.join(' and ')} wrongly`);
  } catch (error) {
    return unavailable(firstLine(error instanceof Error ? error.message : String(error)));
  }
}

/** A product of matrices, a convolution and its transpose. */
function smallProgram(): { program: Program; feeds: Values } {
  const window = { stride: 2, padding: 1 };
  const image = input('image', [1, 2, 4, 4, 4]);
  const kernel = input('kernel', [3, 2, 4, 4, 4]);
  const convolution = conv3d(image, kernel, window);
  const program = {
    product: matMul(reshape(image, [4, 32]), reshape(kernel, [32, 12])),
    convolution,
    transpose: conv3dInputGradient(convolution, kernel, window),
  };
  const values = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i));
  return { program, feeds: { image: values(sizeOf(image.shape)), kernel: values(sizeOf(kernel.shape)) } };
}

const reportSchema = z.object({
  name: z.string(),
  available: z.boolean(),
  version: z.string(),
  reason: z.string(),
});

/** The same in a process of its own, which may crash, hang or write what it likes. */
export function probeApart(name: string): Promise<EngineReport> {
  const script = fileURLToPath(new URL('./probeProcess.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [script, name], { timeout: PATIENCE_MS }, (error, stdout) => {
      const parsed = reportSchema.safeParse(lastLine(stdout));
      if (parsed.success) return resolve(parsed.data);
      const how = error?.killed
        ? `it gave no answer within ${PATIENCE_MS / 1000} s`
        : `the process that tried it ended (${error?.signal ?? `exit code ${error?.code ?? 0}`})`;
      resolve({ name, available: false, version: '', reason: how });
    });
  });
}

function lastLine(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
}

/** Messages of the runtime begin with its own source path and go on for lines. */
const firstLine = (message: string): string =>
  (message.split('\n').find((line) => line.trim() !== '') ?? message)
    .replace(/^.*was false\. /, '')
    .replace(/[.;\s]+$/, '');

async function versionOf(packages: readonly string[]): Promise<string | undefined> {
  for (const name of packages) {
    const folder = folderOf(name);
    if (folder === undefined) continue;
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
      return String(manifest.version);
  }
  return undefined;
}

function folderOf(name: string): string | undefined {
  try {
    // Entries lie in dist/, under the package's folder.
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    return undefined;
  }
}
