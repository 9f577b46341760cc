/** Insertion into a series of the archive: by the running server, or by a runtime of our own where none runs. */
import { AcceptResult, CandidateList, Job, Place, Preview, type PointLps } from '@nodulelab/contract';
import { createServices } from '../services/createServices.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { checksTable } from './checksTable.ts';
import type { CommandContext } from './context.ts';
import { findRunningServer, type RunningServer } from './runningServer.ts';
import { openRuntime } from './runtime.ts';

export interface ArchivedInsertion {
  readonly seriesInstanceUID: string;
  /** LPS mm. */
  readonly at: Vec3 | 'auto';
  readonly diameterMm: number;
  readonly seed: number;
  readonly model: string | undefined;
  readonly researchArchive: boolean;
}

/** What both a running server and a runtime of our own can do. */
interface Archive {
  candidate(): Promise<string>;
  propose(): Promise<PointLps>;
  preview(candidateId: string, centre: PointLps): Promise<Preview>;
  accept(previewId: string): Promise<AcceptResult>;
}

export async function insertArchived(context: CommandContext, options: ArchivedInsertion): Promise<void> {
  const { output, dataDir, orthancUrl } = context;
  const server = await findRunningServer(dataDir);
  if (server && options.researchArchive)
    output.note(
      'A server runs on this data folder: --research-archive counts as it was given to that server',
    );
  if (server) return insertInto(remote(server, context, options), context, options);
  const runtime = await openRuntime({
    dataDir,
    orthancUrl,
    researchArchive: options.researchArchive,
    log: (line) => output.note(line),
  });
  try {
    await insertInto(local(createServices(runtime.context), context, options), context, options);
  } finally {
    await runtime.close();
  }
}

async function insertInto(
  archive: Archive,
  { output }: CommandContext,
  options: ArchivedInsertion,
): Promise<void> {
  const candidate = await archive.candidate();
  const centre: PointLps = options.at === 'auto' ? await archive.propose() : [...options.at];
  const preview = await archive.preview(candidate, centre);
  const result = await archive.accept(preview.id);
  output.result(
    { ...result, centre, diameterMm: options.diameterMm, candidateId: candidate, checks: preview.checks },
    [
      `${result.instances} slices stored and verified in ${result.seconds.toFixed(1)} s`,
      `Series ${result.seriesInstanceUID}`,
      checksTable(preview.checks),
    ].join('\n'),
  );
}

function remote(
  server: RunningServer,
  { output, signal }: CommandContext,
  options: ArchivedInsertion,
): Archive {
  const { seriesInstanceUID, diameterMm, seed, model } = options;
  return {
    async candidate() {
      const body = { seed, count: 1, ...(model === undefined ? {} : { model }) };
      return firstOf(await server.call('POST', '/api/candidates', CandidateList, body));
    },
    propose: async () =>
      (await server.call('POST', '/api/places', Place, { seriesInstanceUID, diameterMm, seed })).centre,
    preview: (candidateId, centre) =>
      server.call('POST', '/api/previews', Preview, { seriesInstanceUID, candidateId, centre, diameterMm }),
    async accept(previewId) {
      const job = await server.call('POST', `/api/previews/${previewId}/accept`, Job, {});
      return AcceptResult.parse(
        await server.finish(job, {
          signal,
          progress: (fraction, message) => output.progress(fraction, message),
        }),
      );
    },
  };
}

function local(
  services: ReturnType<typeof createServices>,
  { output, signal }: CommandContext,
  options: ArchivedInsertion,
): Archive {
  const { seriesInstanceUID, diameterMm, seed, model } = options;
  return {
    candidate: async () =>
      firstOf(await services.generate({ seed, count: 1, ...(model === undefined ? {} : { model }) })),
    propose: async () => (await services.place({ seriesInstanceUID, diameterMm, seed })).centre,
    preview: (candidateId, centre) =>
      services.preview({ seriesInstanceUID, candidateId, centre, diameterMm }),
    accept: (previewId) =>
      services.accept(previewId, [], {
        signal,
        progress: (fraction, message) => output.progress(fraction, message),
      }),
  };
}

function firstOf({ candidates }: CandidateList): string {
  const [candidate] = candidates;
  if (!candidate) throw new NoduleLabError('upstream', 'the generator made no candidate', {});
  return candidate.id;
}
