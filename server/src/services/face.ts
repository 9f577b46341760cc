/** The use cases as the two thin faces, http/ and cli/, and the job queue see them. */
import type {
  AcceptResult,
  AllNodules,
  CandidateList,
  GenerateRequest,
  Health,
  ModelList,
  NoduleList,
  Place,
  PlaceRequest,
  Preview,
  PreviewRequest,
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
  allNodules(): Promise<z.infer<typeof AllNodules>>;
  nodules(seriesInstanceUID: string): Promise<NoduleList>;
  generate(request: GenerateRequest): Promise<CandidateList>;
  place(request: z.infer<typeof PlaceRequest>): Promise<Place>;
  preview(request: PreviewRequest): Promise<Preview>;
  /** @throws not-found */
  discard(previewId: string): Promise<void>;
  /**
   * Looks whether a preview may be written, before a job is made of it.
   * @returns the title of the job
   * @throws not-found, refused, conflict
   */
  acceptable(previewId: string): Promise<{ title: string }>;
  accept(previewId: string, context: JobContext): Promise<AcceptResult>;
  /** @param paths files or folders on this machine */
  importPaths(paths: readonly string[], context: JobContext): Promise<Record<string, unknown>>;
  readonly trainings: Trainings;
}
