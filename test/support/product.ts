/** The whole product on a temporary folder, without HTTP: real Orthanc, real database, a small phantom study. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerEvent } from '@nodulelab/contract';
import { openRuntime, REPOSITORY, type Runtime } from '../../server/src/cli/runtime.ts';
import { createServices } from '../../server/src/services/createServices.ts';
import { importPaths } from '../../server/src/services/importing/importPaths.ts';
import type { PhantomStudy } from '../../server/src/services/phantomStudy.ts';
import type { JobContext, ServicesFace } from '../../server/src/services/face.ts';

export interface Product extends Runtime {
  readonly dataDir: string;
  readonly services: ServicesFace;
  readonly events: ServerEvent[];
  /** CT series of the phantom. */
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
}

/** A progress that nobody watches; `cancelWhen` cancels as soon as a message matches. */
export function unwatched(cancelWhen?: RegExp): JobContext & { readonly messages: string[] } {
  const controller = new AbortController();
  const messages: string[] = [];
  return {
    messages,
    signal: controller.signal,
    progress(_fraction, message) {
      messages.push(message);
      if (cancelWhen?.test(message)) controller.abort();
    },
  };
}

/** Runs the command line in a process of its own, as a user does. */
export async function nodulelab(
  ...args: readonly string[]
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  const command = [join(REPOSITORY, 'server/bin/nodulelab.ts'), ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { maxBuffer: 2 ** 26 });
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

/** The small phantom as files, made by the command line: arithmetic runs several times slower inside jest. */
export async function makePhantomStudy(
  dir: string,
  seed: number,
): Promise<PhantomStudy & { readonly dir: string }> {
  const made = await nodulelab('phantom', '--size', 'small', '--seed', String(seed), '--out', dir, '--json');
  if (made.status !== 0) throw new Error(made.stderr);
  return JSON.parse(made.stdout) as PhantomStudy & { dir: string };
}

export async function openProduct(): Promise<Product> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nodulelab-product-'));
  const events: ServerEvent[] = [];
  const runtime = await openRuntime({ dataDir, log: () => undefined, emit: (event) => events.push(event) });
  const phantom = await makePhantomStudy(join(dataDir, 'phantom'), 1);
  await importPaths(runtime.context, [phantom.dir], unwatched(), 'phantom');
  const { seriesInstanceUID, studyInstanceUID } = phantom;
  const services = createServices(runtime.context);
  return {
    ...runtime,
    dataDir,
    events,
    seriesInstanceUID,
    studyInstanceUID,
    services,
    async close() {
      await services.close();
      await runtime.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A preview of the first candidate of a seed at a place that the program proposes. */
export async function previewOne(
  { services, seriesInstanceUID }: Pick<Product, 'services' | 'seriesInstanceUID'>,
  seed = 3,
  diameterMm = 14,
) {
  const { candidates } = await services.generate({ seed, count: 1 });
  const [candidate] = candidates;
  if (!candidate) throw new Error('the generator made no candidate');
  const { centre } = await services.place({ seriesInstanceUID, diameterMm, seed });
  return services.preview({ seriesInstanceUID, candidateId: candidate.id, centre, diameterMm });
}
