/**
 * An ellipsoid with a Gaussian profile on constant parenchyma: the plainest nodule that one can draw, as the bad end of
 * the scale that generators are put on. Its size and level are those that {@link noduleMask} measures, so that it can be
 * matched to a real nodule.
 */
import { frameFade } from '../../dataset/patch.ts';
import { smoothstep, SOFT_MARGIN } from '../../dataset/softMask.ts';
import type { SoftMargin } from '../../dataset/softMask.ts';
import type { Random } from '../../nn/random.ts';
import type { Vec3 } from '../../volume/ctVolume.ts';
import { PARENCHYMA_HU, WINDOW_HIGH_HU, windowHu } from '../../volume/window.ts';

const { cbrt, exp, hypot, LN2, log, max, min, sqrt } = Math;

export interface EllipsoidShape {
  /** Lengths of the three axes against each other; only their ratios count. */
  readonly axisRatios: Vec3;
  /** Unit vectors (x, y, z) of the three axes. */
  readonly rotation: readonly [Vec3, Vec3, Vec3];
}

export interface Ellipsoid extends EllipsoidShape {
  /** Voxels along an edge of the patch. */
  readonly size: number;
  readonly spacingMm: number;
  /** Of the ball with the volume above half maximum, as it will be measured. */
  readonly diameterMm: number;
  /** Mean over that volume, as it will be measured. */
  readonly meanHu: number;
  /** Where the constant ground begins; as in isolated patches by default. */
  readonly margin?: SoftMargin;
}

/** Axes shorter than this part of the longest are not drawn. */
const LEAST_RATIO = 0.4;
/** The highest level above parenchyma that a patch can hold. */
const MOST = WINDOW_HIGH_HU - PARENCHYMA_HU;
/** A nodule is no fainter than this (HU above parenchyma), and no brighter than the window but for its edge. */
const FAINTEST = 110;
const BRIGHTEST = 0.97 * MOST;
/** Part of the radius within which the brightest 35 % of a ball lie: their border is the level that is halved. */
const LEVEL_RADIUS = cbrt(0.35);
/** Parts of the radius that the mean is summed over. */
const SHELLS = 400;

/** Axis ratios as varied as those of real nodules, turned any way. */
export function randomEllipsoid(random: Random): EllipsoidShape {
  const ratio = (): number => LEAST_RATIO + (1 - LEAST_RATIO) * random.uniform();
  return { axisRatios: [1, ratio(), ratio()], rotation: randomRotation(random) };
}

/** @returns size³ values in [0, 1] (HU [-1000, 400]), x fastest, the ellipsoid in the middle */
export function gaussianEllipsoid({
  size,
  spacingMm,
  diameterMm,
  meanHu,
  axisRatios: [p, q, r],
  rotation,
  margin = SOFT_MARGIN,
}: Ellipsoid): Float32Array {
  const { peak, fall } = profileOf(min(BRIGHTEST, max(FAINTEST, meanHu - PARENCHYMA_HU)));
  const mean = cbrt(p * q * r);
  const radius = diameterMm / 2 / spacingMm;
  const [a, b, c] = [p, q, r].map((ratio) => (radius * ratio) / mean) as [number, number, number];
  const [u, v, w] = rotation;
  const fade = frameFade(size);
  const values = new Float32Array(size ** 3).fill(windowHu(PARENCHYMA_HU));
  const middle = (size - 1) / 2;
  for (let k = 0, at = 0; k < size; k++)
    for (let j = 0; j < size; j++) {
      const [y, z] = [j - middle, k - middle];
      const frame = fade[j]! * fade[k]!;
      for (let i = 0; i < size; i++, at++) {
        const x = i - middle;
        // 1 on the surface at half maximum.
        const rho = hypot(
          (u[0] * x + u[1] * y + u[2] * z) / a,
          (v[0] * x + v[1] * y + v[2] * z) / b,
          (w[0] * x + w[1] * y + w[2] * z) / c,
        );
        // Beyond the surface, on the way from the middle.
        const beyondMm = rho > 1 ? (1 - 1 / rho) * hypot(x, y, z) * spacingMm : 0;
        if (beyondMm >= margin.rimMm) continue;
        const share = (1 - smoothstep(margin.fullMm, margin.rimMm, beyondMm)) * frame * fade[i]!;
        if (share > 0)
          values[at] = windowHu(PARENCHYMA_HU + share * min(MOST, peak * exp(-fall * rho * rho)));
      }
    }
  return values;
}

/**
 * The profile min(window, peak · exp(−fall · ρ²)) above parenchyma whose half maximum, as insertion/patchShape.ts finds
 * it, lies at ρ = 1, and whose mean within is `mean` (HU above parenchyma). Half maximum there is half of the level that
 * 35 % of the nodule exceed; in a Gaussian that lies higher up the flank than half of the peak. The brighter the nodule,
 * the more the window cuts off, and the steeper is its edge.
 */
function profileOf(mean: number): { readonly peak: number; readonly fall: number } {
  let [low, high] = [mean, 1e6];
  for (let round = 0; round < 60; round++) {
    const peak = sqrt(low * high);
    if (meanWithin(peak, fallOf(peak)) < mean) low = peak;
    else high = peak;
  }
  return { peak: high, fall: fallOf(high) };
}

function fallOf(peak: number): number {
  const fall = LN2 / (1 - LEVEL_RADIUS ** 2);
  return peak * exp(-fall * LEVEL_RADIUS ** 2) <= MOST ? fall : log((2 * peak) / MOST);
}

function meanWithin(peak: number, fall: number): number {
  let sum = 0;
  for (let shell = 0; shell < SHELLS; shell++) {
    const rho = (shell + 0.5) / SHELLS;
    sum += 3 * rho * rho * min(MOST, peak * exp(-fall * rho * rho));
  }
  return sum / SHELLS;
}

/** Uniform among all rotations: of a random unit quaternion (K. Shoemake, Graphics Gems III, 1992). */
function randomRotation(random: Random): [Vec3, Vec3, Vec3] {
  const four = [random.gaussian(), random.gaussian(), random.gaussian(), random.gaussian()];
  const norm = hypot(...four);
  const [s, x, y, z] = four.map((part) => part / norm) as [number, number, number, number];
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - s * z), 2 * (x * z + s * y)],
    [2 * (x * y + s * z), 1 - 2 * (x * x + z * z), 2 * (y * z - s * x)],
    [2 * (x * z - s * y), 2 * (y * z + s * x), 1 - 2 * (x * x + y * y)],
  ];
}
