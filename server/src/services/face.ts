/** The use cases as the two thin faces, http/ and cli/, and the job queue see them. */
import type {
  AcceptResult,
  AllNodules,
  AnnotationChange,
  AnnotationRequest,
  CandidateChecks,
  CandidateList,
  ChooseModel,
  CompareModels,
  CurrentModel,
  GenerateRequest,
  GuardMap,
  GuardRequest,
  Health,
  InsertManyRequest,
  InsertManyResult,
  ModelComparison,
  ModelList,
  Nodule,
  NoduleList,
  Place,
  PlaceRequest,
  Preview,
  PreviewRequest,
  ProposalRequest,
  Proposals,
  Quiz,
  QuizRequest,
  RemovalRequest,
  ReplayReport,
  SeriesProvenance,
  SlicePlane,
  VerificationReports,
  VerifyRequest,
  Welcome,
} from '@nodulelab/contract';
import type { z } from 'zod';
import type { Trainings } from './trainings/trainings.ts';

/** What a long piece of work may say and must heed. */
export interface JobContext {
  /**
   * Reports how far the work is. Call it as often as is convenient: what leaves the server is throttled.
   * @param fraction 0 to 1
   * @param message what is being done, for people
   * @param detail live facts of this kind of job (losses, counts)
   */
  progress(fraction: number, message: string, detail?: Record<string, unknown>): void;
  /** Aborted on cancel and when the server stops: undo what was begun, then throw. */
  readonly signal: AbortSignal;
}

export interface ServicesFace {
  health(): Promise<Health>;
  /** @throws not-found where no demo study was imported. */
  welcome(): Promise<Welcome>;
  models(): Promise<z.infer<typeof ModelList>>;
  currentModel(): Promise<CurrentModel>;
  /** @throws not-found */
  chooseModel(request: ChooseModel): Promise<CurrentModel>;
  /** @throws not-found */
  compareModels(request: CompareModels): Promise<ModelComparison>;
  /** HTML. @throws not-found */
  modelReport(name: string): Promise<Uint8Array>;
  /** HTML. @throws not-found */
  modelClassification(name: string): Promise<Uint8Array>;
  /** PNG or JPEG. @throws not-found */
  modelPicture(name: string, picture: string): Promise<Uint8Array>;
  allNodules(): Promise<z.infer<typeof AllNodules>>;
  nodules(seriesInstanceUID: string): Promise<NoduleList>;
  /** A nodule that a user marks. @throws refused, not-found, unusable, upstream */
  annotate(seriesInstanceUID: string, request: AnnotationRequest): Promise<Nodule>;
  /** Only of a nodule that was annotated. @throws refused, not-found, conflict, unusable, upstream */
  changeAnnotation(seriesInstanceUID: string, noduleId: string, change: AnnotationChange): Promise<Nodule>;
  /** Only of a nodule that was annotated. @throws refused, not-found, upstream */
  deleteAnnotation(seriesInstanceUID: string, noduleId: string): Promise<void>;
  generate(request: GenerateRequest): Promise<CandidateList>;
  /** The checks of a candidate, with what needs its model's training set. @throws not-found */
  candidateChecks(candidateId: string): Promise<CandidateChecks>;
  /** PNG. @throws not-found */
  candidateSlices(candidateId: string, plane: SlicePlane): Promise<Uint8Array>;
  place(request: z.infer<typeof PlaceRequest>): Promise<Place>;
  proposals(request: ProposalRequest): Promise<Proposals>;
  preview(request: PreviewRequest): Promise<Preview>;
  /** A preview of the CT as if a nodule were not there. */
  removal(request: RemovalRequest): Promise<Preview>;
  guard(request: GuardRequest): Promise<GuardMap>;
  /** @throws not-found; conflict where it is being written or another preview stands on it */
  discard(previewId: string): Promise<void>;
  /**
   * Looks whether a preview may be written, before a job is made of it.
   * @param confirmed names of checks whose bad verdict a person has seen and accepts
   * @returns the title of the job
   * @throws not-found, refused, conflict
   */
  acceptable(previewId: string, confirmed: readonly string[]): Promise<{ title: string }>;
  /** Writes a preview and all that it stands on. @throws as `acceptable` */
  accept(previewId: string, confirmed: readonly string[], context: JobContext): Promise<AcceptResult>;
  insertMany(request: InsertManyRequest, context: JobContext): Promise<InsertManyResult>;
  replay(seriesInstanceUID: string): Promise<ReplayReport>;
  /** @throws not-found, conflict, unusable, upstream */
  provenance(seriesInstanceUID: string): Promise<SeriesProvenance>;
  verify(request: VerifyRequest): Promise<VerificationReports>;
  /** @throws not-found, unusable, upstream */
  quiz(request: QuizRequest): Promise<Quiz>;
  /**
   * Takes away what a crash left unfinished in the archive, and goes on trying where the archive is away.
   * @returns the series (of a synthetic CT, or of a nodule's segmentation) of which something was taken away, and how many
   *   are left to be
   */
  recover(): Promise<{ withdrawn: readonly string[]; waiting: number }>;
  /** Ends what goes on by itself, and closes what was opened. */
  close(): Promise<void>;
  /** @param paths files or folders on this machine */
  importPaths(paths: readonly string[], context: JobContext): Promise<Record<string, unknown>>;
  readonly trainings: Trainings;
}
