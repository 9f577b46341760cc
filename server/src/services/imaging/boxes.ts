/** Voxels of one box on another one; all boxes are of the same grid, i fastest. */
import type { NoduleRegion } from '../../insertion/removeNodule.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CtVolume, IndexBox } from '../../volume/ctVolume.ts';

const { floor, max, min } = Math;

export const boxSize = ({ min: low, max: high }: IndexBox): readonly [number, number, number] => [
  high[0] - low[0],
  high[1] - low[1],
  high[2] - low[2],
];

/** The smallest box that holds both. */
export function unionOf(a: IndexBox, b: IndexBox): IndexBox {
  const low = (axis: 0 | 1 | 2): number => min(a.min[axis], b.min[axis]);
  const high = (axis: 0 | 1 | 2): number => max(a.max[axis], b.max[axis]);
  return { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] };
}

/** Writes those voxels of `from` that lie in `to` into the voxels of `to`, and answers these. */
export function copyBox<T extends Int16Array | Uint8Array>(
  from: { readonly box: IndexBox; readonly voxels: T },
  to: { readonly box: IndexBox; readonly voxels: T },
): T {
  const [nx, ny] = boxSize(from.box);
  const [mx, my] = boxSize(to.box);
  const low = ([0, 1, 2] as const).map((axis) => max(from.box.min[axis], to.box.min[axis]));
  const high = ([0, 1, 2] as const).map((axis) => min(from.box.max[axis], to.box.max[axis]));
  const [i0, j0, k0] = low as [number, number, number];
  const [i1, j1, k1] = high as [number, number, number];
  if (i1 <= i0) return to.voxels;
  for (let k = k0; k < k1; k += 1)
    for (let j = j0; j < j1; j += 1) {
      const source = i0 - from.box.min[0] + nx * (j - from.box.min[1] + ny * (k - from.box.min[2]));
      const target = i0 - to.box.min[0] + mx * (j - to.box.min[1] + my * (k - to.box.min[2]));
      to.voxels.set(from.voxels.subarray(source, source + i1 - i0), target);
    }
  return to.voxels;
}

const countOf = (box: IndexBox): number => boxSize(box).reduce((count, size) => count * size, 1);

/** A mask on another box: zero outside its own. */
export const maskOnBox = ({ box, mask }: NoduleRegion, wanted: IndexBox): Uint8Array =>
  copyBox({ box, voxels: mask }, { box: wanted, voxels: new Uint8Array(countOf(wanted)) });

/** Whether two masks have a voxel in common. */
export function masksMeet(a: NoduleRegion, b: NoduleRegion): boolean {
  const other = maskOnBox(b, a.box);
  return a.mask.some((value, at) => value !== 0 && other[at] !== 0);
}

/** The HU of a box of a volume. */
export const huOfBox = ({ data, size }: CtVolume, wanted: IndexBox): Int16Array =>
  copyBox(
    { box: { min: [0, 0, 0], max: size }, voxels: data },
    { box: wanted, voxels: new Int16Array(countOf(wanted)) },
  );

/**
 * The same region in the smallest box that holds it, so that a removal does not depend on the box it is kept in.
 * @throws NoduleLabError `unusable` for a region without voxels
 */
export function tightRegion({ box, mask }: NoduleRegion): NoduleRegion {
  const [width, height] = boxSize(box);
  const low = [...box.max] as [number, number, number];
  const high = [...box.min] as [number, number, number];
  mask.forEach((value, at) => {
    if (value === 0) return;
    const voxel = [at % width, floor(at / width) % height, floor(at / (width * height))];
    for (const axis of [0, 1, 2] as const) {
      low[axis] = min(low[axis], box.min[axis] + voxel[axis]!);
      high[axis] = max(high[axis], box.min[axis] + voxel[axis]! + 1);
    }
  });
  if (low[0] >= high[0])
    throw new NoduleLabError(
      'unusable',
      'The nodule covers no voxel of this CT, so nothing can be removed: check that its outlines belong to this series.',
    );
  const within = { min: low, max: high };
  return { box: within, mask: maskOnBox({ box, mask }, within) };
}
