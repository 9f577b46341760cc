/** A host as earlier edits left it, without a copy of its voxels. */
import type { BoxChange } from '../../dicom/derivedCt.ts';
import type { CtVolume } from '../../volume/ctVolume.ts';

/**
 * Runs `work` on the volume with the changes in it and takes them out again, whatever `work` does. The voxels of the
 * volume are changed meanwhile, so `work` must be done when it returns.
 *
 * @param changes in the order in which they were made
 */
export function withEdits<T>(
  volume: CtVolume,
  changes: readonly BoxChange[],
  work: (edited: CtVolume) => T,
): T {
  if (changes.length === 0) return work(volume);
  const before: BoxChange[] = [];
  try {
    for (const change of changes) before.push(swapIn(volume, change));
    // A new object: what was remembered of the original, by whoever remembers anything, does not hold for this one.
    return work({ ...volume });
  } finally {
    for (const change of before.toReversed()) swapIn(volume, change);
  }
}

/** Writes the box and answers what was there. */
function swapIn({ data, size }: CtVolume, { box, hu }: BoxChange): BoxChange {
  const width = box.max[0] - box.min[0];
  const old = new Int16Array(hu.length);
  let from = 0;
  for (let k = box.min[2]; k < box.max[2]; k += 1)
    for (let j = box.min[1]; j < box.max[1]; j += 1) {
      const row = box.min[0] + size[0] * (j + size[1] * k);
      old.set(data.subarray(row, row + width), from);
      data.set(hu.subarray(from, from + width), row);
      from += width;
    }
  return { box, hu: old };
}
