/** Lets the first call through at once and, of those that follow within the interval, the last one at its end. */
export interface Throttle {
  call(): void;
  /** Drops what is waiting. */
  cancel(): void;
}

export function throttle(intervalMs: number, action: () => void): Throttle {
  let timer: NodeJS.Timeout | undefined;
  let waiting = false;
  const run = (): void => {
    waiting = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (waiting) run();
    }, intervalMs);
    timer.unref();
    action();
  };
  return {
    call() {
      if (timer) waiting = true;
      else run();
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
      waiting = false;
    },
  };
}
