/**
 * The previews on the screen: those that are kept, in order, and the one that is being shaped on top of them. Nothing
 * of this is written anywhere before it is accepted.
 */
import type { Preview } from '@nodulelab/contract';
import { ApiError, messageOf, nearestAllowed } from '../api/problem.ts';
import {
  done,
  type History,
  NO_HISTORY,
  type Plan,
  planOf,
  previewsOf,
  redone,
  undone,
} from '../state/plan.ts';
import type { Look } from '../state/looks.ts';
import { editsOf, isActive, type Session } from '../state/session.ts';
import type { PreviewLook } from '../viewer/previewVoxels.ts';
import { TIMES, timed } from '../viewer/timing.ts';
import { type Desk, report } from './desk.ts';

const shownBy = ({ look, swipe }: Session): PreviewLook =>
  look === 'swipe' ? { swipe } : look === 'difference' ? 'difference' : 'preview';

/** What a request for a preview carries of the ones below it. */
export interface Below {
  readonly after?: string;
}

export class Previews {
  readonly #desk: Desk;
  #request: AbortController | null = null;
  #history: History = NO_HISTORY;
  /** The plan as it stood when it was last whole: what one step back leads to. */
  #settled: Plan | null = null;

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
    const { host } = store.get();
    if (!host) return;
    this.#settled ??= { ...planOf(store.get()), place: null };
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const current = (): boolean => this.#request === request;
    store.set({ previewing: true, unsettled: false, refusal: null, error: null, unconfirmed: null });
    let made: Preview | null = null;
    try {
      const asked = performance.now();
      made = await make(this.below(), request.signal);
      timed(TIMES.server, asked);
      if (!current()) {
        // The server keeps so many for all of its users.
        void this.#forget([made]);
        return;
      }
      await this.#show([...store.get().stack, made], current);
      if (!current()) return;
      store.set({ preview: made, previewShown: true, previewing: false, job: null });
      this.#record();
    } catch (error) {
      if (!current()) return;
      if (made) void this.#forget([made]);
      await this.#dropTop();
      store.set({ previewing: false });
      // One step back is what was there before the place that was refused.
      if (this.#settled?.preview) this.#record();
      this.refused(error);
    }
  }

  /** What is being asked for is not wanted any more; what is on the screen stays. */
  interrupt(): void {
    this.#request?.abort();
    this.#request = null;
    this.#desk.store.set({ previewing: false });
  }

  /** Shows the previews as the session says that they are looked at. */
  lookAgain(): void {
    const session = this.#desk.store.get();
    if (editsOf(session).length > 0)
      this.#desk.viewer.lookAt(session.previewShown ? shownBy(session) : 'original');
  }

  /** Flips all of them off and on. */
  flip(): void {
    const { store, viewer } = this.#desk;
    const session = store.get();
    if (editsOf(session).length === 0) return;
    const previewShown = !session.previewShown;
    viewer.lookAt(previewShown ? shownBy(session) : 'original');
    store.set({ previewShown });
  }

  /** Shows the preview in a way; the same way again flips to the original. */
  lookAt(look: Look): void {
    const { store, viewer } = this.#desk;
    const session = store.get();
    if (editsOf(session).length === 0) return;
    const previewShown = !(session.previewShown && session.look === look);
    store.set({ look, previewShown });
    viewer.lookAt(previewShown ? shownBy(store.get()) : 'original');
  }

  /** @param swipe of the way from the patient's right (0) to left (1) */
  swipeTo(swipe: number): void {
    if (!(swipe >= 0 && swipe <= 1)) return;
    const { store, viewer } = this.#desk;
    store.set({ swipe, look: 'swipe', previewShown: true });
    viewer.lookAt(shownBy(store.get()));
  }

  /** Keeps the preview on the screen and starts the next one on top of it. */
  keep(): void {
    const { store } = this.#desk;
    const session = store.get();
    if (!session.preview || session.previewing || session.unsettled) return;
    store.set({
      stack: editsOf(session),
      preview: null,
      place: null,
      refusal: null,
      unconfirmed: null,
      picking: session.chosenCandidateId !== null,
    });
    this.#record();
  }

  /** One step back: the place, the size, a whole edit. What was on the screen is there again at once. */
  async undo(): Promise<void> {
    await this.#travel(undone(this.#history, planOf(this.#desk.store.get())));
  }

  async redo(): Promise<void> {
    await this.#travel(redone(this.#history, planOf(this.#desk.store.get())));
  }

  /** Takes the last edit out. */
  async removeLast(): Promise<void> {
    const { store } = this.#desk;
    const { stack, preview } = store.get();
    this.#request?.abort();
    this.#request = null;
    store.set({ place: null, refusal: null, unconfirmed: null, previewing: false, unsettled: false });
    if (preview) await this.#dropTop();
    else {
      const left = stack.slice(0, -1);
      store.set({ stack: left });
      await this.#show(left, () => store.get().stack === left);
    }
    this.#record();
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
    const { past, future } = this.#history;
    const known = previewsOf([
      planOf(store.get()),
      ...(this.#settled ? [this.#settled] : []),
      ...past,
      ...future,
    ]);
    viewer.hidePreview();
    this.#history = NO_HISTORY;
    this.#settled = null;
    store.set({
      ...{ stack: [], preview: null, previewShown: false, unconfirmed: null, unsettled: false },
      ...{ canUndo: false, canRedo: false },
    });
    void this.#forget(known);
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
      shownBy(store.get()),
    );
    if (current()) store.set({ previewShown: true });
  }

  /** The preview on top goes; what it stood on stays. */
  async #dropTop(): Promise<void> {
    const { store } = this.#desk;
    const { stack } = store.get();
    store.set({ preview: null });
    await this.#show(stack, () => store.get().stack === stack && store.get().preview === null);
  }

  /** The plan is whole: from here one step back leads to what it was before. */
  #record(): void {
    const { past, future } = this.#history;
    const before = this.#settled;
    const present = planOf(this.#desk.store.get());
    if (before !== null) this.#history = done(this.#history, before);
    this.#settled = present;
    this.#tell();
    const kept = new Set(previewsOf([present, ...this.#history.past]).map(({ id }) => id));
    void this.#forget(previewsOf([...past, ...future]).filter(({ id }) => !kept.has(id)));
  }

  async #travel(step: { readonly plan: Plan; readonly history: History } | null): Promise<void> {
    const { store } = this.#desk;
    if (step === null || isActive(store.get().job)) return;
    this.#request?.abort();
    this.#request = null;
    const { plan, history } = step;
    this.#history = history;
    this.#settled = plan;
    store.set({
      ...plan,
      refusal: null,
      unconfirmed: null,
      previewing: false,
      unsettled: false,
      picking: false,
    });
    this.#tell();
    await this.#show(editsOf(plan), () => this.#settled === plan);
  }

  #tell(): void {
    const { past, future } = this.#history;
    this.#desk.store.set({ canUndo: past.length > 0, canRedo: future.length > 0 });
  }

  /** @param previews those that stand on others first: the server keeps what another preview stands on */
  async #forget(previews: readonly Preview[]): Promise<void> {
    for (const { id } of previews)
      // A preview that the server has already forgotten is what was wanted.
      await this.#desk.api.call('discard', { params: { id } }).catch(() => undefined);
  }
}
