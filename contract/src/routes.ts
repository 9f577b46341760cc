/**
 * Every route of the HTTP interface in one table: the server mounts it, the OpenAPI document is generated from it and
 * the viewer's client is typed by it.
 */
import { z } from 'zod';
import {
  AcceptRequest,
  CandidateChecks,
  CandidateList,
  GenerateRequest,
  InsertManyRequest,
  Model,
  Place,
  PlaceRequest,
  Preview,
  PreviewRequest,
  RemovalRequest,
  SlicePlane,
} from './candidate.ts';
import { accountRoutes } from './accountRoutes.ts';
import { annotationRoutes } from './annotationRoutes.ts';
import { GuardMap, GuardRequest } from './guard.ts';
import { ImportRequest, Job, JobList } from './job.ts';
import { SeriesProvenance } from './lineage.ts';
import { modelRoutes } from './modelRoutes.ts';
import { AllNodules, NoduleList } from './nodule.ts';
import { Bytes, Id, Uid } from './primitives.ts';
import { ProposalRequest, Proposals } from './proposal.ts';
import { ReplayReport, VerificationReports, VerifyRequest } from './proof.ts';
import { Quiz, QuizRequest } from './quiz.ts';
import {
  ExportTraining,
  FolderName,
  PictureName,
  ResumeTraining,
  StartTraining,
  Training,
  TrainingOverview,
} from './training.ts';

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
const byName = z.object({ name: FolderName });

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Express path below /api. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly success: {
    readonly status: 200 | 201 | 202 | 204;
    readonly body: z.ZodType;
    /** JSON where absent; of another type the body is bytes. */
    readonly media?: 'image/png' | 'image/*' | 'text/html';
    /** The same address always answers the same: it may be kept for ever. */
    readonly unchanging?: true;
  };
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
  ...modelRoutes,
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
  ...annotationRoutes,
  ...accountRoutes,
  generate: {
    method: 'post',
    path: '/candidates',
    summary: 'Sample candidates; the same model, seed and count give the same candidates',
    body: GenerateRequest,
    success: { status: 200, body: CandidateList },
    problems: [400, 404],
  },
  candidateChecks: {
    method: 'get',
    path: '/candidates/:id/checks',
    summary: 'All checks of a candidate alone, with the nearest training nodule of its model',
    params: byId,
    success: { status: 200, body: CandidateChecks },
    problems: [404],
  },
  candidateSlices: {
    method: 'get',
    path: '/candidates/:id/slices/:plane',
    summary:
      'All slices of a candidate in the lung window as one picture: tiles row by row, eight rows of eight for 64 slices',
    params: z.object({ id: Id, plane: SlicePlane }),
    success: { status: 200, body: Bytes, media: 'image/png', unchanging: true },
    problems: [400, 404],
  },
  place: {
    method: 'post',
    path: '/places',
    summary: 'Propose a place in the lung',
    body: PlaceRequest,
    success: { status: 200, body: Place },
    problems: [400, 404, 409, 422, 502],
  },
  proposals: {
    method: 'post',
    path: '/proposals',
    summary: 'The best places in the lung for a nodule of a size, ranked and well apart',
    body: ProposalRequest,
    success: { status: 200, body: Proposals },
    problems: [400, 404, 409, 422, 502],
  },
  preview: {
    method: 'post',
    path: '/previews',
    summary: 'The changed box of the host with the candidate at a place; nothing is written',
    body: PreviewRequest,
    success: { status: 201, body: Preview },
    problems: [400, 404, 409, 422, 502],
  },
  removal: {
    method: 'post',
    path: '/removals',
    summary: 'A preview of the CT as if a nodule were not there; nothing is written',
    body: RemovalRequest,
    success: { status: 201, body: Preview },
    problems: [400, 404, 409, 422, 502],
  },
  guard: {
    method: 'post',
    path: '/guards',
    summary: 'Where in the lung a nodule of a size may go, and why not elsewhere',
    body: GuardRequest,
    success: { status: 200, body: GuardMap },
    problems: [400, 404, 409, 422, 502],
  },
  discard: {
    method: 'delete',
    path: '/previews/:id',
    summary: 'Forget a preview that no other one stands on',
    params: byId,
    success: { status: 204, body: Empty },
    problems: [404, 409],
  },
  accept: {
    method: 'post',
    path: '/previews/:id/accept',
    summary:
      'Write a preview and all that it stands on as a new CT series with its segmentation and report; answers with the job',
    params: byId,
    body: AcceptRequest,
    success: { status: 202, body: Job },
    problems: [400, 403, 404, 409, 502],
  },
  insertMany: {
    method: 'post',
    path: '/insertions',
    summary: 'Insert nodules into many series, each written by itself; answers with the job',
    body: InsertManyRequest,
    success: { status: 202, body: Job },
    problems: [400],
  },
  replay: {
    method: 'post',
    path: '/series/:seriesInstanceUID/replay',
    summary: 'Make a synthetic series again from what is recorded of it, and compare every voxel',
    params: bySeries,
    success: { status: 200, body: ReplayReport },
    problems: [400, 404, 422, 502],
  },
  provenance: {
    method: 'get',
    path: '/series/:seriesInstanceUID/provenance',
    summary: 'Where a CT series comes from, what was done to it, and what was made of it',
    params: bySeries,
    success: { status: 200, body: SeriesProvenance },
    problems: [400, 404, 409, 422, 502],
  },
  verify: {
    method: 'post',
    path: '/verifications',
    summary: 'Does a CT carry an edit of NoduleLab: which, where, from which source',
    body: VerifyRequest,
    success: { status: 200, body: VerificationReports },
    problems: [400, 403, 404, 422, 502],
  },
  import: {
    method: 'post',
    path: '/imports',
    summary: 'Import LIDC folders, zips or plain DICOM that lie on the server machine',
    body: ImportRequest,
    success: { status: 202, body: Job },
    problems: [400, 403],
  },
  quiz: {
    method: 'post',
    path: '/quizzes',
    summary: 'Pictures of real and synthetic nodules to tell apart, for fun; nothing of it is kept',
    body: QuizRequest,
    success: { status: 200, body: Quiz },
    problems: [400, 404, 422, 502],
  },
  trainings: {
    method: 'get',
    path: '/trainings',
    summary: 'All trainings, and what a new one can be made of',
    success: { status: 200, body: TrainingOverview },
    problems: [],
  },
  training: {
    method: 'get',
    path: '/trainings/:name',
    summary: 'One training with its curve and its checkpoints',
    params: byName,
    success: { status: 200, body: Training },
    problems: [400, 404],
  },
  startTraining: {
    method: 'post',
    path: '/trainings',
    summary: 'Train on a data set of this server; answers with the job',
    body: StartTraining,
    success: { status: 202, body: Job },
    problems: [400, 404, 409],
  },
  resumeTraining: {
    method: 'post',
    path: '/trainings/:name/resume',
    summary: 'Go on from the newest checkpoint; answers with the job',
    params: byName,
    body: ResumeTraining,
    success: { status: 202, body: Job },
    problems: [400, 404, 409],
  },
  exportTraining: {
    method: 'post',
    path: '/trainings/:name/model',
    summary: 'Make a model of a checkpoint, and prefer it where that is asked for',
    params: byName,
    body: ExportTraining,
    success: { status: 201, body: Model },
    problems: [400, 404, 409],
  },
  trainingPicture: {
    method: 'get',
    path: '/trainings/:name/pictures/:picture',
    summary: 'Samples at a checkpoint, or (real) patches of the set: middle slices as one PNG',
    params: z.object({ name: FolderName, picture: PictureName }),
    success: { status: 200, body: Bytes, media: 'image/png' },
    problems: [400, 404],
  },
  trainingReport: {
    method: 'get',
    path: '/trainings/:name/report',
    summary: 'The report of a training as one page',
    params: byName,
    success: { status: 200, body: Bytes, media: 'text/html' },
    problems: [400, 404],
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
    summary: 'Cancel a queued or running job; what it had begun is undone, but a training keeps a checkpoint',
    params: byId,
    success: { status: 200, body: Job },
    problems: [404, 409],
  },
  retry: {
    method: 'post',
    path: '/jobs/:id/retry',
    summary: 'Do a job that failed or was cancelled once more; answers with the new job',
    params: byId,
    success: { status: 202, body: Job },
    problems: [404, 409],
  },
} as const satisfies Record<string, Route>;
