/** A host as earlier edits left it, without a copy of its voxels. */
import { withEditedLung } from '../../anatomy/editedLung.ts';
import type { LungAnatomy } from '../../anatomy/lungMask.ts';
import type { BoxChange } from '../../dicom/derivedCt.ts';
import type { CtVolume } from '../../volume/ctVolume.ts';
import type { Host } from './hosts.ts';

/**
 * Runs `work` on the host with the changes in it and takes them out again, whatever `work` does. The host's voxels are
 * changed meanwhile, so `work` must be done when it returns. The lungs are those of the original, with what the changes
 * added to them or took out of them.
 *
 * @param changes in the order in which they were made
 */
export function withEdits<T>(
  host: Host,
  changes: readonly BoxChange[],
  work: (edited: CtVolume, lung: LungAnatomy) => T,
): T {
  const { volume } = host.series;
  const lung = host.lung();
  if (changes.length === 0) return work(volume, lung);
  const before: BoxChange[] = [];
  try {
    for (const change of changes) before.push(swapIn(volume, change));
    // A new object: what was remembered of the original, by whoever remembers anything, does not hold for this one.
    const edited = { ...volume };
    const boxes = changes.map(({ box }) => box);
    return withEditedLung(lung, edited, boxes, () => work(edited, lung));
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
