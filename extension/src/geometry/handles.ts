/** The handles of a nodule's ring on the screen: what is under the pointer, and what a pull on it means. */
import type { PointLps } from '@nodulelab/contract';
import { type Axis } from './pose.ts';
import { cross, dot } from './vector.ts';

export type Handle = 'move' | 'size' | 'turn';
/** CSS pixels of the viewport. */
export type Pixel = readonly [x: number, y: number];

/** A ring as it is drawn. */
export interface RingOnScreen {
  readonly centre: Pixel;
  readonly radius: number;
  /** Of the handle that turns. */
  readonly knob: Pixel;
}

/** From the ring to the middle of its knob, pixels. */
export const KNOB_AWAY = 20;
/** A pointer is no finer than this. */
const KNOB_REACH = 9;
export const RIM_REACH = 6;
/** Of a small ring most is left to be taken hold of. */
const INSIDE_LEAST = 0.6;

const { abs, hypot, max } = Math;

const apart = (a: Pixel, b: Pixel): number => hypot(a[0] - b[0], a[1] - b[1]);

/** Within this many pixels of its centre a ring is moved. */
export const insideOf = (radius: number): number => max(radius - RIM_REACH, radius * INSIDE_LEAST);
/** Up to here it is pulled. */
export const rimOf = (radius: number): number => radius + RIM_REACH;

export function handleAt({ centre, radius, knob }: RingOnScreen, at: Pixel): Handle | null {
  if (apart(knob, at) <= KNOB_REACH) return 'turn';
  const away = apart(centre, at);
  if (away < insideOf(radius)) return 'move';
  return away <= rimOf(radius) ? 'size' : null;
}

/**
 * The diameter of a ball whose edge was pulled in a plane that need not go through its middle, mm.
 *
 * @param heightMm from the middle of the ball to the plane
 * @param pulledMm away from the middle, less than none towards it
 */
export function pulledDiameter(diameterMm: number, heightMm: number, pulledMm: number): number {
  const inPlane = Math.sqrt(max(0, (diameterMm / 2) ** 2 - heightMm ** 2));
  return 2 * hypot(max(0, inPlane + pulledMm), heightMm);
}

/** The patient's axis that a plane is looked at along. */
export function axisAlong(normal: PointLps): Axis {
  const [l, p, s] = normal.map(abs) as PointLps;
  return s >= l && s >= p ? 2 : p >= l ? 1 : 0;
}

/** By how much a vector was turned about an axis, degrees from -180 to 180. */
export function angleBetween(from: PointLps, to: PointLps, axis: Axis): number {
  const about: PointLps = [0, 0, 0];
  about[axis] = 1;
  const flat = (vector: PointLps): PointLps =>
    vector.map((value, along) => (along === axis ? 0 : value)) as PointLps;
  const [a, b] = [flat(from), flat(to)];
  return (Math.atan2(dot(about, cross(a, b)), dot(a, b)) * 180) / Math.PI;
}
