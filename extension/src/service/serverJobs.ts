/** The jobs of the server: listed, watched, cancelled, done once more, and told of when they end. */
import type { Job, ServerEvent } from '@nodulelab/contract';
import { withJob, writtenSeries } from '../state/jobs.ts';
import { isActive } from '../state/session.ts';
import { jobLine } from '../state/words.ts';
import { type Desk, report } from './desk.ts';

export class ServerJobs {
  readonly #desk: Desk;
  /** Who waits for a job of this page's own shows its end in its own place. */
  readonly #isOwn: (jobId: string) => boolean;

  constructor(desk: Desk, isOwn: (jobId: string) => boolean) {
    this.#desk = desk;
    this.#isOwn = isOwn;
  }

  /** All that the server knows of: after a reload, and after events may have been missed. */
  async load(): Promise<void> {
    try {
      const { jobs } = await this.#desk.api.call('jobs', {});
      // What came by event meanwhile is newer.
      const { store } = this.#desk;
      store.set({ jobs: store.get().jobs.reduceRight(withJob, jobs) });
    } catch (error) {
      report(this.#desk, error);
    }
  }

  onEvent(event: ServerEvent): void {
    if (event.type === 'job') this.#take(event.job);
  }

  async cancel(id: string): Promise<void> {
    try {
      this.#take(await this.#desk.api.call('cancel', { params: { id } }));
    } catch (error) {
      report(this.#desk, error);
    }
  }

  async retry(id: string): Promise<void> {
    try {
      this.#take(await this.#desk.api.call('retry', { params: { id } }));
    } catch (error) {
      report(this.#desk, error);
    }
  }

  /** Shows the series that an accept job wrote. */
  async open(job: Job): Promise<void> {
    const written = writtenSeries(job);
    if (written === null) return;
    const { viewer, store } = this.#desk;
    try {
      if (await viewer.discover(written.studyInstanceUID, written.seriesInstanceUID))
        await viewer.open(written.seriesInstanceUID, null);
      else
        store.set({
          error:
            'This series is of another study, or is not in the archive any more: look for it in the study list.',
        });
    } catch (error) {
      report(this.#desk, error);
    }
  }

  #take(job: Job): void {
    const { store, viewer } = this.#desk;
    const known = store.get().jobs.find(({ id }) => id === job.id) ?? null;
    store.set({ jobs: withJob(store.get().jobs, job) });
    if (!isActive(known) || isActive(job) || this.#isOwn(job.id)) return;
    if (job.state === 'done')
      viewer.notify({
        kind: 'success',
        title: job.title,
        message: writtenSeries(job) === null ? 'Done.' : 'The new series is ready.',
        ...(writtenSeries(job) === null
          ? {}
          : { action: { label: 'Open', onClick: () => void this.open(job) } }),
      });
    if (job.state === 'failed') viewer.notify({ kind: 'error', title: job.title, message: jobLine(job) });
  }
}
