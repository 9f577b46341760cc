/** The jobs of the server as the panel lists them. */
import { AcceptResult, type Job } from '@nodulelab/contract';

/** Ended jobs that the list shows besides those that have not ended. */
const ENDED_SHOWN = 6;

const isOver = ({ state }: Job): boolean => state !== 'queued' && state !== 'running';

/**
 * The list with a job put in or brought up to date. An answer may arrive after the event that ended the job: what has
 * ended stays ended.
 */
export function withJob(jobs: readonly Job[], job: Job): readonly Job[] {
  const known = jobs.find(({ id }) => id === job.id);
  if (known === undefined) return [job, ...jobs];
  if (isOver(known) && !isOver(job)) return jobs;
  return jobs.map((one) => (one.id === job.id ? job : one));
}

/** Running ones first, then those that wait in their order, then the last that ended, newest first. */
export function listed(jobs: readonly Job[]): readonly Job[] {
  const newest = (a: Job, b: Job): number => b.createdAt.localeCompare(a.createdAt);
  const of = (state: Job['state']): Job[] => jobs.filter((job) => job.state === state);
  return [
    ...of('running').sort(newest),
    ...of('queued').sort((a, b) => a.createdAt.localeCompare(b.createdAt)),
    ...jobs.filter(isOver).sort(newest).slice(0, ENDED_SHOWN),
  ];
}

/** How many have not ended. */
export const activeCount = (jobs: readonly Job[]): number => jobs.filter((job) => !isOver(job)).length;

/** A training is resumed instead, from its own panel. */
export const canRetry = ({ state, kind }: Job): boolean =>
  (state === 'failed' || state === 'cancelled') && kind !== 'train';

/** The CT series that an accept job wrote; null for other jobs and such as have not ended well. */
export function writtenSeries(job: Job): AcceptResult | null {
  if (job.state !== 'done' || job.kind !== 'accept') return null;
  const parsed = AcceptResult.safeParse(job.result);
  return parsed.success ? parsed.data : null;
}

/** In the largest unit that says enough. */
export function leftText(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  if (seconds < 90) return `about ${Math.max(1, seconds)} s left`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}
