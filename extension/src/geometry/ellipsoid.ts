/** An ellipsoid along the patient's axes, and what a plane shows of it. */
import type { PointLps } from '@nodulelab/contract';
import type { Plane } from './outline.ts';
import { cross, dot, length, normalise, scale, subtract } from './vector.ts';

export interface Ellipsoid {
  readonly centre: PointLps;
  /** Along L, P and S. */
  readonly diametersMm: PointLps;
}

/** What is taken hold of: the centre, or the rim along one of the axes. */
export type EllipsoidHandle = 'centre' | 0 | 1 | 2;

export interface EllipsoidCut {
  /** Closed polygon, LPS mm, in the plane. */
  readonly outline: readonly PointLps[];
  readonly handles: readonly { readonly handle: EllipsoidHandle; readonly at: PointLps }[];
}

const CORNERS = 72;
/** Farther from the middle than this share of the way, a rim says little about the diameter: no handle. */
const HANDLES_WITHIN = 0.8;
/** Of a direction and the normal: at most this is "in the plane". */
const IN_PLANE = 0.1;

/** The ellipsoid is a ball of radius 1 where each axis is measured in radii. */
function circleOf({ centre, diametersMm }: Ellipsoid, plane: Plane) {
  const radii = scale(diametersMm, 0.5);
  const stretched = plane.normal.map((value, axis) => value * radii[axis]!) as PointLps;
  const normal = normalise(stretched);
  const height = dot(plane.normal, subtract(plane.point, centre)) / length(stretched);
  const back = ([x, y, z]: PointLps): PointLps => [
    centre[0] + radii[0] * x,
    centre[1] + radii[1] * y,
    centre[2] + radii[2] * z,
  ];
  return { normal, height, radius: Math.sqrt(Math.max(0, 1 - height * height)), back };
}

/** @returns null where the plane misses it */
export function ellipsoidOnPlane(ellipsoid: Ellipsoid, plane: Plane): EllipsoidCut | null {
  const { normal, height, radius, back } = circleOf(ellipsoid, plane);
  if (Math.abs(height) >= 1) return null;
  const middle = scale(normal, height);
  // Any direction that is not the normal's own.
  const least = [0, 1, 2].reduce((a, b) => (Math.abs(normal[a]!) <= Math.abs(normal[b]!) ? a : b));
  const u = normalise(cross(normal, [0, 1, 2].map((axis) => (axis === least ? 1 : 0)) as PointLps));
  const v = cross(normal, u);
  const at = (angle: number): PointLps =>
    back(
      middle.map(
        (value, axis) => value + radius * (Math.cos(angle) * u[axis]! + Math.sin(angle) * v[axis]!),
      ) as PointLps,
    );
  const outline = Array.from({ length: CORNERS }, (_, n) => at((2 * Math.PI * n) / CORNERS));
  const handles: { handle: EllipsoidHandle; at: PointLps }[] = [];
  if (Math.abs(height) <= HANDLES_WITHIN) {
    handles.push({ handle: 'centre', at: back(middle) });
    for (const axis of [0, 1, 2] as const) {
      if (Math.abs(plane.normal[axis]) > IN_PLANE) continue;
      for (const side of [1, -1])
        handles.push({
          handle: axis,
          at: back(middle.map((value, n) => value + (n === axis ? side * radius : 0)) as PointLps),
        });
    }
  }
  return { outline, handles };
}

/** The diameter along an axis with which the rim in this plane runs through a point beside the centre. */
export function diameterThrough(
  ellipsoid: Ellipsoid,
  axis: 0 | 1 | 2,
  point: PointLps,
  plane: Plane,
): number {
  const { radius } = circleOf(ellipsoid, plane);
  return (2 * Math.abs(point[axis] - ellipsoid.centre[axis])) / Math.max(radius, 0.1);
}

export const volumeOf = ({ diametersMm: [a, b, c] }: Ellipsoid): number => (Math.PI / 6) * a * b * c;
