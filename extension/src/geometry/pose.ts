/** How a nodule lies in the patient, and what carries it from one such pose to another. */
import type { PointLps } from '@nodulelab/contract';
import { add, dot, scale, subtract } from './vector.ts';

export interface Pose {
  readonly place: PointLps;
  readonly diameterMm: number;
  /** Turns about the L, P and S axes, degrees, applied in this order. */
  readonly turnDeg: PointLps;
}

/** Rows. */
export type Matrix = readonly [PointLps, PointLps, PointLps];
export type Axis = 0 | 1 | 2;

const { abs, asin, atan2, cos, max, min, PI, round, sin } = Math;

export const applied = (matrix: Matrix, vector: PointLps): PointLps =>
  matrix.map((row) => dot(row, vector)) as PointLps;
const transposed = (matrix: Matrix): Matrix =>
  ([0, 1, 2] as const).map((column) => matrix.map((row) => row[column])) as unknown as Matrix;
const product = (a: Matrix, b: Matrix): Matrix => {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => dot(row, column))) as unknown as Matrix;
};

/** A turn about one of the patient's axes. */
export function turnAbout(axis: Axis, degrees: number): Matrix {
  const angle = (degrees * PI) / 180;
  const [u, v] = [((axis + 1) % 3) as Axis, ((axis + 2) % 3) as Axis];
  const rows: [number, number, number][] = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  rows[axis]![axis] = 1;
  rows[u]![u] = rows[v]![v] = cos(angle);
  rows[u]![v] = -sin(angle);
  rows[v]![u] = sin(angle);
  return rows as unknown as Matrix;
}

/** About L first, S last: as the server turns a patch. */
export const turnOf = (turnDeg: PointLps): Matrix =>
  product(turnAbout(2, turnDeg[2]), product(turnAbout(1, turnDeg[1]), turnAbout(0, turnDeg[0])));

/** To whole degrees from -180 (not itself) to 180. */
export const wholeTurn = (degrees: number): number => {
  const turned = ((round(degrees) % 360) + 360) % 360;
  return turned > 180 ? turned - 360 : turned;
};

/** The three turns that are the given ones followed by one more about an axis, in whole degrees. */
export function turnedFurther(turnDeg: PointLps, axis: Axis, degrees: number): PointLps {
  // The last of the three only adds up, and so does any where the others are none; no other numbers are shown then.
  if (axis === 2 || turnDeg.every((angle, about) => about === axis || angle === 0))
    return turnDeg.map((angle, about) => wholeTurn(about === axis ? angle + degrees : angle)) as PointLps;
  return turnsOf(product(turnAbout(axis, degrees), turnOf(turnDeg))).map(wholeTurn) as PointLps;
}

/** Near a quarter turn about P the other two are one and the same. */
const LOCKED = 0.99999;

function turnsOf([first, second, third]: Matrix): PointLps {
  const locked = abs(third[0]) > LOCKED;
  const angles = [
    locked ? 0 : atan2(third[1], third[2]),
    asin(max(-1, min(1, -third[0]))),
    locked ? atan2(-first[1], second[1]) : atan2(second[0], first[0]),
  ];
  return angles.map((angle) => (angle * 180) / PI) as PointLps;
}

/** Where a point of the nodule in one pose lies when the nodule has the other pose. */
export function carrying(from: Pose, to: Pose): (point: PointLps) => PointLps {
  const matrix = product(turnOf(to.turnDeg), transposed(turnOf(from.turnDeg)));
  const factor = to.diameterMm / from.diameterMm;
  return (point) => add(to.place, scale(applied(matrix, subtract(point, from.place)), factor));
}

export const samePose = (a: Pose, b: Pose): boolean =>
  a.diameterMm === b.diameterMm &&
  a.place.every((value, axis) => value === b.place[axis]) &&
  a.turnDeg.every((value, axis) => value === b.turnDeg[axis]);
