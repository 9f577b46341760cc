/**
 * The previews on the screen: those that are kept, in order, and the one that is being shaped on top of them. Nothing
 * of this is written anywhere before it is accepted.
 */
import type { Preview } from '@nodulelab/contract';
import { ApiError, messageOf, nearestAllowed } from '../api/problem.ts';
import { editsOf, isActive } from '../state/session.ts';
import { type Desk, report } from './desk.ts';

/** What a request for a preview carries of the ones below it. */
export interface Below {
  readonly after?: string;
}

export class Previews {
  readonly #desk: Desk;
  #request: AbortController | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** The preview that the next one stands on. */
  below(): Below {
    const last = this.#desk.store.get().stack.at(-1);
    return last ? { after: last.id } : {};
  }

  /** Asks for a preview and shows it in place of the one on top; a later call wins. */
  async ask(make: (below: Below, signal: AbortSignal) => Promise<Preview>): Promise<void> {
    const { store } = this.#desk;
    const { host, preview: former } = store.get();
    if (!host) return;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const current = (): boolean => this.#request === request;
    store.set({ previewing: true, refusal: null, error: null, unconfirmed: null });
    let made: Preview | null = null;
    try {
      made = await make(this.below(), request.signal);
      if (!current()) return;
      await this.#show([...store.get().stack, made], current);
      if (!current()) return;
      store.set({ preview: made, previewShown: true, previewing: false, job: null });
      if (former) await this.#forget([former]);
    } catch (error) {
      if (!current()) return;
      if (made) void this.#forget([made]);
      await this.#dropTop();
      store.set({ previewing: false });
      this.refused(error);
    }
  }

  /** Flips all of them off and on. */
  flip(): void {
    const { store, viewer } = this.#desk;
    const session = store.get();
    if (editsOf(session).length === 0) return;
    viewer.flipPreview(!session.previewShown);
    store.set({ previewShown: !session.previewShown });
  }

  /** Keeps the preview on the screen and starts the next one on top of it. */
  keep(): void {
    const { store } = this.#desk;
    const session = store.get();
    if (!session.preview || session.previewing) return;
    store.set({
      stack: editsOf(session),
      preview: null,
      place: null,
      refusal: null,
      unconfirmed: null,
      picking: session.chosenCandidateId !== null,
    });
  }

  /** Takes back the last edit. */
  async removeLast(): Promise<void> {
    const { store } = this.#desk;
    const { stack, preview } = store.get();
    this.#request?.abort();
    this.#request = null;
    const last = preview ?? stack.at(-1);
    store.set({ place: null, refusal: null, unconfirmed: null, previewing: false });
    if (preview) {
      await this.#dropTop();
      return;
    }
    const left = stack.slice(0, -1);
    store.set({ stack: left });
    await this.#show(left, () => store.get().stack === left);
    if (last) await this.#forget([last]);
  }

  /** Leaves nothing behind: the viewer has its voxels back and the server forgets the previews. */
  discard(): void {
    const { store } = this.#desk;
    this.abandon();
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
    const { store, viewer } = this.#desk;
    this.#request?.abort();
    this.#request = null;
    const edits = editsOf(store.get());
    viewer.hidePreview();
    store.set({ stack: [], preview: null, previewShown: false, unconfirmed: null });
    void this.#forget(edits);
  }

  /** Shows why something was not done: a refusal where it was asked for, anything else as a failure. */
  refused(error: unknown): void {
    const { store } = this.#desk;
    if (error instanceof ApiError && error.status === 422)
      store.set({
        refusal: { message: messageOf(error), nearestAllowed: nearestAllowed(error) },
        picking: store.get().chosenCandidateId !== null,
      });
    else report(this.#desk, error);
  }

  async #show(edits: readonly Preview[], current: () => boolean): Promise<void> {
    const { store, viewer } = this.#desk;
    const { host } = store.get();
    if (!host || edits.length === 0) {
      viewer.hidePreview();
      store.set({ previewShown: false });
      return;
    }
    await viewer.showPreview(
      host.seriesInstanceUID,
      edits.map(({ box }) => box),
      current,
    );
    if (current()) store.set({ previewShown: true });
  }

  /** The preview on top goes; what it stood on stays. */
  async #dropTop(): Promise<void> {
    const { store } = this.#desk;
    const { preview, stack } = store.get();
    store.set({ preview: null });
    await this.#show(stack, () => store.get().stack === stack && store.get().preview === null);
    if (preview) void this.#forget([preview]);
  }

  /** From the top down: the server keeps what another preview stands on. */
  async #forget(edits: readonly Preview[]): Promise<void> {
    for (const { id } of edits.toReversed())
      // A preview that the server has already forgotten is what was wanted.
      await this.#desk.api.call('discard', { params: { id } }).catch(() => undefined);
  }
}
