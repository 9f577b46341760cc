/** What a network keeps of a volume of features. */
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** [batch, channels, z, y, x] → [batch, 2 · channels]: mean and maximum over the volume. */
export function meanAndMaximum(x: Tensor): Tensor {
  const [batch, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const places = t.sizeOf(spatial);
  const flat = t.reshape(x, [batch, channels, places]);
  let largest = flat;
  for (let left = places; left > 1; left = Math.ceil(left / 2)) {
    // Halves that overlap by one where their number is odd.
    const half = Math.ceil(left / 2);
    const a = t.slice(largest, 2, 0, half);
    const b = t.slice(largest, 2, left - half, left);
    largest = t.add(a, t.relu(t.sub(b, a)));
  }
  const mean = t.mul(t.reduceSum(flat, [2]), 1 / places);
  return t.concat([t.reshape(mean, [batch, channels]), t.reshape(largest, [batch, channels])], 1);
}
