/** Several readers' masks → one: the voxels that at least half of them marked. */
import type { IndexBox } from '../volume/ctVolume.ts';
import { boxSize, cropTo, trim } from './boxMask.ts';
import type { BoxMask } from './boxMask.ts';

/** The usual level; state it wherever a consensus is shown. */
export const CONSENSUS_LEVEL = 0.5;

/** One mark's voxels and who marked them. */
export interface ReaderMask {
  readonly reader: number;
  readonly mask: BoxMask;
}

/**
 * A reader who marked one lesion in several parts has one vote.
 *
 * @param level share of the readers of this nodule (not of all readers of the scan) that must have marked a voxel; 0
 *   gives the union
 * @returns the consensus in its smallest box, or undefined where no voxel reaches the level
 */
export function consensusMask(marks: readonly ReaderMask[], level = CONSENSUS_LEVEL): BoxMask | undefined {
  if (marks.length === 0) return undefined;
  const box = unionBox(marks.map(({ mask }) => mask.box));
  const [ni, nj, nk] = boxSize(box);
  const votes = new Uint8Array(ni * nj * nk);
  const readers = Map.groupBy(marks, ({ reader }) => reader);
  for (const parts of readers.values()) {
    const own = new Uint8Array(votes.length);
    for (const { mask } of parts)
      cropTo(mask, box).forEach((bit, index) => (own[index] = (own[index] ?? 0) | bit));
    own.forEach((bit, index) => (votes[index] = (votes[index] ?? 0) + bit));
  }
  const bits = votes.map((count) => (count > 0 && count >= level * readers.size ? 1 : 0));
  return bits.some((bit) => bit === 1) ? trim({ box, bits }) : undefined;
}

function unionBox(boxes: readonly IndexBox[]): IndexBox {
  const low = (axis: 0 | 1 | 2): number => Math.min(...boxes.map(({ min }) => min[axis]));
  const high = (axis: 0 | 1 | 2): number => Math.max(...boxes.map(({ max }) => max[axis]));
  return { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] };
}
