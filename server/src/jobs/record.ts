/** From a row of the queue to the `Job` of the contract. */
import type { Job, JobKind } from '@nodulelab/contract';
import type { JobWithMetadata } from 'pg-boss';
import { z } from 'zod';

/** What is stored with a job. */
export const Payload = z.object({
  title: z.string(),
  createdAt: z.iso.datetime(),
  input: z.record(z.string(), z.unknown()),
});
export type Payload = z.infer<typeof Payload>;

/** How far a running job of this process is. */
export interface Progress {
  readonly fraction: number;
  readonly message: string;
  readonly detail?: Record<string, unknown> | undefined;
  /** Undefined while nothing can be said. */
  readonly secondsLeft?: number | undefined;
}

export const JobFailure = z.object({ kind: z.string(), message: z.string() });
export type JobFailure = z.infer<typeof JobFailure>;

const Result = z.record(z.string(), z.unknown());

/** pg-boss itself fails a job whose process fell silent or that ran for too long; its words are for developers. */
const LOST: JobFailure = {
  kind: 'interrupted',
  message:
    'The process that ran this job went away. What it had begun is undone at the next start; start it again.',
};

/**
 * @param position how many queued jobs of the same kind are ahead
 * @param progress of a job that this process runs
 */
export function jobOf(
  kind: JobKind,
  row: JobWithMetadata<unknown>,
  position: number,
  progress: Progress | undefined,
): Job {
  const { title, createdAt } = Payload.parse(row.data);
  const common = { id: row.id, kind, title, createdAt };
  const endedAt = (row.completedOn ?? row.createdOn).toISOString();
  switch (row.state) {
    case 'created':
    case 'retry':
      return { ...common, state: 'queued', position };
    case 'active':
      return {
        ...common,
        state: 'running',
        progress: progress?.fraction ?? 0,
        message: progress?.message ?? 'Starting',
        ...(progress?.secondsLeft === undefined ? {} : { secondsLeft: progress.secondsLeft }),
        ...(progress?.detail ? { detail: progress.detail } : {}),
      };
    case 'completed':
      return { ...common, state: 'done', endedAt, result: Result.catch({}).parse(row.output) };
    case 'failed':
      return { ...common, state: 'failed', endedAt, error: JobFailure.catch(LOST).parse(row.output) };
    case 'cancelled':
      return { ...common, state: 'cancelled', endedAt };
    default:
      return row.state satisfies never;
  }
}
