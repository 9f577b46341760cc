/** Where a host shows its noise: small windows of its soft tissue and its lung that hold little else. */
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { residualOf } from './trend.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, hypot, max, min, round, sqrt } = Math;

export interface NoiseWindow {
  /** First column, row, and the slice. */
  readonly i: number;
  readonly j: number;
  readonly k: number;
  readonly deviationHu: number;
  /** Distance from the place, mm. */
  readonly awayMm: number;
}

/** Edge of a window, pixels. */
export const WINDOW = 16;
const STRIDE = 6;
/** Soft tissue (muscle, heart, liver), whose texture is noise rather than structure. */
const TISSUE_HU = { low: -60, high: 160 } as const;
const LUNG_HU = { low: -1010, high: -700 } as const;
/** More than the noise of a low-dose scan: such a window holds structure. */
const MAX_DEVIATION_HU = 65;
/** Slices that are looked at, in mm from the place. */
const SLICES_MM = [0, -6, 6, -12, 12, -20, 20, -30, 30] as const;
/**
 * Windows up to this many times the deviation of the quiet ones (a quantile) are alike: the quietest of all would be
 * those where chance left the least of the coarse noise.
 */
const ALIKE = 1.25;
const QUIET = 0.05;
/** Of those the nearest are taken: noise changes over the body. */
const KEPT = 16;
/** Edge of the smaller windows that fit between the vessels of the lung. */
const LUNG_WINDOW = 8;
const LUNG_REACH_MM = 45;
/** This share of the lung's windows holds no visible vessel. */
const QUIET_LUNG = 0.2;
const LEAST_LUNG_WINDOWS = 8;

/** Quiet windows of soft tissue near a place (voxel index), the nearest first; none where the host shows none. */
export function tissueWindows(host: CtVolume, place: Vec3): NoiseWindow[] {
  return quietWindows(host, place, TISSUE_HU);
}

/** The same in aerated lung, for hosts without soft tissue. */
export function lungWindows(host: CtVolume, place: Vec3): NoiseWindow[] {
  return quietWindows(host, place, LUNG_HU);
}

function quietWindows(host: CtVolume, place: Vec3, range: { low: number; high: number }): NoiseWindow[] {
  const [nx, ny, nz] = host.size;
  const slices = new Set(
    SLICES_MM.map((mm) => round(place[2]) + round(mm / host.spacing[2])).filter((k) => k >= 0 && k < nz),
  );
  const found: NoiseWindow[] = [];
  for (const k of slices)
    for (let j = 0; j + WINDOW <= ny; j += STRIDE)
      for (let i = 0; i + WINDOW <= nx; i += STRIDE) {
        const base = i + nx * (j + ny * k);
        // Most windows are ruled out by one of three voxels.
        if (
          !near(host.data[base]!, range) ||
          !near(host.data[base + (WINDOW / 2) * (nx + 1)]!, range) ||
          !near(host.data[base + (WINDOW - 1) * (nx + 1)]!, range)
        )
          continue;
        let sum = 0;
        let squares = 0;
        for (let b = 0; b < WINDOW; b += 2)
          for (let a = (b / 2) % 2; a < WINDOW; a += 2) {
            const hu = host.data[base + a + nx * b]!;
            sum += hu;
            squares += hu * hu;
          }
        const count = (WINDOW * WINDOW) / 4;
        const mean = sum / count;
        if (mean < range.low || mean > range.high) continue;
        const deviationHu = sqrt(max(0, squares / count - mean * mean));
        if (deviationHu > MAX_DEVIATION_HU || deviationHu === 0) continue;
        const awayMm = hypot(
          (i + WINDOW / 2 - place[0]) * host.spacing[0],
          (j + WINDOW / 2 - place[1]) * host.spacing[1],
          (k - place[2]) * host.spacing[2],
        );
        found.push({ i, j, k, deviationHu, awayMm });
      }
  found.sort((a, b) => a.deviationHu - b.deviationHu);
  const limit = ALIKE * (found[floor(found.length * QUIET)]?.deviationHu ?? 0);
  return found
    .filter(({ deviationHu }) => deviationHu <= limit)
    .sort((a, b) => a.awayMm - b.awayMm)
    .slice(0, KEPT);
}

