/** Candidates: which model, which seed, how many, what is wanted of them, and the one that is chosen. */
import type { Candidate, ConditionName, Nodule } from '@nodulelab/contract';
import { type Kept, keepFavourites, readFavourites, toggledFavourite } from '../state/favourites.ts';
import { rollSeed } from '../state/seeds.ts';
import { chosenCandidate, chosenModel, COUNT, sizeOf } from '../state/session.ts';
import { inSteps, wishesFor, wishesLike } from '../state/wishes.ts';
import { type Desk, report } from './desk.ts';

export class Generation {
  readonly #desk: Desk;
  readonly #onChosen: () => void;
  readonly #storage: Kept | null;
  readonly #roll: () => number;
  #request = 0;

  /**
   * @param onChosen told when another candidate is chosen
   * @param storage where favourites are kept; null where the browser keeps nothing
   * @param roll another seed each time
   */
  constructor(desk: Desk, onChosen: () => void, storage: Kept | null = null, roll = rollSeed) {
    this.#desk = desk;
    this.#onChosen = onChosen;
    this.#storage = storage;
    this.#roll = roll;
    desk.store.set({ favourites: readFavourites(storage) });
  }

  async loadModels(): Promise<void> {
    const { store, api } = this.#desk;
    try {
      const { models } = await api.call('models', {});
      store.set({ models, modelsKnown: true, modelName: store.get().modelName ?? models[0]?.name ?? null });
    } catch (error) {
      report(this.#desk, error);
    }
  }

  setModel(modelName: string): void {
    this.#desk.store.set({ modelName });
  }

  setSeed(seed: number): void {
    if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)
      this.#desk.store.set({ seed, seedUsed: false });
  }

  /** The die: another seed for the next candidates. */
  rollSeed(): void {
    this.setSeed(this.#roll());
  }

  toggleSeedLock(): void {
    this.#desk.store.set({ seedLocked: !this.#desk.store.get().seedLocked });
  }

  setCount(count: number): void {
    if (Number.isInteger(count)) this.#desk.store.set({ count: Math.min(COUNT.most, Math.max(1, count)) });
  }

  /** @param value null for any */
  setWish(name: ConditionName, value: number | null): void {
    if (value !== null && !Number.isFinite(value)) return;
    const { [name]: _, ...others } = this.#desk.store.get().wanted;
    const wanted = value === null ? others : { ...others, [name]: inSteps(name, value) };
    this.#desk.store.set({ wanted });
  }

  wantAny(): void {
    this.#desk.store.set({ wanted: {} });
  }

  /** A real nodule as the source: its size and its readers' medians. */
  wantLike(nodule: Nodule): void {
    this.#desk.store.set({ wanted: wishesLike(nodule) });
  }

  /** Samples anew; the first candidate is chosen, so that one click on the CT shows something. */
  async generate(): Promise<void> {
    const { store, api } = this.#desk;
    const mine = ++this.#request;
    // The same seed and wish would only give what is on the screen already.
    if (store.get().seedUsed && !store.get().seedLocked) this.rollSeed();
    const session = store.get();
    const { seed, count, modelName } = session;
    const asked = wishesFor(chosenModel(session), session.wanted);
    store.set({ generating: true, error: null });
    try {
      const { candidates } = await api.call('generate', {
        body: {
          ...{ seed, count },
          ...(modelName ? { model: modelName } : {}),
          ...(Object.keys(asked).length > 0 ? { conditions: asked } : {}),
        },
      });
      if (mine !== this.#request) return;
      store.set({ candidates, asked, generating: false, seedUsed: true });
      this.choose(candidates[0]?.id ?? null);
    } catch (error) {
      if (mine === this.#request) store.set({ generating: false });
      report(this.#desk, error);
    }
  }

  /** Keeps a candidate, or no longer. */
  toggleFavourite(candidate: Candidate): void {
    const { store } = this.#desk;
    const favourites = toggledFavourite(store.get().favourites, candidate);
    store.set({ favourites });
    if (!keepFavourites(this.#storage, favourites))
      store.set({
        error: 'This browser keeps no data for the page: favourites are forgotten when it is closed.',
      });
  }

  choose(chosenCandidateId: string | null): void {
    const { store } = this.#desk;
    if (chosenCandidateId === store.get().chosenCandidateId) return;
    store.set({ chosenCandidateId });
    const diameterMm = sizeOf(chosenCandidate(store.get()));
    if (diameterMm !== null) store.set({ diameterMm });
    this.#onChosen();
  }
}
