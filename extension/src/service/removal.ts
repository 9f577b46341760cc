/** The healthy twin: a preview of the CT without one of its nodules. */
import { isActive, isRemoved } from '../state/session.ts';
import type { Desk } from './desk.ts';
import type { Previews } from './previews.ts';

export class Removal {
  readonly #desk: Desk;
  readonly #previews: Previews;

  constructor(desk: Desk, previews: Previews) {
    this.#desk = desk;
    this.#previews = previews;
  }

  /** Previews the CT without the nodule, in place of the preview on top. */
  async remove(noduleId: string): Promise<void> {
    const { store, api, viewer } = this.#desk;
    const session = store.get();
    const { host } = session;
    const nodule = session.nodules.find(({ id }) => id === noduleId);
    if (!host || !nodule || isActive(session.job) || isRemoved(session, noduleId)) return;
    store.set({ place: null, picking: false, accepted: null });
    void viewer.jumpTo(host.seriesInstanceUID, nodule.centre);
    await this.#previews.ask((below, signal) =>
      api.call('removal', {
        body: { seriesInstanceUID: host.seriesInstanceUID, noduleId, ...below },
        signal,
      }),
    );
  }
}
