/** Growing a region from the darkest voxels to brighter ones, so that one pass serves every threshold. */
import type { Vec3 } from '../volume/ctVolume.ts';

export interface Flood {
  /** Voxels in the order in which they were reached. */
  readonly order: readonly number[];
  /** `reached[n]`: voxels of `order` that are connected with the seeds by values of at most `lowest + n`. */
  readonly reached: readonly number[];
  readonly lowest: number;
}

/**
 * Grows from the seeds over face neighbours, always from the lowest value on: the voxels that a region growing with
 * threshold t would find are the first `reached[t - lowest]` ones, for every t at once.
 *
 * @param valueAt value of a voxel, or `Infinity` where the region may not go; asked once per voxel.
 * @param most stops once more voxels than this are reached; `reached` then ends before that threshold.
 */
export function floodUpwards(
  seeds: Iterable<number>,
  size: Vec3,
  valueAt: (voxel: number) => number,
  { lowest, highest, most }: { readonly lowest: number; readonly highest: number; readonly most: number },
): Flood {
  const [nx, ny, nz] = size;
  const slice = nx * ny;
  const seen = new Uint8Array(slice * nz);
  const buckets: number[][] = Array.from({ length: highest - lowest + 1 }, () => []);
  const order: number[] = [];
  const reached: number[] = [];
  const last = highest - lowest;
  let level = 0;
  const offer = (voxel: number): void => {
    if (seen[voxel] !== 0) return;
    seen[voxel] = 1;
    const value = valueAt(voxel) - lowest;
    if (value <= last) buckets[value > level ? Math.ceil(value) : level]!.push(voxel);
  };
  for (const seed of seeds)
    if (seen[seed] === 0) {
      seen[seed] = 1;
      buckets[0]!.push(seed);
    }
  for (; level <= last; level++) {
    const bucket = buckets[level]!;
    for (let voxel = bucket.pop(); voxel !== undefined; voxel = bucket.pop()) {
      if (order.length >= most) return { order, reached, lowest };
      order.push(voxel);
      const i = voxel % nx;
      const inSlice = voxel % slice;
      if (i > 0) offer(voxel - 1);
      if (i < nx - 1) offer(voxel + 1);
      if (inSlice >= nx) offer(voxel - nx);
      if (inSlice < slice - nx) offer(voxel + nx);
      if (voxel >= slice) offer(voxel - slice);
      if (voxel < slice * (nz - 1)) offer(voxel + slice);
    }
    reached.push(order.length);
  }
  return { order, reached, lowest };
}
