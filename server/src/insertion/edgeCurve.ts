/**
 * The border of a nodule as a curve: mean HU against the signed distance to its half-maximum border, in the plane.
 *
 * Real and inserted nodules are measured in the same way: half-maximum region, border points between pixels, and of
 * those only the ones that look out on aerated lung, since vessel and chest wall have no edge to compare. The width is
 * that of the Gaussian-blurred step (edge spread function) nearest to the curve; E. Samei, M. Flynn, D. Reimann, "A
 * method for measuring the presampled MTF", Medical Physics 25, 1998, measures edges likewise.
 */
import type { IndexBox } from '../volume/ctVolume.ts';
import { borderPoints, type BorderPoint } from './borderPoints.ts';
import { normalCdf } from './gaussianEdge.ts';
import type { Image } from './noisePower.ts';
import { halfMaximumRegion } from './halfMaximum.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, hypot } = Math;

export interface EdgeCurve {
  /** Middles of the steps of distance, mm; negative inside the nodule. */
  readonly distanceMm: readonly number[];
  /** Mean HU at each distance; NaN where there is no pixel. */
  readonly meanHu: readonly number[];
  readonly pixels: readonly number[];
  /** How fast the HU fall across the border: slope of the least-squares line within 0.75 mm of it, HU/mm, positive. */
  readonly gradientHuPerMm: number;
  /** Sigma of the Gaussian-blurred step that fits the curve best, mm. */
  readonly sigmaMm: number;
  /** Levels of that step: nodule and lung. */
  readonly insideHu: number;
  readonly outsideHu: number;
  /** Share of the border that looks out on lung. */
  readonly freeShare: number;
}

const STEP_MM = 0.25;
const INSIDE_MM = 4;
const OUTSIDE_MM = 5;
const NEAR_MM = 0.75;
const FIT_MM = 2.5;
const LEAST_PIXELS = 12;

/**
 * @param box in voxels of the image; `mask` (over the box, i fastest) says where the nodule is, as a reader outlined it
 *   or as an insertion's footprint has it: the border itself is found again at half maximum
 * @returns null where the nodule does not stand out from lung, or no part of its border looks out on lung
 */
export function edgeCurve(image: Image, box: IndexBox, mask: Uint8Array): EdgeCurve | null {
  const region = halfMaximumRegion(image, box, mask);
  if (region === null) return null;
  const points = borderPoints(image, region);
  const free = points.filter((point) => point.free);
  const pixels = distances(image, region.box, region.mask, points);
  const near = pixels.filter(({ mm }) => abs(mm) <= NEAR_MM);
  if (near.length < LEAST_PIXELS) return null;
  const steps = floor((INSIDE_MM + OUTSIDE_MM) / STEP_MM);
  const sums = new Float64Array(steps);
  const counts = new Array<number>(steps).fill(0);
  for (const { mm, hu } of pixels) {
    const step = floor((mm + INSIDE_MM) / STEP_MM);
    if (step < 0 || step >= steps) continue;
    sums[step]! += hu;
    counts[step]!++;
  }
  return {
    distanceMm: counts.map((_, step) => (step + 0.5) * STEP_MM - INSIDE_MM),
    meanHu: counts.map((count, step) => sums[step]! / count),
    pixels: counts,
    gradientHuPerMm: -slope(near),
    ...fitStep(pixels.filter(({ mm }) => abs(mm) <= FIT_MM)),
    freeShare: free.length / points.length,
  };
}

interface EdgePixel {
  /** Signed distance to the border, mm; negative inside. */
  readonly mm: number;
  readonly hu: number;
}

/** The pixels whose nearest border point looks out on lung. */
function distances(
  image: Image,
  box: IndexBox,
  inside: Uint8Array,
  points: readonly BorderPoint[],
): EdgePixel[] {
  const [dx, dy] = image.spacing;
  const [nx, ny] = image.size;
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  const bySlice = Map.groupBy(points, ({ k }) => k);
  const pixels: EdgePixel[] = [];
  for (const [k, border] of bySlice)
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++) {
        let nearest: BorderPoint | null = null;
        let best = OUTSIDE_MM;
        for (const point of border) {
          const away = hypot((box.min[0] + i - point.i) * dx, (box.min[1] + j - point.j) * dy);
          if (away >= best) continue;
          best = away;
          nearest = point;
        }
        if (nearest === null || !nearest.free) continue;
        const isInside = inside[i + width * (j + height * (k - box.min[2]))] !== 0;
        const hu = image.data[box.min[0] + i + nx * (box.min[1] + j + ny * k)]!;
        pixels.push({ mm: isInside ? -best : best, hu });
      }
  return pixels;
}

function slope(pixels: readonly EdgePixel[]): number {
  const meanMm = pixels.reduce((sum, { mm }) => sum + mm, 0) / pixels.length;
  const meanHu = pixels.reduce((sum, { hu }) => sum + hu, 0) / pixels.length;
  let together = 0;
  let squares = 0;
  for (const { mm, hu } of pixels) {
    together += (mm - meanMm) * (hu - meanHu);
    squares += (mm - meanMm) ** 2;
  }
  return squares === 0 ? 0 : together / squares;
}

/** The blurred step nearest to the pixels (least squares): levels in closed form, sigma by search. */
function fitStep(pixels: readonly EdgePixel[]): Pick<EdgeCurve, 'sigmaMm' | 'insideHu' | 'outsideHu'> {
  let best = { sigmaMm: NaN, insideHu: NaN, outsideHu: NaN };
  let least = Infinity;
  for (let sigmaMm = 0.2; sigmaMm <= 3; sigmaMm *= 1.04) {
    let [n, s, ss, h, sh, hh] = [0, 0, 0, 0, 0, 0];
    for (const { mm, hu } of pixels) {
      const share = 1 - normalCdf(mm / sigmaMm);
      n++;
      s += share;
      ss += share * share;
      h += hu;
      sh += share * hu;
      hh += hu * hu;
    }
    const determinant = n * ss - s * s;
    if (determinant <= 1e-9) continue;
    const contrast = (n * sh - s * h) / determinant;
    const outsideHu = (h - contrast * s) / n;
    const left = hh - outsideHu * h - contrast * sh;
    if (left >= least) continue;
    least = left;
    best = { sigmaMm, insideHu: outsideHu + contrast, outsideHu };
  }
  return best;
}
