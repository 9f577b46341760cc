/** How long updates take, and how much of it is waiting for data. */

/** Weight of the newest update in the running means. */
const BLEND = 0.1;

export interface Times {
  readonly secondsPerUpdate: number;
  /** Share of the time spent waiting for data, 0 to 1. */
  readonly dataWaitShare: number;
}

export class RunningTimes {
  #mean: number | undefined;
  #wait = 0;
  #seconds = 0;
  #waited = 0;
  #updates = 0;

  /** Counts one update and gives the running means. */
  add(seconds: number, secondsWaited: number): Times {
    const weight = this.#mean === undefined ? 1 : BLEND;
    this.#mean = (this.#mean ?? 0) * (1 - weight) + seconds * weight;
    this.#wait = this.#wait * (1 - weight) + secondsWaited * weight;
    this.#seconds += seconds;
    this.#waited += secondsWaited;
    this.#updates++;
    return { secondsPerUpdate: this.#mean, dataWaitShare: share(this.#wait, this.#mean) };
  }

  /** Over all updates counted so far; null before the first. */
  overall(): Times | null {
    if (this.#updates === 0) return null;
    return {
      secondsPerUpdate: this.#seconds / this.#updates,
      dataWaitShare: share(this.#waited, this.#seconds),
    };
  }
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.min(1, part / whole) : 0);
