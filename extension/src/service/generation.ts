/** Candidates: which model, which seed, how many, what is wanted of them, and the one that is chosen. */
import type { ConditionName, Nodule } from '@nodulelab/contract';
import { chosenModel, COUNT, sizeOf } from '../state/session.ts';
import { inSteps, wishesFor, wishesLike } from '../state/wishes.ts';
import { type Desk, report } from './desk.ts';

export class Generation {
  readonly #desk: Desk;
  readonly #onChosen: () => void;
  #request = 0;

  /** @param onChosen told when another candidate is chosen */
  constructor(desk: Desk, onChosen: () => void) {
    this.#desk = desk;
    this.#onChosen = onChosen;
  }

  async loadModels(): Promise<void> {
    const { store, api } = this.#desk;
    try {
      const { models } = await api.call('models', {});
      store.set({ models, modelName: store.get().modelName ?? models[0]?.name ?? null });
    } catch (error) {
      report(this.#desk, error);
    }
  }

  setModel(modelName: string): void {
    this.#desk.store.set({ modelName });
  }

  setSeed(seed: number): void {
    if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31) this.#desk.store.set({ seed });
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
      store.set({ candidates, asked, generating: false });
      this.choose(candidates[0]?.id ?? null);
    } catch (error) {
      if (mine === this.#request) store.set({ generating: false });
      report(this.#desk, error);
    }
  }

  choose(chosenCandidateId: string | null): void {
    const { store } = this.#desk;
    const { chosenCandidateId: known, candidates } = store.get();
    if (chosenCandidateId === known) return;
    const diameterMm = sizeOf(candidates.find(({ id }) => id === chosenCandidateId) ?? null);
    store.set({ chosenCandidateId, ...(diameterMm === null ? {} : { diameterMm }) });
    this.#onChosen();
  }
}
