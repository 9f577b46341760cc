/** The use cases of the archive for a command: those of the running server, or of a runtime of our own where none runs. */
import {
  AcceptResult,
  CandidateList,
  InsertManyResult,
  Job,
  NoduleList,
  Place,
  Preview,
  Proposals,
  Quiz,
  ReplayReport,
  SeriesProvenance,
  VerificationReports,
  type InsertManyRequest,
} from '@nodulelab/contract';
import { z } from 'zod';
import { createServices } from '../services/createServices.ts';
import type { JobContext, ServicesFace } from '../services/face.ts';
import type { CommandContext } from './context.ts';
import { findRunningServer, type RunningServer } from './runningServer.ts';
import { openRuntime } from './runtime.ts';

type Shared =
  | 'generate'
  | 'place'
  | 'proposals'
  | 'preview'
  | 'removal'
  | 'discard'
  | 'nodules'
  | 'replay'
  | 'verify'
  | 'provenance'
  | 'quiz';

export interface ArchiveServices extends Pick<ServicesFace, Shared> {
  accept(previewId: string, confirmed: readonly string[]): Promise<AcceptResult>;
  insertMany(request: InsertManyRequest): Promise<InsertManyResult>;
}

/** Opens the archive for the time of `work`. */
export async function withArchive<T>(
  context: CommandContext,
  { researchArchive }: { readonly researchArchive: boolean },
  work: (services: ArchiveServices) => Promise<T>,
): Promise<T> {
  const { output, dataDir, orthancUrl, signal } = context;
  const job: JobContext = {
    signal,
    progress: (fraction, message) => output.progress(fraction, message),
  };
  const server = await findRunningServer(dataDir);
  if (server && researchArchive)
    output.note(
      'A server runs on this data folder: --research-archive counts as it was given to that server',
    );
  if (server) return work(remote(server, job));
  const runtime = await openRuntime({
    ...{ dataDir, orthancUrl, researchArchive },
    log: (line) => output.note(line),
  });
  try {
    const services = createServices(runtime.context);
    try {
      return await work({
        ...services,
        accept: (previewId, confirmed) => services.accept(previewId, confirmed, job),
        insertMany: (request) => services.insertMany(request, job),
      });
    } finally {
      await services.close();
    }
  } finally {
    await runtime.close();
  }
}

function remote(server: RunningServer, job: JobContext): ArchiveServices {
  return {
    generate: (body) => server.call('POST', '/api/candidates', CandidateList, body),
    place: (body) => server.call('POST', '/api/places', Place, body),
    proposals: (body) => server.call('POST', '/api/proposals', Proposals, body),
    preview: (body) => server.call('POST', '/api/previews', Preview, body),
    removal: (body) => server.call('POST', '/api/removals', Preview, body),
    async discard(id) {
      await server.call('DELETE', `/api/previews/${id}`, z.null());
    },
    nodules: (uid) => server.call('GET', `/api/series/${uid}/nodules`, NoduleList),
    replay: (uid) => server.call('POST', `/api/series/${uid}/replay`, ReplayReport, {}),
    provenance: (uid) => server.call('GET', `/api/series/${uid}/provenance`, SeriesProvenance),
    verify: (body) => server.call('POST', '/api/verifications', VerificationReports, body),
    quiz: (body) => server.call('POST', '/api/quizzes', Quiz, body),
    async accept(id, confirmed) {
      const queued = await server.call('POST', `/api/previews/${id}/accept`, Job, { confirmed });
      return AcceptResult.parse(await server.finish(queued, job));
    },
    async insertMany(request) {
      const queued = await server.call('POST', '/api/insertions', Job, request);
      return InsertManyResult.parse(await server.finish(queued, job));
    },
  };
}
