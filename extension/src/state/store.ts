/** A value that can be watched: the one place where the panel's state lives, without any framework. */
export interface Store<T> {
  get(): T;
  /** Replaces the given fields; watchers are told only when something is different. */
  set(change: Partial<T>): void;
  /** @returns a function that stops watching */
  watch(watcher: () => void): () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let value = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(change) {
      const keys = Object.keys(change) as (keyof T)[];
      if (keys.every((key) => Object.is(value[key], change[key]))) return;
      value = { ...value, ...change };
      for (const watcher of [...watchers]) watcher();
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}
