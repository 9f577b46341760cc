/** Bright places of a CT, where vessels, borders and nodules are: maxima of the CT under a Gaussian. Pure. */
import type { Vec3 } from '../volume/ctVolume.ts';
import { WINDOW_HIGH_HU, WINDOW_LOW_HU } from '../volume/window.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { ceil, exp, floor, max, min } = Math;

/** Values with their grid's shape, i fastest. */
export interface Field {
  readonly data: Float32Array;
  readonly size: Vec3;
}

/** HU, clipped to the window, under a Gaussian of `sigmaMm`; the border goes on. */
export function smoothed(hu: Int16Array, size: Vec3, spacing: Vec3, sigmaMm: number): Field {
  let data = Float32Array.from(hu, (value) => max(WINDOW_LOW_HU, min(WINDOW_HIGH_HU, value)));
  const strides: Vec3 = [1, size[0], size[0] * size[1]];
  for (const axis of [0, 1, 2] as const) {
    const weights = gaussian(sigmaMm / spacing[axis]);
    const reach = (weights.length - 1) / 2;
    const [count, stride] = [size[axis], strides[axis]];
    const next = new Float32Array(data.length);
    for (let at = 0; at < data.length; at++) {
      const index = floor(at / stride) % count;
      let sum = 0;
      for (let tap = -reach; tap <= reach; tap++) {
        const from = max(0, min(count - 1, index + tap));
        sum += weights[tap + reach]! * data[at + (from - index) * stride]!;
      }
      next[at] = sum;
    }
    data = next;
  }
  return { data, size };
}

function gaussian(sigma: number): Float64Array {
  const reach = max(1, ceil(3 * sigma));
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    exp(-((i - reach) ** 2) / (2 * max(sigma, 1e-3) ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * Upwards from a voxel to the brightest of its 26 neighbours, again and again, to a maximum; it stops where `allowed`
 * refuses the way.
 */
export function climb({ data, size }: Field, from: Vec3, allowed: (index: Vec3) => boolean): Vec3 {
  const valueAt = ([i, j, k]: Vec3): number => data[i + size[0] * (j + size[1] * k)]!;
  let here = from;
  for (;;) {
    let best = here;
    for (const k of [-1, 0, 1])
      for (const j of [-1, 0, 1])
        for (const i of [-1, 0, 1]) {
          const there: Vec3 = [here[0] + i, here[1] + j, here[2] + k];
          const inside = there.every((index, axis) => index >= 0 && index < size[axis as 0 | 1 | 2]);
          if (inside && valueAt(there) > valueAt(best) && allowed(there)) best = there;
        }
    if (best === here) return here;
    here = best;
  }
}
