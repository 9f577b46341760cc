/** Where the candidate goes and how it looks there: place, size, preview. Nothing of this is written anywhere. */
import type { PointLps } from '@nodulelab/contract';
import { ApiError, messageOf, nearestAllowed } from '../api/problem.ts';
import { DIAMETER, isActive } from '../state/session.ts';
import { type Desk, report } from './desk.ts';

/** The slider is still moving while its changes come faster than this. */
const SETTLED_MS = 300;

export class Placement {
  readonly #desk: Desk;
  #request: AbortController | null = null;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #places = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Arms or disarms "the next click sets the place". */
  pick(picking: boolean): void {
    this.#desk.store.set({ picking });
  }

  /** A click in a viewport, in LPS mm. */
  async placeAt(place: PointLps): Promise<void> {
    const { store, viewer } = this.#desk;
    const { host, chosenCandidateId, job } = store.get();
    if (!host || !chosenCandidateId || isActive(job)) return;
    store.set({ place, refusal: null, picking: false, accepted: null });
    void viewer.jumpTo(host.seriesInstanceUID, place);
    await this.#preview();
  }

  /** The point where the three planes meet. */
  async placeAtCrosshair(): Promise<void> {
    const point = this.#desk.viewer.crosshair();
    if (point) await this.placeAt(point);
  }

  /** Asks the server for a place in the lung; each call gives another one. */
  async propose(): Promise<void> {
    const { store, api } = this.#desk;
    const { host, diameterMm } = store.get();
    if (!host) return;
    store.set({ proposing: true, error: null });
    try {
      const { centre } = await api.call('place', {
        body: { seriesInstanceUID: host.seriesInstanceUID, diameterMm, seed: this.#places++ },
      });
      store.set({ proposing: false });
      await this.placeAt(centre);
    } catch (error) {
      store.set({ proposing: false });
      this.#refused(error);
    }
  }

  setDiameter(diameterMm: number): void {
    const { store } = this.#desk;
    store.set({ diameterMm: Math.min(DIAMETER.most, Math.max(DIAMETER.least, diameterMm)) });
    clearTimeout(this.#settle);
    if (store.get().place) this.#settle = setTimeout(() => void this.#preview(), SETTLED_MS);
  }

  /** Another candidate: preview it at the same place, or ask for a place. */
  candidateChanged(): void {
    const { store } = this.#desk;
    const { place, chosenCandidateId } = store.get();
    if (!chosenCandidateId) this.discard();
    else if (place) void this.#preview();
    else store.set({ picking: true });
  }

  flip(): void {
    const { store, viewer } = this.#desk;
    const { preview, previewShown } = store.get();
    if (!preview) return;
    viewer.flipPreview(!previewShown);
    store.set({ previewShown: !previewShown });
  }

  /** Leaves nothing behind: the viewer has its voxels back and the server forgets the preview. */
  discard(): void {
    const { store } = this.#desk;
    this.#drop();
    store.set({
      place: null,
      refusal: null,
      previewing: false,
      picking: store.get().chosenCandidateId !== null,
      job: isActive(store.get().job) ? store.get().job : null,
    });
  }

  /** Ends what is under way without touching the rest of the session: the host goes away. */
  abandon(): void {
    this.#drop();
    clearTimeout(this.#settle);
  }

  #drop(): void {
    const { store, api, viewer } = this.#desk;
    this.#request?.abort();
    this.#request = null;
    const { preview } = store.get();
    viewer.hidePreview();
    store.set({ preview: null, previewShown: false });
    // A preview that the server has already forgotten is what was wanted.
    if (preview) void api.call('discard', { params: { id: preview.id } }).catch(() => undefined);
  }

  async #preview(): Promise<void> {
    const { store, api, viewer } = this.#desk;
    const { host, place, chosenCandidateId, diameterMm, preview: former } = store.get();
    if (!host || !place || !chosenCandidateId) return;
    clearTimeout(this.#settle);
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const current = (): boolean => this.#request === request;
    store.set({ previewing: true, refusal: null, error: null });
    try {
      const preview = await api.call('preview', {
        body: {
          seriesInstanceUID: host.seriesInstanceUID,
          candidateId: chosenCandidateId,
          centre: place,
          diameterMm,
        },
        signal: request.signal,
      });
      if (!current()) return;
      await viewer.showPreview(host.seriesInstanceUID, preview.box, current);
      if (!current()) return;
      store.set({ preview, previewShown: true, previewing: false, job: null });
      if (former) void api.call('discard', { params: { id: former.id } }).catch(() => undefined);
    } catch (error) {
      if (!current()) return;
      this.#drop();
      store.set({ previewing: false });
      this.#refused(error);
    }
  }

  #refused(error: unknown): void {
    if (error instanceof ApiError && error.status === 422)
      this.#desk.store.set({
        refusal: { message: messageOf(error), nearestAllowed: nearestAllowed(error) },
        picking: true,
      });
    else report(this.#desk, error);
  }
}
