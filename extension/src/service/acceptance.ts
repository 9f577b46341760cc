/** From an accepted preview to the new series on the screen. */
import { AcceptResult, type Job, type PointLps, type ServerEvent } from '@nodulelab/contract';
import { isActive } from '../state/session.ts';
import { type Desk, report } from './desk.ts';

interface Expected {
  readonly jobId: string;
  readonly sourceSeriesInstanceUID: string;
  readonly centre: PointLps;
}

export class Acceptance {
  readonly #desk: Desk;
  #expected: Expected | null = null;
  readonly #opened = new Set<string>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  async accept(): Promise<void> {
    const { store, api } = this.#desk;
    const { preview, job } = store.get();
    if (!preview || isActive(job)) return;
    store.set({ error: null, picking: false });
    try {
      const accepted = await api.call('accept', { params: { id: preview.id } });
      this.#expected = {
        jobId: accepted.id,
        sourceSeriesInstanceUID: preview.seriesInstanceUID,
        centre: preview.centre,
      };
      this.#take(accepted);
    } catch (error) {
      report(this.#desk, error);
    }
  }

  async cancel(): Promise<void> {
    const { store, api } = this.#desk;
    const { job } = store.get();
    if (!job || !isActive(job)) return;
    try {
      this.#take(await api.call('cancel', { params: { id: job.id } }));
    } catch (error) {
      report(this.#desk, error);
    }
  }

  /** Asks for the job's state: events may have been missed while the connection was lost. */
  async catchUp(): Promise<void> {
    const { store, api } = this.#desk;
    const { job } = store.get();
    if (!job || !isActive(job)) return;
    try {
      this.#take(await api.call('job', { params: { id: job.id } }));
    } catch (error) {
      report(this.#desk, error);
    }
  }

  onEvent(event: ServerEvent): void {
    switch (event.type) {
      case 'job':
        if (event.job.id === this.#expected?.jobId) this.#take(event.job);
        return;
      case 'series-created':
        // Also series that the command line writes: they appear, but only our own one opens.
        if (event.studyInstanceUID === this.#desk.store.get().host?.studyInstanceUID)
          void this.#desk.viewer
            .discover(event.studyInstanceUID, event.seriesInstanceUID)
            .catch((error: unknown) => report(this.#desk, error));
        return;
      default:
        event satisfies never;
    }
  }

  /** Shows the original again, ready for another nodule. */
  async showSource(): Promise<void> {
    const { store, viewer } = this.#desk;
    const source =
      store.get().accepted?.sourceSeriesInstanceUID ?? store.get().synthetic[0]?.sourceSeriesInstanceUID;
    if (!source) return;
    const { host } = store.get();
    const at = store.get().accepted?.centre ?? null;
    if (host && (await viewer.discover(host.studyInstanceUID, source))) await viewer.open(source, at);
  }

  #take(job: Job): void {
    const { store } = this.#desk;
    const known = store.get().job;
    // An answer may arrive after the event that ended the job.
    if (known?.id === job.id && !isActive(known) && isActive(job)) return;
    store.set({ job });
    if (job.state === 'done')
      void this.#open(job.result).catch((error: unknown) => report(this.#desk, error));
  }

  async #open(result: unknown): Promise<void> {
    const { store, viewer } = this.#desk;
    const expected = this.#expected;
    const parsed = AcceptResult.safeParse(result);
    if (!parsed.success || !expected || this.#opened.has(parsed.data.seriesInstanceUID)) return;
    const { studyInstanceUID, seriesInstanceUID } = parsed.data;
    this.#opened.add(seriesInstanceUID);
    // The original must be itself again before it leaves the screen.
    viewer.hidePreview();
    store.set({
      preview: null,
      previewShown: false,
      place: null,
      refusal: null,
      accepted: {
        seriesInstanceUID,
        sourceSeriesInstanceUID: expected.sourceSeriesInstanceUID,
        centre: expected.centre,
      },
    });
    if (!(await viewer.discover(studyInstanceUID, seriesInstanceUID))) {
      store.set({
        error:
          'The new series is saved but does not show in the study browser yet. Reload the page to see it.',
      });
      return;
    }
    await viewer.open(seriesInstanceUID, expected.centre);
  }
}
