/** The tour: offered once, in the demo study, and shown again when somebody asks for it. */
import type { Kept } from '../state/favourites.ts';
import type { Session } from '../state/session.ts';
import type { Store } from '../state/store.ts';
import { keepTourSeen, movedTour, tourSeen } from '../state/tour.ts';

export class Tours {
  readonly #store: Store<Session>;
  readonly #storage: Kept | null;

  /** @param storage where it is kept that it was seen; null where the browser keeps nothing */
  constructor(store: Store<Session>, storage: Kept | null) {
    this.#store = store;
    this.#storage = storage;
  }

  /** To somebody who has not seen it. */
  offer(): void {
    if (!tourSeen(this.#storage)) this.start();
  }

  start(): void {
    keepTourSeen(this.#storage);
    this.#store.set({ tour: 0 });
  }

  /** @param by 1 for the next stop, behind the last of which it ends, -1 for the one before */
  move(by: number): void {
    const { tour } = this.#store.get();
    if (tour !== null) this.#store.set({ tour: movedTour(tour, by) });
  }

  end(): void {
    this.#store.set({ tour: null });
  }
}
