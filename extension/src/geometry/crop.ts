/** A box around a point, as the six planes that cut away what lies outside it. */
import type { PointLps } from '@nodulelab/contract';

/** What lies on the side that the normal points to stays. */
export interface CutPlane {
  readonly origin: PointLps;
  readonly normal: PointLps;
}

/** @param half from the point to each side of the box, mm */
export const cutPlanes = (centre: PointLps, half: number): readonly CutPlane[] =>
  [0, 1, 2].flatMap((axis) =>
    [-1, 1].map((side) => ({
      origin: centre.map((at, n) => (n === axis ? at + side * half : at)) as PointLps,
      normal: [0, 1, 2].map((n) => (n === axis ? -side || 0 : 0)) as PointLps,
    })),
  );

const LEAST_HALF_MM = 22;

/** A nodule with as much around it as it needs to be placed by eye: its vessels, the pleura. */
export const halfAround = (diameterMm: number): number => Math.max(LEAST_HALF_MM, diameterMm * 1.2);
