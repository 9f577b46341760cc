/**
 * Every route of the HTTP interface in one table: the server mounts it, the OpenAPI document is generated from it and
 * the viewer's client is typed by it.
 */
import { z } from 'zod';
import {
  CandidateList,
  GenerateRequest,
  ModelList,
  Place,
  PlaceRequest,
  Preview,
  PreviewRequest,
} from './candidate.ts';
import { ImportRequest, Job, JobList } from './job.ts';
import { AllNodules, NoduleList } from './nodule.ts';
import { Id, Uid } from './primitives.ts';

export const Health = z
  .object({
    status: z.enum(['ok', 'degraded']),
    version: z.string(),
    orthanc: z.object({ reachable: z.boolean(), version: z.string().nullable() }),
    engine: z.string(),
    model: z.string().nullable(),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;

/** Where the first minute starts: the demo study with a nodule selected and candidates ready. */
export const Welcome = z
  .object({
    studyInstanceUID: Uid,
    seriesInstanceUID: Uid,
    noduleId: Id,
    seed: z.int(),
    count: z.int(),
  })
  .meta({ id: 'Welcome' });
export type Welcome = z.infer<typeof Welcome>;

const Empty = z.null();
const bySeries = z.object({ seriesInstanceUID: Uid });
const byId = z.object({ id: Id });

export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  /** Express path below /api. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly success: { readonly status: 200 | 201 | 202 | 204; readonly body: z.ZodType };
  readonly problems: readonly number[];
}

export const routes = {
  health: {
    method: 'get',
    path: '/health',
    summary: 'Is the server well, and with what does it work',
    success: { status: 200, body: Health },
    problems: [],
  },
  welcome: {
    method: 'get',
    path: '/welcome',
    summary: 'The demo study, its selected nodule and the candidates to show first',
    success: { status: 200, body: Welcome },
    problems: [404],
  },
  models: {
    method: 'get',
    path: '/models',
    summary: 'Generators that can make candidates',
    success: { status: 200, body: ModelList },
    problems: [],
  },
  allNodules: {
    method: 'get',
    path: '/nodules',
    summary: 'Nodules of all series',
    success: { status: 200, body: AllNodules },
    problems: [],
  },
  nodules: {
    method: 'get',
    path: '/series/:seriesInstanceUID/nodules',
    summary: 'Nodules of a CT series, largest first',
    params: bySeries,
    success: { status: 200, body: NoduleList },
    problems: [400],
  },
  generate: {
    method: 'post',
    path: '/candidates',
    summary: 'Sample candidates; the same model, seed and count give the same candidates',
    body: GenerateRequest,
    success: { status: 200, body: CandidateList },
    problems: [400, 404],
  },
  place: {
    method: 'post',
    path: '/places',
    summary: 'Propose a place in the lung',
    body: PlaceRequest,
    success: { status: 200, body: Place },
    problems: [400, 404, 422, 502],
  },
  preview: {
    method: 'post',
    path: '/previews',
    summary: 'The changed box of the host with the candidate at a place; nothing is written',
    body: PreviewRequest,
    success: { status: 201, body: Preview },
    problems: [400, 404, 422, 502],
  },
  discard: {
    method: 'delete',
    path: '/previews/:id',
    summary: 'Forget a preview',
    params: byId,
    success: { status: 204, body: Empty },
    problems: [404, 409],
  },
  accept: {
    method: 'post',
    path: '/previews/:id/accept',
    summary: 'Write the previewed nodule as a new CT series; answers with the job',
    params: byId,
    success: { status: 202, body: Job },
    problems: [403, 404, 409],
  },
  import: {
    method: 'post',
    path: '/imports',
    summary: 'Import LIDC folders, zips or plain DICOM that lie on the server machine',
    body: ImportRequest,
    success: { status: 202, body: Job },
    problems: [400, 403],
  },
  jobs: {
    method: 'get',
    path: '/jobs',
    summary: 'All jobs, newest first',
    success: { status: 200, body: JobList },
    problems: [],
  },
  job: {
    method: 'get',
    path: '/jobs/:id',
    summary: 'One job',
    params: byId,
    success: { status: 200, body: Job },
    problems: [404],
  },
  cancel: {
    method: 'post',
    path: '/jobs/:id/cancel',
    summary: 'Cancel a queued or running job; what it had begun is undone',
    params: byId,
    success: { status: 200, body: Job },
    problems: [404, 409],
  },
} as const satisfies Record<string, Route>;
