/** The airways on a coarse CT: which of them are large, and which lie below the carina. */
import { labelRuns } from '../volume/components.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import type { CoarseCt } from './grid.ts';
import { depthInMask, dilate } from './morphology.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor } = Math;

/** A ball of this radius fits into trachea, main and intermediate bronchi, not into segmental ones. */
const LARGE_RADIUS_MM = 3;
/** Below the carina at least two lumina have this cross-section, over at least this height. */
const CARINA = { areaMm2: 35, heightMm: 6 } as const;

/**
 * Coarse voxels of which at least a third is lumen.
 *
 * @param ct coarse CT that starts at the host's first voxel.
 * @param voxels flat indices of the lumen's voxels on the host's grid.
 */
export function coarseLumen(ct: CoarseCt, [nx, ny]: Vec3, voxels: readonly number[]): Uint8Array {
  const [cx, cy, cz] = ct.size;
  const [fx, fy, fz] = ct.factor;
  const counts = new Uint8Array(cx * cy * cz);
  const lumen = new Uint8Array(counts.length);
  const third = ceil((fx * fy * fz) / 3);
  for (const at of voxels) {
    const i = floor((at % nx) / fx);
    const j = floor((floor(at / nx) % ny) / fy);
    const k = floor(at / (nx * ny) / fz);
    if (i >= cx || j >= cy || k >= cz) continue;
    const coarse = i + cx * (j + cy * k);
    if (++counts[coarse]! === third) lumen[coarse] = 1;
  }
  return lumen;
}

export interface Bronchi {
  /** 1 = lumen that a ball of 6 mm fits into. */
  readonly large: Uint8Array;
  /** 1 = lumen below the carina; empty where no carina is seen. */
  readonly below: Uint8Array;
}

export function splitBronchi(ct: CoarseCt, lumen: Uint8Array): Bronchi {
  const { size, spacing } = ct;
  const half = (spacing[0] + spacing[1]) / 4;
  const depth = depthInMask(lumen, size, spacing, 2 * LARGE_RADIUS_MM);
  const core = new Uint8Array(lumen.length);
  for (let at = 0; at < core.length; at++) if (depth[at]! >= LARGE_RADIUS_MM + half) core[at] = 1;
  const large = dilate(core, size, spacing, LARGE_RADIUS_MM + half);
  const below = new Uint8Array(lumen.length);
  for (let at = 0; at < large.length; at++) if (lumen[at] === 0) large[at] = 0;

  const slice = size[0] * size[1];
  const headwards = ct.direction[2][2] >= 0 ? 1 : -1;
  const carina = findCarina(ct, lumen, headwards);
  if (carina === null) return { large, below };
  for (let k = 0; k < size[2]; k++)
    if ((k - carina) * headwards <= 0) below.set(lumen.subarray(k * slice, (k + 1) * slice), k * slice);
  return { large, below };
}

/** First slice, from the head down, from which on the airway has two wide lumina; null where there is none. */
function findCarina({ size, spacing }: CoarseCt, lumen: Uint8Array, headwards: 1 | -1): number | null {
  const [nx, ny, nz] = size;
  const slice = nx * ny;
  let since = 0;
  for (let n = 0; n < nz; n++) {
    const k = headwards === 1 ? nz - 1 - n : n;
    const { counts } = labelRuns(lumen.subarray(k * slice, (k + 1) * slice), [nx, ny, 1], 4);
    const wide = counts.filter((count) => count * spacing[0] * spacing[1] >= CARINA.areaMm2).length;
    since = wide >= 2 ? since + 1 : 0;
    if (since * spacing[2] >= CARINA.heightMm) return k + headwards * (since - 1);
  }
  return null;
}
