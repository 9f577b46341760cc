/** Progress of an evaluation with the time that is left, and how long each of its parts took. */

export interface Stages {
  /**
   * Begins the next part.
   * @param share of the whole that it is expected to take
   */
  begin(name: string, share: number): void;
  /** Within the part, 0 … 1. */
  progress(share: number, message?: string): void;
  /** Seconds by part; ends the last one. */
  end(): Record<string, number>;
}

/** A guess from less of the whole than this is none. */
const LEAST_SHARE = 0.02;

/** @param now milliseconds */
export function createStages(
  now: () => number,
  report: ((fraction: number, message: string) => void) | undefined,
): Stages {
  const began = now();
  const seconds: Record<string, number> = {};
  let [done, share, name, since] = [0, 0, '', began];
  const close = (): void => {
    if (name !== '') seconds[name] = (seconds[name] ?? 0) + Math.round(now() - since) / 1000;
    done = Math.min(1, done + share);
  };
  const tell = (within: number, message: string): void => {
    const fraction = Math.min(0.999, done + share * within);
    const elapsed = now() - began;
    const left =
      fraction < LEAST_SHARE ? '' : `, about ${lasting((elapsed * (1 - fraction)) / fraction)} left`;
    report?.(fraction, `${message}${left}`);
  };
  return {
    begin(next, expected) {
      close();
      [name, share, since] = [next, expected, now()];
      tell(0, next);
    },
    progress: (within, message = name) => tell(within, message),
    end() {
      close();
      [name, share] = ['', 0];
      return seconds;
    },
  };
}

function lasting(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
