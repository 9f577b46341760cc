/**
 * What a plane shows of a reader's outlines. Readers draw closed outlines on the slices of the CT; on the slice itself
 * the outline is seen whole, and any other plane cuts each outline in points, which joined up give the silhouette of
 * the drawn body in that plane.
 */
import type { Contour, PointLps } from '@nodulelab/contract';
import { add, cross, dot, length, normalise, scale, subtract } from './vector.ts';

export interface Plane {
  /** Any point of the plane, LPS mm. */
  readonly point: PointLps;
  /** Unit normal. */
  readonly normal: PointLps;
}

export interface Outline {
  /** Closed polygon, LPS mm, in the plane. */
  readonly points: readonly PointLps[];
  /** False for a hole. */
  readonly inclusion: boolean;
}

const PARALLEL = 0.999;

/** The normal of the slices that the outlines lie on, or null when they are too small to tell. */
export function sliceNormal(contours: readonly Contour[]): PointLps | null {
  for (const { points } of contours) {
    const first = points[0];
    if (!first) continue;
    let best: PointLps = [0, 0, 0];
    for (let n = 2; n < points.length; n++) {
      const normal = cross(subtract(points[n - 1]!, first), subtract(points[n]!, first));
      if (length(normal) > length(best)) best = normal;
    }
    if (length(best) > 1e-6) return normalise(best);
  }
  return null;
}

/** The outermost two points in which a closed outline meets the plane, ordered along `along`. */
function crossings(points: readonly PointLps[], plane: Plane, along: PointLps): [PointLps, PointLps] | null {
  const hits: PointLps[] = [];
  for (let n = 0; n < points.length; n++) {
    const a = points[n]!;
    const b = points[(n + 1) % points.length]!;
    const heightA = dot(subtract(a, plane.point), plane.normal);
    const heightB = dot(subtract(b, plane.point), plane.normal);
    if (heightA > 0 === heightB > 0) continue;
    hits.push(add(a, scale(subtract(b, a), heightA / (heightA - heightB))));
  }
  if (hits.length < 2) return null;
  hits.sort((a, b) => dot(a, along) - dot(b, along));
  return [hits[0]!, hits[hits.length - 1]!];
}

/** Runs of neighbouring slices: readers' outlines of one lesion have no gaps wider than a slice. */
function silhouettes(
  contours: readonly Contour[],
  plane: Plane,
  normal: PointLps,
  spacing: number,
): Outline[] {
  const along = cross(normal, plane.normal);
  const cuts = contours
    .filter((contour) => contour.inclusion && contour.points.length > 2)
    .flatMap((contour) => {
      const ends = crossings(contour.points, plane, along);
      return ends ? [{ height: dot(contour.points[0]!, normal), ends }] : [];
    })
    .sort((a, b) => a.height - b.height);
  const outlines: Outline[] = [];
  let run: typeof cuts = [];
  const close = (): void => {
    const first = run[0];
    const last = run[run.length - 1];
    if (!first || !last) return;
    // An outline stands for the thickness of its slice, half of it on either side.
    const down = scale(normal, -spacing / 2);
    const up = scale(normal, spacing / 2);
    outlines.push({
      inclusion: true,
      points: [
        add(first.ends[0], down),
        ...run.map((cut) => cut.ends[0]),
        add(last.ends[0], up),
        add(last.ends[1], up),
        ...run.map((cut) => cut.ends[1]).reverse(),
        add(first.ends[1], down),
      ],
    });
    run = [];
  };
  for (const cut of cuts) {
    const last = run[run.length - 1];
    if (last && cut.height - last.height > spacing * 1.5) close();
    run.push(cut);
  }
  close();
  return outlines;
}

/**
 * @param contours one reader's outlines of one lesion
 * @param plane what the viewport shows
 * @param spacing distance between the slices that the readers drew on, mm
 */
export function outlinesOnPlane(contours: readonly Contour[], plane: Plane, spacing: number): Outline[] {
  const normal = sliceNormal(contours);
  if (!normal) return [];
  if (Math.abs(dot(normal, plane.normal)) < PARALLEL) return silhouettes(contours, plane, normal, spacing);
  const height = (contour: Contour): number =>
    Math.abs(dot(subtract(contour.points[0]!, plane.point), plane.normal));
  const nearest = Math.min(...contours.map(height));
  if (nearest > spacing / 2 + 1e-3) return [];
  return contours
    .filter((contour) => height(contour) <= nearest + 1e-3 && contour.points.length > 1)
    .map(({ points, inclusion }) => ({ points, inclusion }));
}

/** Radius of the circle in which the plane cuts a ball, mm; null where it misses it. */
export function ballOnPlane(centre: PointLps, diameterMm: number, plane: Plane): number | null {
  const height = dot(subtract(centre, plane.point), plane.normal);
  const squared = (diameterMm / 2) ** 2 - height ** 2;
  return squared > 0 ? Math.sqrt(squared) : null;
}
