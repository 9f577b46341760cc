/** What lies in the voxels of the coarse grid around the lungs, stored so that a ball is summed row by row. */
import type { Vec3 } from '../volume/ctVolume.ts';
import type { CoarseCt } from './grid.ts';
import type { HostMasks } from './hostMasks.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, max, min, round, sqrt } = Math;

/** Host voxels that are lung; lung and soft tissue; of these such in a vessel; large vessel; lumen of an airway. */
export const CONTENT = { lung: 0, tissue: 1, tree: 2, vessel: 3, airway: 4 } as const;
/** How many of them there are. */
export const KINDS = 5;
/** Rows of voxels that a ball is summed in; larger balls leave rows out evenly. */
const MOST_ROWS = 48;

export interface LungContents {
  readonly size: Vec3;
  /** Host voxels in a coarse voxel. */
  readonly hostVoxels: number;
  /** Host voxels of each kind in each coarse voxel, i fastest. */
  readonly counts: Readonly<Record<keyof typeof CONTENT, Uint8Array>>;
  /**
   * The same summed along each row: `sums[5 * (row * (size[0] + 1) + i) + kind]` is the sum of the first i voxels of the
   * row, modulo 65536 (a row holds less than that).
   */
  readonly sums: Uint16Array;
}

export function lungContents(ct: CoarseCt, found: HostMasks['counts'], tree: Uint8Array): LungContents {
  const { size, factor } = ct;
  const treeCounts = new Uint8Array(tree.length);
  for (let at = 0; at < tree.length; at++) if (tree[at] !== 0) treeCounts[at] = found.tissue[at]!;
  const counts = { ...found, tree: treeCounts };
  const [nx, ny, nz] = size;
  const sums = new Uint16Array(KINDS * (nx + 1) * ny * nz);
  const { lung, tissue, vessel, airway } = found;
  for (let row = 0, at = 0, out = 0; row < ny * nz; row++) {
    // The first entry of each row stays 0.
    out += KINDS;
    for (let i = 0; i < nx; i++, at++, out += KINDS) {
      const before = i === 0 ? out : out - KINDS;
      sums[out] = sums[before]! + lung[at]!;
      sums[out + 1] = sums[before + 1]! + tissue[at]!;
      sums[out + 2] = sums[before + 2]! + treeCounts[at]!;
      sums[out + 3] = sums[before + 3]! + vessel[at]!;
      sums[out + 4] = sums[before + 4]! + airway[at]!;
    }
  }
  return { size, hostVoxels: factor[0] * factor[1] * factor[2], counts, sums };
}

/** A ball in coarse voxels: how far each of its rows reaches to both sides. */
export interface Ball {
  /** dj, dk and reach of every row, one after the other. */
  readonly rows: Int32Array;
  /** Voxels in all rows. */
  readonly voxels: number;
}

export function ballOf(radiusMm: number, spacing: Vec3): Ball {
  const reachJ = floor(radiusMm / spacing[1]);
  const reachK = floor(radiusMm / spacing[2]);
  const stride = max(1, ceil((Math.PI * reachJ * reachK) / MOST_ROWS));
  const rows: number[] = [];
  let voxels = 0;
  for (let dk = -reachK; dk <= reachK; dk++)
    for (let dj = -reachJ; dj <= reachJ; dj++) {
      const rest = radiusMm ** 2 - (dj * spacing[1]) ** 2 - (dk * spacing[2]) ** 2;
      // Neighbouring slices leave different rows out.
      if (rest < 0 || (dj + dk) % stride !== 0) continue;
      // 2 * reach + 1 voxels have the length of the chord.
      const reach = max(0, round(sqrt(rest) / spacing[0] - 0.5));
      rows.push(dj, dk, reach);
      voxels += 2 * reach + 1;
    }
  return { rows: Int32Array.from(rows), voxels };
}

/** Sums of a ball: host voxels of each `CONTENT`. */
export type BallContents = Int32Array;

/** Host voxels of each kind in a ball around a coarse voxel; what lies beyond the grid holds nothing. */
export function contentsOfBall(
  { size, sums }: LungContents,
  { rows }: Ball,
  i: number,
  j: number,
  k: number,
  into: BallContents = new Int32Array(KINDS),
): BallContents {
  const [nx, ny, nz] = size;
  let lung = 0;
  let tissue = 0;
  let tree = 0;
  let vessel = 0;
  let airway = 0;
  for (let n = 0; n < rows.length; n += 3) {
    const jj = j + rows[n]!;
    const kk = k + rows[n + 1]!;
    if (jj < 0 || jj >= ny || kk < 0 || kk >= nz) continue;
    const reach = rows[n + 2]!;
    const row = (nx + 1) * (jj + ny * kk);
    const to = KINDS * (row + min(nx, i + reach + 1));
    const from = KINDS * (row + max(0, i - reach));
    lung += (sums[to]! - sums[from]!) & 0xffff;
    tissue += (sums[to + 1]! - sums[from + 1]!) & 0xffff;
    tree += (sums[to + 2]! - sums[from + 2]!) & 0xffff;
    vessel += (sums[to + 3]! - sums[from + 3]!) & 0xffff;
    airway += (sums[to + 4]! - sums[from + 4]!) & 0xffff;
  }
  into[CONTENT.lung] = lung;
  into[CONTENT.tissue] = tissue;
  into[CONTENT.tree] = tree;
  into[CONTENT.vessel] = vessel;
  into[CONTENT.airway] = airway;
  return into;
}
