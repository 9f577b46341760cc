/** Server-sent events with reconnection: EventSource gives up after an HTTP error, this does not. */
import { ServerEvent } from '@nodulelab/contract';

export type Connection = 'connecting' | 'open' | 'lost';

export interface EventSourceLike {
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface EventFeedOptions {
  readonly open: () => EventSourceLike;
  readonly onEvent: (event: ServerEvent) => void;
  readonly onConnection: (connection: Connection) => void;
  readonly setTimer: (callback: () => void, milliseconds: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
}

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 10_000;

/** Delay before attempt `n` (from 0) to connect again. */
export const reconnectDelay = (attempt: number): number =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);

/** What an event's data says, or null when it is not one of the contract's events. */
export function parseEvent(data: string): ServerEvent | null {
  try {
    const parsed = ServerEvent.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Starts listening. @returns a function that stops for good */
export function listenToEvents(options: EventFeedOptions): () => void {
  let attempt = 0;
  let stopped = false;
  let timer: unknown;
  let source: EventSourceLike | null = null;

  const receive = (message: MessageEvent<string>): void => {
    const event = parseEvent(message.data);
    if (event) options.onEvent(event);
  };

  const connect = (): void => {
    if (stopped) return;
    source = options.open();
    source.onopen = () => {
      attempt = 0;
      options.onConnection('open');
    };
    source.onerror = () => {
      source?.close();
      if (stopped) return;
      options.onConnection('lost');
      timer = options.setTimer(connect, reconnectDelay(attempt++));
    };
    for (const type of ['job', 'series-created', 'models-changed']) source.addEventListener(type, receive);
  };

  options.onConnection('connecting');
  connect();
  return () => {
    stopped = true;
    options.clearTimer(timer);
    source?.close();
  };
}
