/** Where the candidate goes and how it lies there: place, kind of place, size, attenuation, turn. */
import type { InsertionOptions, PlacementSetting, PointLps } from '@nodulelab/contract';
import { askedFor, moved } from '../state/proposals.ts';
import { DIAMETER, isActive, MEAN_HU, type Session } from '../state/session.ts';
import type { Desk } from './desk.ts';
import type { Previews } from './previews.ts';

/** The slider is still moving while its changes come faster than this. */
const SETTLED_MS = 300;

const clamp = (value: number, { least, most }: { least: number; most: number }): number =>
  Math.min(most, Math.max(least, value));

/** What the request says beyond place and size; nothing where all is left to the candidate. */
export function optionsOf({ setting, meanHu, turnDeg }: Session): { options?: InsertionOptions } {
  const options: InsertionOptions = {
    ...(setting ? { setting } : {}),
    ...(meanHu === null ? {} : { meanHu }),
    ...(turnDeg.some((angle) => angle !== 0) ? { rotationDeg: turnDeg } : {}),
  };
  return Object.keys(options).length > 0 ? { options } : {};
}

export class Placement {
  readonly #desk: Desk;
  readonly #previews: Previews;
  #proposal = 0;
  #settle: ReturnType<typeof setTimeout> | undefined;

  constructor(desk: Desk, previews: Previews) {
    this.#desk = desk;
    this.#previews = previews;
  }

  /** Arms or disarms "the next click sets the place". */
  pick(picking: boolean): void {
    this.#desk.store.set({ picking });
  }

  /** A click in a viewport, in LPS mm. */
  async placeAt(place: PointLps): Promise<void> {
    const { store, viewer } = this.#desk;
    this.#forgetProposal();
    const { host, chosenCandidateId, job } = store.get();
    if (!host || !chosenCandidateId || isActive(job)) return;
    store.set({ place, refusal: null, picking: false, accepted: null });
    void viewer.jumpTo(host.seriesInstanceUID, place);
    await this.#preview();
  }

  /** Previews the nodule as it was dragged. */
  async confirm(): Promise<void> {
    const { store, viewer } = this.#desk;
    const { host, place } = store.get();
    if (!host || !place) return;
    store.set({ refusal: null, picking: false, accepted: null });
    void viewer.jumpTo(host.seriesInstanceUID, place);
    await this.#preview();
  }

  /** The point where the three planes meet. */
  async placeAtCrosshair(): Promise<void> {
    const point = this.#desk.viewer.crosshair();
    if (point) await this.placeAt(point);
  }

  /** The best place in the lung; each further call goes to the next best, and round again. */
  async propose(): Promise<void> {
    const { store, api } = this.#desk;
    const { host, diameterMm, setting, proposed } = store.get();
    if (!host) return;
    const { seriesInstanceUID } = host;
    const below = this.#previews.below();
    const asked = askedFor({ seriesInstanceUID, diameterMm, setting, after: below.after });
    if (proposed?.asked === asked) return this.proposeOther(1);
    const request = ++this.#proposal;
    // A place that is chosen meanwhile, or another CT, is what is wanted then.
    const current = (): boolean => request === this.#proposal && store.get().host === host;
    store.set({ proposing: true, error: null });
    try {
      const { places } = await api.call('proposals', {
        body: { seriesInstanceUID, diameterMm, ...(setting ? { setting } : {}), ...below },
      });
      if (!current()) return;
      store.set({ proposing: false, proposed: { asked, places, at: 0 } });
      await this.placeAt(places[0]!.centre);
    } catch (error) {
      if (!current()) return;
      store.set({ proposing: false });
      this.#previews.refused(error);
    }
  }

  /** An answer that is still to come is not wanted any more. */
  #forgetProposal(): void {
    this.#proposal++;
    if (this.#desk.store.get().proposing) this.#desk.store.set({ proposing: false });
  }

  /** @param by 1 for the next best place, -1 for the one before */
  async proposeOther(by: number): Promise<void> {
    const { store } = this.#desk;
    const { proposed } = store.get();
    if (!proposed) return;
    const other = moved(proposed, by);
    store.set({ proposed: other });
    await this.placeAt(other.places[other.at]!.centre);
  }

  setDiameter(diameterMm: number): void {
    this.#change({ diameterMm: clamp(diameterMm, DIAMETER) });
  }

  /** @param setting null for any place in the lung */
  setSetting(setting: PlacementSetting | null): void {
    this.#change({ setting });
  }

  /** @param meanHu null leaves the attenuation to the candidate */
  setMeanHu(meanHu: number | null): void {
    if (meanHu === null || Number.isFinite(meanHu))
      this.#change({ meanHu: meanHu === null ? null : clamp(Math.round(meanHu), MEAN_HU) });
  }

  /** @param turnDeg about the L, P and S axes */
  setTurn(turnDeg: PointLps): void {
    if (turnDeg.every(Number.isFinite)) this.#change({ turnDeg });
  }

  /** Another candidate: preview it at the same place, or ask for a place. */
  candidateChanged(): void {
    const { store } = this.#desk;
    const { place, chosenCandidateId, preview } = store.get();
    if (place && chosenCandidateId) void this.#preview();
    else if (place) this.#previews.discard();
    else if (!preview) store.set({ picking: chosenCandidateId !== null });
  }

  /** What was still to be previewed is no longer wanted. */
  abandon(): void {
    this.#forgetProposal();
    clearTimeout(this.#settle);
  }

  #change(change: Partial<Session>): void {
    const { store } = this.#desk;
    store.set(change);
    clearTimeout(this.#settle);
    if (!store.get().place) return;
    store.set({ unsettled: true });
    this.#settle = setTimeout(() => void this.#preview(), SETTLED_MS);
  }

  async #preview(): Promise<void> {
    const { store, api } = this.#desk;
    clearTimeout(this.#settle);
    store.set({ unsettled: false });
    const session = store.get();
    const { host, place, chosenCandidateId, diameterMm } = session;
    if (!host || !place || !chosenCandidateId || isActive(session.job)) return;
    await this.#previews.ask((below, signal) =>
      api.call('preview', {
        body: {
          seriesInstanceUID: host.seriesInstanceUID,
          candidateId: chosenCandidateId,
          centre: place,
          diameterMm,
          ...optionsOf(session),
          ...below,
        },
        signal,
      }),
    );
  }
}
