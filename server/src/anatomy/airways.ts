/**
 * Trachea and large bronchi: a seed in the trachea above the carina, then region growing with the highest threshold
 * that does not yet leak into the lung (the idea of Mori et al., IEEE TMI 2000; the volume limit is ours).
 */
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { connectedComponents } from './morphology.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, ceil, floor, max, min, round } = Math;

/** Cross-section of an adult trachea, with room for narrow and wide ones, in mm². */
const TRACHEA_AREA_MM2 = { min: 50, max: 900 } as const;
/** Mean HU inside the trachea stays below this even with partial volume at the wall. */
const TRACHEA_MEAN_HU = -880;
/** Thresholds tried, highest first; above -850 everything is lung. */
const GROW_HU = [-860, -880, -900, -920, -940, -960, -980] as const;
/** Lumen of trachea and bronchi that can be resolved; more means that growing leaked into the lung. */
const MAX_AIRWAY_ML = 110;

/**
 * Finds the airway lumen in air that lies inside the body.
 *
 * @param ct grid with HU data, i fastest.
 * @param air mask of air inside the body, same grid.
 * @returns mask of the lumen; empty where no trachea is seen (scan starts below the carina).
 */
export function findAirways(ct: VolumeGeometry & { data: Int16Array }, air: Uint8Array): Uint8Array {
  const seed = findTrachea(ct, air);
  if (seed.length === 0) return new Uint8Array(air.length);
  const voxelMl = (ct.spacing[0] * ct.spacing[1] * ct.spacing[2]) / 1000;
  const limit = round(MAX_AIRWAY_ML / voxelMl);
  for (const threshold of GROW_HU) {
    const grown = grow(ct, air, seed, threshold, limit);
    if (grown !== null) return grown;
  }
  const onlySeed = new Uint8Array(air.length);
  for (const at of seed) onlySeed[at] = 1;
  return onlySeed;
}

/** Voxels of the first slice, from the head down, that holds a trachea; empty if none does. */
function findTrachea(ct: VolumeGeometry & { data: Int16Array }, air: Uint8Array): number[] {
  const [nx, ny, nz] = ct.size;
  const slice = nx * ny;
  const headward = ct.direction[2][2] >= 0 ? -1 : 1;
  const first = headward === -1 ? nz - 1 : 0;
  const pixelMm2 = ct.spacing[0] * ct.spacing[1];
  for (let n = 0; n < ceil(nz * 0.6); n++) {
    const k = first + headward * n;
    const section = air.subarray(k * slice, (k + 1) * slice);
    const { labels, counts } = connectedComponents(section, [nx, ny, 1]);
    const body = extentOf(section, nx);
    for (let label = 1; label < counts.length; label++) {
      const area = counts[label]! * pixelMm2;
      if (area < TRACHEA_AREA_MM2.min || area > TRACHEA_AREA_MM2.max) continue;
      const found = describe(ct.data, labels, label, k * slice, nx);
      const width = found.width * ct.spacing[0];
      const height = found.height * ct.spacing[1];
      const filling = area / (width * height);
      const middle = body === null ? 0.5 : (found.centre[0] - body.low) / max(1, body.high - body.low);
      const compact = filling > 0.5 && width / height < 2.2 && height / width < 2.6;
      const central = abs(found.centre[0] / nx - 0.5) < 0.2 && (n < 3 || (middle > 0.15 && middle < 0.85));
      if (compact && central && found.meanHu < TRACHEA_MEAN_HU) return found.voxels;
    }
  }
  return [];
}

function extentOf(section: Uint8Array, nx: number): { low: number; high: number } | null {
  let low = nx;
  let high = -1;
  for (let at = 0; at < section.length; at++)
    if (section[at] !== 0) {
      const i = at % nx;
      if (i < low) low = i;
      if (i > high) high = i;
    }
  return high < low ? null : { low, high };
}

function describe(data: Int16Array, labels: Int32Array, label: number, base: number, nx: number) {
  const voxels: number[] = [];
  let sum = 0;
  let sumI = 0;
  let sumJ = 0;
  let lowI = nx;
  let highI = 0;
  let lowJ = Infinity;
  let highJ = 0;
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] !== label) continue;
    const i = at % nx;
    const j = (at - i) / nx;
    voxels.push(base + at);
    sum += data[base + at]!;
    sumI += i;
    sumJ += j;
    lowI = min(lowI, i);
    highI = max(highI, i);
    lowJ = min(lowJ, j);
    highJ = max(highJ, j);
  }
  const n = voxels.length;
  return {
    voxels,
    meanHu: sum / n,
    centre: [sumI / n, sumJ / n] as const,
    width: highI - lowI + 1,
    height: highJ - lowJ + 1,
  };
}

/** Air connected with the seed where the mean of the 3×3 in-plane neighbours is below the threshold; null = leaked. */
function grow(
  ct: { data: Int16Array; size: Vec3 },
  air: Uint8Array,
  seed: readonly number[],
  threshold: number,
  limit: number,
): Uint8Array | null {
  const [nx, ny, nz] = ct.size;
  const slice = nx * ny;
  const grown = new Uint8Array(air.length);
  const queue: number[] = [];
  for (const at of seed) {
    grown[at] = 1;
    queue.push(at);
  }
  const dark = (at: number): boolean => {
    const d = ct.data;
    const sum =
      d[at - nx - 1]! + d[at - nx]! + d[at - nx + 1]! + d[at - 1]! + d[at]! + d[at + 1]! + d[at + nx - 1]! +
      d[at + nx]! + d[at + nx + 1]!; // prettier-ignore
    return sum < 9 * threshold;
  };
  for (let head = 0; head < queue.length; head++) {
    if (queue.length > limit) return null;
    const at = queue[head]!;
    const i = at % nx;
    const j = floor((at % slice) / nx);
    const k = floor(at / slice);
    const visit = (to: number): void => {
      if (air[to] === 0 || grown[to] !== 0 || !dark(to)) return;
      grown[to] = 1;
      queue.push(to);
    };
    if (i > 1) visit(at - 1);
    if (i < nx - 2) visit(at + 1);
    if (j > 1) visit(at - nx);
    if (j < ny - 2) visit(at + nx);
    if (k > 0) visit(at - slice);
    if (k < nz - 1) visit(at + slice);
  }
  return grown;
}
