/** Connected components of a byte mask (26-connected). */
import type { Vec3 } from './ctVolume.ts';

/** Labels from 1 in order of first voxel (0 is background) and the voxel count per label (`counts[0]` unused). */
export interface Components {
  readonly labels: Int32Array;
  readonly counts: readonly number[];
}

export function connectedComponents(mask: Uint8Array, size: Vec3): Components {
  const [ni, nj, nk] = size;
  const labels = new Int32Array(mask.length);
  const counts = [0];
  const stack: number[] = [];
  for (let seed = 0; seed < mask.length; seed++) {
    if (!mask[seed] || labels[seed]) continue;
    const label = counts.length;
    let count = 0;
    labels[seed] = label;
    stack.push(seed);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      count++;
      const i = at % ni;
      const j = Math.floor(at / ni) % nj;
      const k = Math.floor(at / (ni * nj));
      for (let z = Math.max(0, k - 1); z <= Math.min(nk - 1, k + 1); z++)
        for (let y = Math.max(0, j - 1); y <= Math.min(nj - 1, j + 1); y++)
          for (let x = Math.max(0, i - 1); x <= Math.min(ni - 1, i + 1); x++) {
            const next = x + ni * (y + nj * z);
            if (!mask[next] || labels[next]) continue;
            labels[next] = label;
            stack.push(next);
          }
    }
    counts.push(count);
  }
  return { labels, counts };
}

/** The mask's largest component (the first of equals); an empty mask stays empty. */
export function largestComponent(mask: Uint8Array, size: Vec3): Uint8Array {
  const { labels, counts } = connectedComponents(mask, size);
  let best = 0;
  counts.forEach((count, label) => {
    if (label > 0 && count > (counts[best] ?? 0)) best = label;
  });
  const kept = new Uint8Array(mask.length);
  if (best > 0)
    for (let index = 0; index < kept.length; index++) kept[index] = labels[index] === best ? 1 : 0;
  return kept;
}
