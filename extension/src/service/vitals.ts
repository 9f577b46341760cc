/**
 * Whether server, archive and session are there: asked now and then, soon again while something is wrong, and at once when
 * a request has failed. What comes back is told, so that work goes on by itself.
 */
import { ApiError } from '../api/problem.ts';
import type { Session } from '../state/session.ts';
import { mayPass } from '../state/trouble.ts';
import type { Desk } from './desk.ts';

const USUAL_MS = 20_000;
const SOON_MS = 3_000;

export interface VitalsOptions {
  /** Told when what was away is there again. */
  readonly onBack: () => void;
  /** The feed of events is open, whatever became of a request meanwhile. */
  readonly feedOpen: () => boolean;
  readonly setTimer: (callback: () => void, milliseconds: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
}

export class Vitals {
  readonly #desk: Desk;
  readonly #options: VitalsOptions;
  #timer: unknown;
  #running = false;
  #asking = false;

  constructor(desk: Desk, options: VitalsOptions) {
    this.#desk = desk;
    this.#options = options;
  }

  /** @returns a function that stops asking */
  start(): () => void {
    this.#running = true;
    let before = this.#desk.store.get();
    const unwatch = this.#desk.store.watch(() => {
      const now = this.#desk.store.get();
      const worse = calls(before, now);
      before = now;
      if (worse) void this.check();
    });
    void this.check();
    return () => {
      this.#running = false;
      this.#options.clearTimer(this.#timer);
      unwatch();
    };
  }

  async check(): Promise<void> {
    if (this.#asking || !this.#running) return;
    this.#asking = true;
    this.#options.clearTimer(this.#timer);
    try {
      this.#take(await this.#ask());
    } finally {
      this.#asking = false;
      if (this.#running)
        this.#timer = this.#options.setTimer(
          () => void this.check(),
          mayPass(this.#desk.store.get()) ? SOON_MS : USUAL_MS,
        );
    }
  }

  async #ask(): Promise<Finding> {
    try {
      const { orthanc, model } = await this.#desk.api.call('health', {});
      return { kind: 'answer', archive: orthanc.reachable, model: model !== null };
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return { kind: 'expired' };
      return { kind: error instanceof ApiError && error.unreachable ? 'gone' : 'unclear' };
    }
  }

  #take(finding: Finding): void {
    const { store } = this.#desk;
    const { expired, archiveAway, archiveProblem, modelsKnown, models } = store.get();
    if (finding.kind === 'expired') store.set({ expired: true });
    // The feed of events tells when the server is there again.
    else if (finding.kind === 'gone') store.set({ connection: 'lost', expired: false });
    else if (finding.kind === 'answer') {
      const heard = store.get().connection === 'lost' && this.#options.feedOpen();
      const back = heard || expired || (archiveAway && finding.archive);
      if (heard) store.set({ connection: 'open' });
      store.set({ expired: false, archiveAway: !finding.archive, archiveProblem: null });
      // The archive is there: what failed has another reason, which only the failure itself tells.
      if (archiveProblem !== null && finding.archive && !archiveAway) store.set({ error: archiveProblem });
      if (back || (finding.model && modelsKnown && models.length === 0)) this.#options.onBack();
    }
  }
}

type Finding =
  | { readonly kind: 'answer'; readonly archive: boolean; readonly model: boolean }
  | { readonly kind: 'expired' | 'gone' | 'unclear' };

/** Something has just failed in a way that a look at the server explains. */
const calls = (before: Session, now: Session): boolean =>
  (now.archiveProblem !== null && before.archiveProblem === null) ||
  (now.connection === 'lost' && before.connection !== 'lost') ||
  (now.expired && !before.expired);
