/** Candidates: which model, which seed, how many, and the one that is chosen. */
import { COUNT } from '../state/session.ts';
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

  /** Samples anew; the first candidate is chosen, so that one click on the CT shows something. */
  async generate(): Promise<void> {
    const { store, api } = this.#desk;
    const mine = ++this.#request;
    const { seed, count, modelName } = store.get();
    store.set({ generating: true, error: null });
    try {
      const { candidates } = await api.call('generate', {
        body: { seed, count, ...(modelName ? { model: modelName } : {}) },
      });
      if (mine !== this.#request) return;
      store.set({ candidates, generating: false });
      this.choose(candidates[0]?.id ?? null);
    } catch (error) {
      if (mine === this.#request) store.set({ generating: false });
      report(this.#desk, error);
    }
  }

  choose(chosenCandidateId: string | null): void {
    if (chosenCandidateId === this.#desk.store.get().chosenCandidateId) return;
    this.#desk.store.set({ chosenCandidateId });
    this.#onChosen();
  }
}
