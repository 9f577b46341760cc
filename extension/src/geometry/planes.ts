/** Where three planes meet: the point that three orthogonal views show together (the crosshair position). */
import type { PointLps } from '@nodulelab/contract';
import type { Plane } from './outline.ts';
import { add, cross, dot, scale } from './vector.ts';

/** The common point of three planes, or null when two of them are parallel. */
export function meetingPoint(planes: readonly Plane[]): PointLps | null {
  const [a, b, c] = planes;
  if (!a || !b || !c) return null;
  const determinant = dot(a.normal, cross(b.normal, c.normal));
  if (Math.abs(determinant) < 1e-3) return null;
  const terms = [
    scale(cross(b.normal, c.normal), dot(a.normal, a.point)),
    scale(cross(c.normal, a.normal), dot(b.normal, b.point)),
    scale(cross(a.normal, b.normal), dot(c.normal, c.point)),
  ] as const;
  return scale(add(add(terms[0], terms[1]), terms[2]), 1 / determinant);
}
