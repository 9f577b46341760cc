/** A nodule's mask: a box of voxel indices and the bits inside it, small beside the CT that it belongs to. */
import { largestComponent } from '../volume/components.ts';
import { indexToWorld } from '../volume/ctVolume.ts';
import type { IndexBox, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';

/** A mask within a box of voxel indices. */
export interface BoxMask {
  readonly box: IndexBox;
  /** 1 inside the lesion; i fastest, then j, then k, over the box alone. */
  readonly bits: Uint8Array;
}

/** The same mask in the smallest box that holds it. Expects at least one bit set. */
export function trim({ box, bits }: BoxMask): BoxMask {
  const [ni, nj, nk] = boxSize(box);
  const low = [ni, nj, nk];
  const high = [0, 0, 0];
  for (let index = 0; index < bits.length; index++) {
    if (!bits[index]) continue;
    const at = [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))];
    at.forEach((value, axis) => {
      low[axis] = Math.min(low[axis] ?? 0, value);
      high[axis] = Math.max(high[axis] ?? 0, value + 1);
    });
  }
  const at = (offsets: readonly number[], axis: 0 | 1 | 2): number => box.min[axis] + (offsets[axis] ?? 0);
  const tight: IndexBox = {
    min: [at(low, 0), at(low, 1), at(low, 2)],
    max: [at(high, 0), at(high, 1), at(high, 2)],
  };
  return { box: tight, bits: cropTo({ box, bits }, tight) };
}

/** The bits of `mask` in another box; 0 where that box reaches beyond the mask's own. */
export function cropTo(mask: BoxMask, box: IndexBox): Uint8Array {
  const [ni, nj, nk] = boxSize(box);
  const [mi, mj] = boxSize(mask.box);
  const bits = new Uint8Array(ni * nj * nk);
  for (let k = Math.max(box.min[2], mask.box.min[2]); k < Math.min(box.max[2], mask.box.max[2]); k++)
    for (let j = Math.max(box.min[1], mask.box.min[1]); j < Math.min(box.max[1], mask.box.max[1]); j++)
      for (let i = Math.max(box.min[0], mask.box.min[0]); i < Math.min(box.max[0], mask.box.max[0]); i++)
        bits[i - box.min[0] + ni * (j - box.min[1] + nj * (k - box.min[2]))] =
          mask.bits[i - mask.box.min[0] + mi * (j - mask.box.min[1] + mj * (k - mask.box.min[2]))] ?? 0;
  return bits;
}

export function boxSize({ min, max }: IndexBox): [number, number, number] {
  return [max[0] - min[0], max[1] - min[1], max[2] - min[2]];
}

/** Centroid in LPS mm of a mask in voxels of `geometry`. Expects at least one bit set. */
export function centroid(geometry: VolumeGeometry, { box, bits }: BoxMask): Vec3 {
  const [ni, nj] = boxSize(box);
  let [x, y, z, count] = [0, 0, 0, 0];
  bits.forEach((bit, index) => {
    if (!bit) return;
    count++;
    x += index % ni;
    y += Math.floor(index / ni) % nj;
    z += Math.floor(index / (ni * nj));
  });
  return indexToWorld(geometry, [box.min[0] + x / count, box.min[1] + y / count, box.min[2] + z / count]);
}

/** The mask's largest piece (26-connected): fragments that readers left beside a nodule fall away. */
export function largestPiece(mask: BoxMask): BoxMask {
  return trim({ box: mask.box, bits: largestComponent(mask.bits, boxSize(mask.box)) });
}
