/** From an accepted preview to the new series on the screen. */
import { AcceptResult, type Job, type PointLps, type ServerEvent } from '@nodulelab/contract';
import { unconfirmedChecks } from '../api/problem.ts';
import { editsOf, isActive, type Session } from '../state/session.ts';
import { type Desk, report } from './desk.ts';

interface Expected {
  readonly jobId: string;
  readonly sourceSeriesInstanceUID: string;
  readonly centre: PointLps;
}

/** Names of the checks with a bad verdict, of all edits, each once. */
export const poorChecks = (session: Session): string[] => [
  ...new Set(
    editsOf(session).flatMap(({ checks }) =>
      checks.filter(({ verdict }) => verdict === 'bad').map(({ name }) => name),
    ),
  ),
];

export class Acceptance {
  readonly #desk: Desk;
  #asking = false;
  #expected: Expected | null = null;
  readonly #opened = new Set<string>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Writes all edits as one series; asks first where a check is poor. */
  async accept(): Promise<void> {
    const { store } = this.#desk;
    const session = store.get();
    if (editsOf(session).length === 0 || session.unsettled || isActive(session.job)) return;
    const poor = poorChecks(session);
    if (poor.length > 0) store.set({ unconfirmed: poor });
    else await this.#accept([]);
  }

  /** The answer to the question about poor checks: they are meant. */
  async confirm(): Promise<void> {
    const { unconfirmed } = this.#desk.store.get();
    if (unconfirmed) await this.#accept(unconfirmed);
  }

  /** The other answer: back to looking. */
  reconsider(): void {
    this.#desk.store.set({ unconfirmed: null });
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
      case 'models-changed':
        return;
      default:
        event satisfies never;
    }
  }

  /** Whether this page waits for the job: it shows its end itself. */
  waitsFor(jobId: string): boolean {
    return this.#expected?.jobId === jobId;
  }

  /** Shows the original again, ready for another nodule. */
  async showSource(): Promise<void> {
    const { store, viewer } = this.#desk;
    // A series that was made of a synthetic one still has the one original.
    const source =
      store.get().synthetic[0]?.sourceSeriesInstanceUID ?? store.get().accepted?.sourceSeriesInstanceUID;
    if (!source) return;
    const { host } = store.get();
    const at = store.get().accepted?.centre ?? null;
    if (host && (await viewer.discover(host.studyInstanceUID, source))) await viewer.open(source, at);
  }

  async #accept(confirmed: readonly string[]): Promise<void> {
    const { store, api } = this.#desk;
    const top = editsOf(store.get()).at(-1);
    // Two presses are one wish.
    if (!top || this.#asking) return;
    this.#asking = true;
    store.set({ error: null, picking: false, unconfirmed: null });
    try {
      const accepted = await api.call('accept', {
        params: { id: top.id },
        body: { confirmed: [...confirmed] },
      });
      this.#expected = {
        jobId: accepted.id,
        sourceSeriesInstanceUID: top.seriesInstanceUID,
        centre: top.centre,
      };
      this.#take(accepted);
    } catch (error) {
      // The server holds its own opinion of what must be confirmed.
      const unconfirmed = unconfirmedChecks(error);
      if (unconfirmed) store.set({ unconfirmed: [...new Set([...confirmed, ...unconfirmed])] });
      else report(this.#desk, error);
    } finally {
      this.#asking = false;
    }
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
    const { studyInstanceUID, seriesInstanceUID, instances, segmentation, report: written } = parsed.data;
    this.#opened.add(seriesInstanceUID);
    if (store.get().host?.studyInstanceUID !== studyInstanceUID) {
      // Another study is on the screen by now: it stays, with what is being placed in it.
      viewer.notify({
        kind: 'success',
        title: 'The new series is written.',
        message: 'It is in the study that it was made in.',
      });
      return;
    }
    // The original must be itself again before it leaves the screen.
    viewer.hidePreview();
    store.set({
      stack: [],
      preview: null,
      previewShown: false,
      place: null,
      refusal: null,
      guardShown: false,
      accepted: {
        seriesInstanceUID,
        sourceSeriesInstanceUID: expected.sourceSeriesInstanceUID,
        centre: expected.centre,
        instances,
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
    // The event of the CT may have come before its segmentation and report were there to be listed.
    for (const { seriesInstanceUID: other } of [segmentation, written])
      await viewer.discover(studyInstanceUID, other);
  }
}
