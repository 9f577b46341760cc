/** Where the phantom's lungs are: lookups and random points for vessels and nodules, in patient mm. */
import { depthInMask } from '../anatomy/morphology.ts';
import type { Random } from '../nn/random.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { indexToWorld, worldToIndex } from '../volume/ctVolume.ts';
import type { PhantomSpace } from './space.ts';

export type Side = 1 | 2;

/** Shortest edge at which depth is kept, mm. */
const COARSE_MM = 2;

export interface LungSpace {
  /** 0 outside the lungs, else which lung. */
  sideAt(point: Vec3): 0 | Side;
  /** Distance to the border of the lung in mm, 0 outside. */
  depthAt(point: Vec3): number;
  /** A point of the lung whose depth lies in the range; null after many vain tries. */
  pick(random: Random, side: Side, minDepthMm: number, maxDepthMm: number): Vec3 | null;
}

export function lungSpace(space: PhantomSpace, label: Uint8Array): LungSpace {
  const factor = Math.max(1, Math.round(COARSE_MM / space.spacing[0]));
  const [nx, ny, nz] = space.size;
  const coarseSize: Vec3 = [Math.floor(nx / factor), Math.floor(ny / factor), nz];
  const coarse = new Uint8Array(coarseSize[0] * coarseSize[1] * nz);
  const voxels: Record<Side, number[]> = { 1: [], 2: [] };
  const half = factor >> 1;
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < coarseSize[1]; j++)
      for (let i = 0; i < coarseSize[0]; i++, at++) {
        const side = label[i * factor + half + nx * (j * factor + half + ny * k)]!;
        coarse[at] = side;
        if (side === 1 || side === 2) voxels[side].push(at);
      }
  const spacing: Vec3 = [space.spacing[0] * factor, space.spacing[1] * factor, space.spacing[2]];
  const depth = depthInMask(coarse, coarseSize, spacing, 80);
  const flat = (point: Vec3): number => {
    const [x, y, z] = worldToIndex(space, point);
    const i = Math.floor(Math.round(x) / factor);
    const j = Math.floor(Math.round(y) / factor);
    const k = Math.round(z);
    if (i < 0 || j < 0 || k < 0 || i >= coarseSize[0] || j >= coarseSize[1] || k >= nz) return -1;
    return i + coarseSize[0] * (j + coarseSize[1] * k);
  };
  const pointOf = (at: number): Vec3 =>
    indexToWorld(space, [
      (at % coarseSize[0]) * factor + half,
      (Math.floor(at / coarseSize[0]) % coarseSize[1]) * factor + half,
      Math.floor(at / (coarseSize[0] * coarseSize[1])),
    ]);
  return {
    sideAt: (point) => (coarse[flat(point)] ?? 0) as 0 | Side,
    depthAt: (point) => depth[flat(point)] ?? 0,
    pick(random, side, minDepthMm, maxDepthMm) {
      for (let tries = 0; tries < 4000; tries++) {
        const at = voxels[side][random.integer(voxels[side].length)];
        if (at === undefined) return null;
        const mm = depth[at]!;
        if (mm >= minDepthMm && mm <= maxDepthMm) return pointOf(at);
      }
      return null;
    },
  };
}
