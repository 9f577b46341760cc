/** The use cases of the list of models: which one everybody is given first, and several side by side. */
import type { ApiClient } from '../api/client.ts';
import { ApiError, messageOf } from '../api/problem.ts';
import { emptyModelsSession, type ModelsSession, withTicked } from '../state/models.ts';
import { createStore, type Store } from '../state/store.ts';

export class Models {
  readonly store: Store<ModelsSession> = createStore<ModelsSession>(emptyModelsSession);
  readonly #api: ApiClient;
  readonly #onChosen: (name: string) => void;
  #opened = false;
  #comparison = 0;

  /** @param onChosen told which model this user prefers from now on */
  constructor(api: ApiClient, onChosen: (name: string) => void) {
    this.#api = api;
    this.#onChosen = onChosen;
  }

  /** Somebody looks: until then nothing is asked for. */
  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    void this.reload();
  }

  async reload(): Promise<void> {
    if (!this.#opened) return;
    try {
      this.store.set({ current: await this.#api.call('currentModel', {}) });
    } catch (error) {
      this.#report(error);
    }
  }

  /** Opens the card of a model, or closes it. */
  look(name: string): void {
    this.store.set({ opened: this.store.get().opened === name ? null : name });
  }

  tick(name: string): void {
    this.store.set({ ticked: withTicked(this.store.get().ticked, name) });
  }

  dismissError(): void {
    this.store.set({ error: null });
  }

  /** @param name null for nobody's choice */
  async choose(name: string | null): Promise<void> {
    this.store.set({ busy: true, error: null });
    try {
      const current = await this.#api.call('chooseModel', { body: { name } });
      this.store.set({ current });
      if (current.name !== null) this.#onChosen(current.name);
    } catch (error) {
      this.#report(error);
    } finally {
      this.store.set({ busy: false });
    }
  }

  /** Back to what was preferred before. */
  async back(): Promise<void> {
    const former = this.store.get().current?.former;
    if (former) await this.choose(former);
  }

  async compare(names: readonly string[]): Promise<void> {
    const mine = ++this.#comparison;
    this.store.set({ comparing: true, error: null });
    try {
      const comparison = await this.#api.call('compareModels', { body: { models: [...names] } });
      if (mine === this.#comparison) this.store.set({ comparison });
    } catch (error) {
      if (mine === this.#comparison) this.#report(error);
    } finally {
      if (mine === this.#comparison) this.store.set({ comparing: false });
    }
  }

  closeComparison(): void {
    this.#comparison += 1;
    this.store.set({ comparison: null, comparing: false });
  }

  /** A server that is gone has a banner of its own. */
  #report(error: unknown): void {
    if (!(error instanceof ApiError && error.unreachable)) this.store.set({ error: messageOf(error) });
  }
}
