/** What happens on the server, for whoever listens: the event stream of the viewer, the progress bar of the terminal. */
import type { ServerEvent } from '@nodulelab/contract';

export interface Events {
  emit(event: ServerEvent): void;
  /** @returns ends the subscription */
  subscribe(listener: (event: ServerEvent) => void): () => void;
}

/** @param onError hears a listener that throws: it must not keep an event from the others. */
export function createEvents(onError: (error: unknown) => void = warn): Events {
  const listeners = new Set<(event: ServerEvent) => void>();
  return {
    emit(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe(listener) {
      // A wrapper of its own for each subscription: the same function subscribed twice is called twice.
      const entry = (event: ServerEvent): void => listener(event);
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
  };
}

const warn = (error: unknown): void => process.emitWarning(error instanceof Error ? error : String(error));
