/** Carries what was found on the coarse grid to the host's voxels, and counts there what each coarse voxel holds. */
import type { CtVolume, IndexBox } from '../volume/ctVolume.ts';
import type { CoarseCt } from './grid.ts';
import { stepInPlane } from './morphology.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { max } = Math;

/** HU above which a voxel of the lung is soft tissue. */
export const TISSUE_HU = -400;
/** HU below which a voxel at the border is lung. */
const LUNG_HU = -500;
/** A coarse voxel at the border that is brighter on average belongs to the chest wall. */
const WALL_HU = -200;

export interface HostMasks {
  /** 1 = lung, on the host's grid. */
  readonly mask: Uint8Array;
  /** 1 = large vessel inside the lung, on the host's grid. */
  readonly vessel: Uint8Array;
  readonly voxels: number;
  /** Box around the lung with a voxel to spare, host indices. */
  readonly box: IndexBox;
  /** Host voxels of each coarse voxel that are lung; lung and soft tissue; large vessel; airway. */
  readonly counts: Record<'lung' | 'tissue' | 'vessel' | 'airway', Uint8Array>;
}

const RULE = { out: 0, in: 1, notWall: 2, aerated: 3 } as const;

/**
 * At the border of the lung the host's own HU decide: tissue beyond it stays out, aerated voxels beyond it come in.
 *
 * @param ct coarse CT around the lungs.
 * @param lung closed lung on the coarse grid.
 * @param depth distance to the border of `lung`, mm.
 * @param large large vessels on the coarse grid.
 * @param airway lumen of the airways on the host's grid; is no lung.
 */
export function hostMasks(
  volume: CtVolume,
  ct: CoarseCt,
  lung: Uint8Array,
  depth: Float32Array,
  large: Uint8Array,
  airway: Uint8Array,
): HostMasks {
  const rules = borderRules(ct, lung, depth);
  const { data, size } = volume;
  const [sx, sy, sz] = size;
  const [fx, fy, fz] = ct.factor;
  const [ox, oy, oz] = ct.offset;
  const [nx, ny, nz] = ct.size;
  const mask = new Uint8Array(data.length);
  const vessel = new Uint8Array(data.length);
  const counts = {
    lung: new Uint8Array(lung.length),
    tissue: new Uint8Array(lung.length),
    vessel: new Uint8Array(lung.length),
    airway: new Uint8Array(lung.length),
  };
  let voxels = 0;
  const low = [sx, sy, sz];
  const high = [0, 0, 0];
  for (let k = 0; k < nz * fz; k++)
    for (let j = 0; j < ny * fy; j++) {
      const coarseRow = nx * ((j / fy) | 0) + nx * ny * ((k / fz) | 0);
      const hostRow = ox + sx * (oy + j + sy * (oz + k));
      let first = -1;
      let last = -1;
      for (let i = 0; i < nx; i++) {
        const coarse = coarseRow + i;
        const rule = rules[coarse];
        const from = hostRow + i * fx;
        for (let at = from; at < from + fx; at++) {
          if (airway[at] !== 0) {
            counts.airway[coarse]!++;
            continue;
          }
          if (rule === RULE.out) continue;
          const hu = data[at]!;
          if (rule === RULE.notWall ? hu >= TISSUE_HU : rule === RULE.aerated && hu >= LUNG_HU) continue;
          mask[at] = 1;
          voxels++;
          if (first < 0) first = at - hostRow;
          last = at - hostRow;
          counts.lung[coarse]!++;
          if (hu <= TISSUE_HU) continue;
          counts.tissue[coarse]!++;
          if (large[coarse] === 0) continue;
          vessel[at] = 1;
          counts.vessel[coarse]!++;
        }
      }
      if (first < 0) continue;
      low[0] = Math.min(low[0]!, first + ox);
      high[0] = max(high[0]!, last + ox + 1);
      low[1] = Math.min(low[1]!, j + oy);
      high[1] = max(high[1]!, j + oy + 1);
      low[2] = Math.min(low[2]!, k + oz);
      high[2] = k + oz + 1;
    }
  const box: IndexBox = {
    min: [max(0, low[0]! - 1), max(0, low[1]! - 1), max(0, low[2]! - 1)],
    max: [Math.min(sx, high[0]! + 1), Math.min(sy, high[1]! + 1), Math.min(sz, high[2]! + 1)],
  };
  return { mask, vessel, voxels, box, counts };
}

function borderRules(ct: CoarseCt, lung: Uint8Array, depth: Float32Array): Uint8Array {
  const near = stepInPlane(lung, ct.size, 'grow');
  const border = 1.5 * max(ct.spacing[0], ct.spacing[1]);
  const rules = new Uint8Array(lung.length);
  for (let at = 0; at < rules.length; at++) {
    if (near[at] === 0) continue;
    if (lung[at] === 0) rules[at] = ct.data[at]! < WALL_HU ? RULE.aerated : RULE.out;
    else rules[at] = depth[at]! > border || ct.data[at]! > LUNG_HU ? RULE.in : RULE.notWall;
  }
  return rules;
}