/** A voxel may differ from the mean of its window by its noise. */
function near(hu: number, { low, high }: { low: number; high: number }): boolean {
  return hu > low - 2 * MAX_DEVIATION_HU && hu < high + 2 * MAX_DEVIATION_HU;
}

/** The window's values without their slow change over it, WINDOW × WINDOW. */
export function residualOfWindow(
  host: CtVolume,
  { i, j, k }: Pick<NoiseWindow, 'i' | 'j' | 'k'>,
): Float64Array {
  const [nx, ny] = host.size;
  const values = COLUMNS.map((column, n) => host.data[i + column + nx * (j + ROWS[n]! + ny * k)]!);
  return residualOf(COLUMNS, ROWS, values, values.length).residual;
}

const COLUMNS = Array.from({ length: WINDOW * WINDOW }, (_, n) => n % WINDOW);
const ROWS = Array.from({ length: WINDOW * WINDOW }, (_, n) => floor(n / WINDOW));

/**
 * How strong noise is in the lung around a place, by the differences between neighbours: those of the quietest fifth
 * of the lung's small windows, since vessels add to the others.
 *
 * @returns variance of the difference between a pixel and its four neighbours, HU²; null where there is too little lung
 */
export function lungGrain(host: CtVolume, place: Vec3): number | null {
  const [nx, ny, nz] = host.size;
  const k0 = round(place[2]);
  const reach = (axis: 0 | 1): number => round(LUNG_REACH_MM / host.spacing[axis]);
  const grains: number[] = [];
  for (const mm of SLICES_MM.slice(0, 5)) {
    const k = k0 + round(mm / host.spacing[2]);
    if (k < 0 || k >= nz) continue;
    const left = max(1, round(place[0]) - reach(0));
    const top = max(1, round(place[1]) - reach(1));
    for (let j = top; j + LUNG_WINDOW < min(ny - 1, round(place[1]) + reach(1)); j += LUNG_WINDOW)
      for (let i = left; i + LUNG_WINDOW < min(nx - 1, round(place[0]) + reach(0)); i += LUNG_WINDOW) {
        const grain = grainOf(host, i, j, k, LUNG_WINDOW, LUNG_HU);
        if (grain !== null) grains.push(grain);
      }
  }
  if (grains.length < LEAST_LUNG_WINDOWS) return null;
  grains.sort((a, b) => a - b);
  return grains[floor(grains.length * QUIET_LUNG)]!;
}

/** The same of a window of tissue. */
export function grainOfWindow(host: CtVolume, { i, j, k }: NoiseWindow): number {
  return grainOf(host, max(1, i), max(1, j), k, WINDOW - 2, { low: -Infinity, high: Infinity }) ?? 0;
}

function grainOf(
  { data, size: [nx, ny] }: CtVolume,
  i0: number,
  j0: number,
  k: number,
  edge: number,
  { low, high }: { low: number; high: number },
): number | null {
  let sum = 0;
  let grain = 0;
  for (let j = j0; j < j0 + edge; j++)
    for (let i = i0; i < i0 + edge; i++) {
      const at = i + nx * (j + ny * k);
      const hu = data[at]!;
      // A vessel, or padding outside the field of view.
      if (hu > high + 2 * MAX_DEVIATION_HU || (hu <= -1024 && low > -Infinity)) return null;
      sum += hu;
      grain += (hu - (data[at - 1]! + data[at + 1]! + data[at - nx]! + data[at + nx]!) / 4) ** 2;
    }
  const mean = sum / (edge * edge);
  if (mean < low || mean > high || abs(mean) === Infinity) return null;
  return grain / (edge * edge);
}
