/** The whole product on a temporary folder, without HTTP: real Orthanc, real database, a small phantom study. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerEvent } from '@nodulelab/contract';
import { openRuntime, type Runtime } from '../../server/src/cli/runtime.ts';
import { createServices } from '../../server/src/services/createServices.ts';
import { ensureDemo, welcomeOf } from '../../server/src/services/demo.ts';
import type { Progress } from '../../server/src/services/context.ts';
import type { ServicesFace } from '../../server/src/services/face.ts';

export interface Product extends Runtime {
  readonly dataDir: string;
  readonly services: ServicesFace;
  readonly events: ServerEvent[];
  /** CT series of the phantom. */
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
}

/** A progress that nobody watches; `cancelWhen` cancels as soon as a message matches. */
export function unwatched(cancelWhen?: RegExp): Progress & { readonly messages: string[] } {
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

export async function openProduct(): Promise<Product> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nodulelab-product-'));
  const events: ServerEvent[] = [];
  const runtime = await openRuntime({ dataDir, log: () => undefined, emit: (event) => events.push(event) });
  await ensureDemo(runtime.context, dataDir, unwatched(), 'small');
  const { seriesInstanceUID, studyInstanceUID } = await welcomeOf(runtime.context);
  return {
    ...runtime,
    dataDir,
    events,
    seriesInstanceUID,
    studyInstanceUID,
    services: createServices(runtime.context),
    async close() {
      await runtime.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A preview of the first candidate of a seed at a place that the program proposes. */
export async function previewOne({ services, seriesInstanceUID }: Product, seed = 3, diameterMm = 14) {
  const { candidates } = await services.generate({ seed, count: 1 });
  const [candidate] = candidates;
  if (!candidate) throw new Error('the generator made no candidate');
  const { centre } = await services.place({ seriesInstanceUID, diameterMm, seed });
  return services.preview({ seriesInstanceUID, candidateId: candidate.id, centre, diameterMm });
}
