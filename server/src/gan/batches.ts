/** Batches of real patches: which, how augmented, at which resolution. */
import { Random } from '../nn/random.ts';

/** Where real patches come from: cubes of size³ voxels in [0, 1], z slowest, x fastest. */
export interface PatchSource {
  readonly count: number;
  readonly size: number;
  /** The patch with this index; the caller does not change it. */
  patch(index: number): Float32Array | Promise<Float32Array>;
}

/** Pooled patches are kept in memory up to this size: reading and pooling them anew costs more than a coarse step. */
const CACHE_BYTES = 512 * 2 ** 20;

/** An epoch is so many batches: as many as show every patch about once. */
export const batchesPerEpoch = (patches: number, batchSize: number): number =>
  Math.max(1, Math.floor(patches / batchSize));

export class BatchReader {
  readonly #source: PatchSource;
  readonly #resolution: number;
  readonly #batchSize: number;
  readonly #seed: number;
  readonly #pooled = new Map<number, Float32Array>();
  readonly #cacheSize: number;
  #order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  constructor(source: PatchSource, resolution: number, batchSize: number, seed: number) {
    this.#source = source;
    this.#resolution = resolution;
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#cacheSize = resolution < source.size ? Math.floor(CACHE_BYTES / (4 * resolution ** 3)) : 0;
  }

  /**
   * Batch number `index` of the stage, in [−1, 1]: the same for the same seed whenever it is asked for. Patches come
   * in a new random order every epoch; each is mirrored and its axes are swapped at random.
   */
  async batch(index: number): Promise<Float32Array> {
    const random = Random.of(this.#seed, 'batch', this.#resolution, index);
    const voxels = this.#resolution ** 3;
    const result = new Float32Array(this.#batchSize * voxels);
    for (let i = 0; i < this.#batchSize; i++) {
      const patch = await this.#patch(this.#indexOf(index, i));
      copyOriented(patch, this.#resolution, random.integer(ORIENTATIONS), result, i * voxels);
    }
    // Data is in [0, 1] everywhere else; the networks work in tanh's range.
    for (let i = 0; i < result.length; i++) result[i] = 2 * result[i]! - 1;
    return result;
  }

  #indexOf(batch: number, place: number): number {
    const { count } = this.#source;
    const perEpoch = batchesPerEpoch(count, this.#batchSize);
    const epoch = Math.floor(batch / perEpoch);
    if (this.#order?.epoch !== epoch) {
      const random = Random.of(this.#seed, 'epoch', this.#resolution, epoch);
      this.#order = { epoch, indices: random.permutation(count) };
    }
    // With fewer patches than a batch holds, patches repeat.
    return this.#order.indices[((batch % perEpoch) * this.#batchSize + place) % count]!;
  }

  async #patch(index: number): Promise<Float32Array> {
    const known = this.#pooled.get(index);
    if (known !== undefined) return known;
    let patch = await this.#source.patch(index);
    for (let size = this.#source.size; size > this.#resolution; size /= 2) patch = halve(patch, size);
    if (this.#pooled.size < this.#cacheSize) this.#pooled.set(index, patch);
    return patch;
  }
}

/** Means of 2×2×2 voxels. */
export function halve(values: Float32Array, size: number): Float32Array {
  const half = size / 2;
  const result = new Float32Array(half ** 3);
  let i = 0;
  for (let z = 0; z < half; z++)
    for (let y = 0; y < half; y++)
      for (let x = 0; x < half; x++, i++) {
        const corner = (2 * z * size + 2 * y) * size + 2 * x;
        let sum = 0;
        for (const plane of [corner, corner + size * size])
          for (const row of [plane, plane + size]) sum += values[row]! + values[row + 1]!;
        result[i] = sum / 8;
      }
  return result;
}

const AXIS_ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** The 48 symmetries of a cube: 6 orders of the axes times 8 combinations of mirrored axes. */
export const ORIENTATIONS = 48;

/** Copies a cube in one of its orientations (0 is unchanged) to `target` from `offset` on. */
export function copyOriented(
  values: Float32Array,
  size: number,
  orientation: number,
  target: Float32Array,
  offset: number,
): void {
  const strides = [size * size, size, 1];
  let start = 0;
  const steps = AXIS_ORDERS[orientation >> 3]!.map((axis, i) => {
    const stride = strides[axis]!;
    if (((orientation >> i) & 1) === 0) return stride;
    start += (size - 1) * stride;
    return -stride;
  }) as [number, number, number];
  let i = offset;
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++) {
      let position = start + a * steps[0] + b * steps[1];
      for (let c = 0; c < size; c++, i++, position += steps[2]) target[i] = values[position]!;
    }
}
