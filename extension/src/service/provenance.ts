/** Where the CT on the screen comes from and what was made of it; and the ways there. */
import type { ServerEvent } from '@nodulelab/contract';
import { ApiError } from '../api/problem.ts';
import { type Desk, report } from './desk.ts';

export class Origins {
  readonly #desk: Desk;
  #request: AbortController | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Asks for the CT on the screen; the newest call wins. */
  async load(): Promise<void> {
    const { store, api } = this.#desk;
    const { host } = store.get();
    this.#request?.abort();
    if (!host) return;
    const request = new AbortController();
    this.#request = request;
    try {
      const provenance = await api.call('provenance', {
        params: { seriesInstanceUID: host.seriesInstanceUID },
        signal: request.signal,
      });
      if (this.#request === request && store.get().host === host) store.set({ provenance });
    } catch (error) {
      if (this.#request !== request) return;
      // Nobody asked for it: without an answer there is no line. What stops all work is told of where it is seen.
      if (error instanceof ApiError && (error.unreachable || error.status === 401)) report(this.#desk, error);
    }
  }

  /** A series that was just written is linked from its source at once. */
  onEvent(event: ServerEvent): void {
    const { host } = this.#desk.store.get();
    if (event.type === 'series-created' && event.studyInstanceUID === host?.studyInstanceUID)
      void this.load();
  }

  /** Shows a series of this study in the viewports, at the place that is looked at. */
  async open(seriesInstanceUID: string): Promise<void> {
    const { store, viewer } = this.#desk;
    const { host } = store.get();
    if (!host) return;
    const at = viewer.crosshair();
    try {
      if (await viewer.discover(host.studyInstanceUID, seriesInstanceUID))
        await viewer.open(seriesInstanceUID, at);
      else
        store.set({
          error: 'This series is not in the study any more: it may have been taken out of the archive.',
        });
    } catch (error) {
      report(this.#desk, error);
    }
  }
}
