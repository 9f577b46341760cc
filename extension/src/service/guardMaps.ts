/** Where a nodule may go, on demand: asked anew when the size or the kind of place changes, gone with the host. */
import type { GuardMap } from '@nodulelab/contract';
import { ApiError, messageOf } from '../api/problem.ts';
import type { LabelMap } from '../geometry/labelPlane.ts';
import type { Guard } from '../state/session.ts';
import { type Desk, report } from './desk.ts';

/** The slider is still moving while its changes come faster than this. */
const SETTLED_MS = 300;
/** Maps that are kept for sizes that come back. */
const KEPT = 8;

/** @param base64 of raw DEFLATE */
export async function inflate(base64: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A guard map of the wire as labels in the patient. */
export async function labelMapOf(map: GuardMap): Promise<LabelMap> {
  const { size, origin, spacing, direction } = map;
  const labels = await inflate(map.labels);
  if (labels.length !== size[0] * size[1] * size[2])
    throw new Error('The map of allowed places is damaged. Switch it off and on again.');
  return { size, origin, spacing, direction, labels };
}

export class GuardMaps {
  readonly #desk: Desk;
  readonly #kept = new Map<string, Guard>();
  #wanted: string | null = null;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
    desk.store.watch(() => this.#follow());
  }

  toggle(): void {
    const { store } = this.#desk;
    store.set({ guardShown: !store.get().guardShown });
  }

  /** Keeps the map in step with what is asked for. */
  #follow(): void {
    const { store } = this.#desk;
    const { guardShown, host, diameterMm, setting } = store.get();
    const key = guardShown && host ? [host.seriesInstanceUID, diameterMm, setting ?? 'any'].join(' ') : null;
    if (key === this.#wanted) return;
    const first = this.#wanted === null;
    this.#wanted = key;
    clearTimeout(this.#settle);
    this.#request?.abort();
    this.#request = null;
    const kept = key ? this.#kept.get(key) : undefined;
    if (key && !kept) {
      store.set({ guardLoading: true, guardProblem: null });
      this.#settle = setTimeout(() => void this.#load(key), first ? 0 : SETTLED_MS);
    } else store.set({ guardLoading: false, guardProblem: null, guard: kept ?? null });
  }

  async #load(key: string): Promise<void> {
    const { store, api } = this.#desk;
    const { host, diameterMm, setting } = store.get();
    if (!host) return;
    const request = new AbortController();
    this.#request = request;
    try {
      const answer = await api.call('guard', {
        body: { seriesInstanceUID: host.seriesInstanceUID, diameterMm, ...(setting ? { setting } : {}) },
        signal: request.signal,
      });
      const guard = { map: await labelMapOf(answer), allowedMl: answer.allowedMl };
      this.#keep(key, guard);
      if (this.#wanted === key) store.set({ guard, guardLoading: false });
    } catch (error) {
      if (this.#wanted !== key) return;
      store.set({ guard: null, guardLoading: false, guardProblem: messageOf(error) });
      if (error instanceof ApiError && error.unreachable) report(this.#desk, error);
    }
  }

  #keep(key: string, guard: Guard): void {
    this.#kept.set(key, guard);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > KEPT && !oldest.done) this.#kept.delete(oldest.value);
  }
}
