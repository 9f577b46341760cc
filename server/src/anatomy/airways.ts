/**
 * Trachea and bronchi: a seed in the trachea above the carina, then region growing on the host's own grid with the highest
 * threshold that does not yet leak into the lung (the idea of Mori et al., IEEE TMI 2000; one flood tries all
 * thresholds at once). In a CT of 1.25 mm this reaches segmental bronchi; in thick slices it stops earlier.
 */
import type { CtVolume, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { connectedComponents } from '../volume/components.ts';
import { floodUpwards, type Flood } from './flood.ts';
import type { CoarseCt } from './grid.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, ceil, floor, max, min, round } = Math;

/** Cross-section of an adult trachea, with room for narrow and wide ones, in mm². */
const TRACHEA_AREA_MM2 = { min: 50, max: 900 } as const;
/** Mean HU inside the trachea stays below this even with partial volume at the wall. */
const TRACHEA_MEAN_HU = -880;
/** Thresholds tried for the mean of 3×3 pixels; above the highest everything is lung. */
const GROW_HU = { lowest: -1024, highest: -856 } as const;
/** Lumen of trachea and bronchi that can be resolved; more means that growing leaked into the lung. */
const MAX_AIRWAY_ML = 110;
/** Kept below the threshold that leaks, so that no small leak is taken along. */
const LEAK_MARGIN_HU = 16;
/** A step of the threshold that adds more than this is a leak that had no time to grow large. */
const LEAK_STEP = { hu: 8, ml: 4 } as const;
/** Below this no lung is dark enough to leak into. */
const SAFE_HU = -984;

export interface Airways {
  /** 1 = lumen, on the host's grid. */
  readonly mask: Uint8Array;
  /** The same voxels, flat indices. */
  readonly voxels: readonly number[];
}

/**
 * Finds the airway lumen.
 *
 * @param volume the host.
 * @param ct coarse copy of the whole host.
 * @param air mask of air inside the body, on the coarse grid.
 * @returns the lumen; empty where no trachea is seen (scan starts below the carina).
 */
export function findAirways(volume: CtVolume, ct: CoarseCt, air: Uint8Array): Airways {
  const trachea = findTrachea(ct, air);
  if (trachea.length === 0) return { mask: new Uint8Array(volume.data.length), voxels: [] };
  const { data, size } = volume;
  const [nx, ny] = size;
  const slice = nx * ny;
  const [cx, cy, cz] = ct.size;
  const [fx, fy, fz] = ct.factor;
  const meanAt = (at: number): number => {
    const i = at % nx;
    const j = floor((at % slice) / nx);
    const ci = floor(i / fx);
    const cj = floor(j / fy);
    const ck = floor(at / slice / fz);
    if (i < 1 || j < 1 || i > nx - 2 || j > ny - 2 || ci >= cx || cj >= cy || ck >= cz) return Infinity;
    if (air[ci + cx * (cj + cy * ck)] === 0) return Infinity;
    const up = at - nx;
    const down = at + nx;
    const sum =
      data[up - 1]! + data[up]! + data[up + 1]! + data[at - 1]! + data[at]! + data[at + 1]! +
      data[down - 1]! + data[down]! + data[down + 1]!; // prettier-ignore
    return sum / 9;
  };
  const voxelMl = (volume.spacing[0] * volume.spacing[1] * volume.spacing[2]) / 1000;
  const flood = floodUpwards(
    trachea.map((at) => hostVoxelOf(ct, size, at)),
    size,
    meanAt,
    { ...GROW_HU, most: round(MAX_AIRWAY_ML / voxelMl) },
  );
  const level = levelBeforeLeak(flood, voxelMl);
  const inner = flood.order.slice(0, flood.reached[level] ?? trachea.length);
  return withBorder(volume, inner, flood.lowest + level);
}

/** The mean of 3×3 pixels stays a pixel away from the wall: pixels beside it that are as dark themselves belong to it. */
function withBorder({ data, size: [nx] }: CtVolume, inner: readonly number[], threshold: number): Airways {
  const mask = new Uint8Array(data.length);
  for (const at of inner) mask[at] = 1;
  const voxels = [...inner];
  const offer = (beside: number): void => {
    if (mask[beside] !== 0 || data[beside]! > threshold) return;
    mask[beside] = 1;
    voxels.push(beside);
  };
  for (const at of inner) {
    offer(at - 1);
    offer(at + 1);
    offer(at - nx);
    offer(at + nx);
  }
  return { mask, voxels };
}

function hostVoxelOf({ size: [cx, cy], factor: [fx, fy, fz] }: CoarseCt, [nx, ny]: Vec3, at: number): number {
  const i = at % cx;
  const j = floor(at / cx) % cy;
  const k = floor(at / (cx * cy));
  return i * fx + (fx >> 1) + nx * (j * fy + (fy >> 1) + ny * (k * fz + (fz >> 1)));
}

function levelBeforeLeak({ reached, lowest }: Flood, voxelMl: number): number {
  const safe = SAFE_HU - lowest;
  let level = reached.length - 1;
  if (lowest + level < GROW_HU.highest) level -= LEAK_MARGIN_HU;
  while (level > safe && (reached[level]! - reached[level - LEAK_STEP.hu]!) * voxelMl > LEAK_STEP.ml) level--;
  return max(0, level);
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
    const { labels, counts } = connectedComponents(section, [nx, ny, 1], 4);
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
