/** Order statistics of many values without sorting them all: a few thousand bins, of which only those asked for are. */
const { floor, max, min } = Math;

const BINS = 2048;

export class Ranks {
  /** The values, bin by bin; within a bin in any order until it is sorted. */
  readonly #values: Float32Array;
  /** Where each bin begins; one more than there are bins. */
  readonly #starts: Int32Array;
  readonly #sorted = new Uint8Array(BINS);
  readonly #lowest: number;
  readonly #scale: number;

  /** @param values without NaN; not changed */
  constructor(values: Float32Array) {
    let [lowest, highest] = [Infinity, -Infinity];
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
    this.#lowest = lowest;
    this.#scale = highest > lowest ? (BINS - 1) / (highest - lowest) : 0;
    const starts = new Int32Array(BINS + 1);
    const bins = new Uint16Array(values.length);
    for (let at = 0; at < values.length; at++) {
      const bin = this.#binOf(values[at]!);
      bins[at] = bin;
      starts[bin + 1]!++;
    }
    for (let bin = 0; bin < BINS; bin++) starts[bin + 1]! += starts[bin]!;
    const next = starts.slice();
    this.#values = new Float32Array(values.length);
    for (let at = 0; at < values.length; at++) this.#values[next[bins[at]!]!++] = values[at]!;
    this.#starts = starts;
  }

  get count(): number {
    return this.#values.length;
  }

  /** What stands at `rank` (from 0) of the values in rising order. */
  at(rank: number): number {
    let [low, high] = [0, BINS - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= rank) low = middle;
      else high = middle - 1;
    }
    if (this.#sorted[low] === 0) {
      this.#values.subarray(this.#starts[low], this.#starts[low + 1]).sort();
      this.#sorted[low] = 1;
    }
    return this.#values[rank]!;
  }

  /** How many values are no greater than `limit`. */
  upTo(limit: number): number {
    if (this.count === 0 || limit < this.#lowest) return 0;
    const bin = this.#binOf(limit);
    const end = this.#starts[bin + 1]!;
    let count = this.#starts[bin]!;
    for (let at = count; at < end; at++) if (this.#values[at]! <= limit) count++;
    return count;
  }

  #binOf(value: number): number {
    return max(0, min(BINS - 1, floor((value - this.#lowest) * this.#scale)));
  }
}
