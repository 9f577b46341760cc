/**
 * Elastic deformation: a smooth displacement field, given by random displacements of the points of a coarse grid and
 * interpolated between them by cubic B-splines, as in free-form deformation (Rueckert et al. 1999).
 */
import type { Random } from '../../nn/random.ts';

/**
 * While every control point moves less than this share of the spacing along each axis, the deformation never folds:
 * neighbours stay neighbours and nothing tears (Choi and Lee 2000: the spacing divided by 2.4795 in three dimensions).
 */
export const MOST_DISPLACEMENT = 0.4;

/** Displacements at points² · points grid points, `spacing` voxels apart; the second one of each axis is at voxel 0. */
export interface ControlGrid {
  readonly spacing: number;
  /** Points per axis. */
  readonly points: number;
  /** (z, y, x) displacements in voxels, point by point, x fastest. */
  readonly displacements: Float64Array;
}

/** A grid over `size`³ voxels, each displacement uniform in ±`displacement` along each axis. */
export function drawControlGrid(
  random: Random,
  size: number,
  spacing: number,
  displacement: number,
): ControlGrid {
  const points = Math.floor((size - 1) / spacing) + 4;
  const displacements = new Float64Array(3 * points ** 3);
  for (let i = 0; i < displacements.length; i++) displacements[i] = displacement * (2 * random.uniform() - 1);
  return { spacing, points, displacements };
}

/** The four uniform cubic B-splines at `t` in [0, 1) between the second and the third control point. */
export function splineWeights(t: number): readonly [number, number, number, number] {
  const rest = 1 - t;
  return [
    rest ** 3 / 6,
    (3 * t ** 3 - 6 * t ** 2 + 4) / 6,
    (3 * rest ** 3 - 6 * rest ** 2 + 4) / 6,
    t ** 3 / 6,
  ];
}

/**
 * Blends the slabs `first` … `first` + 3 of `values` (each `target.length` long) by B-spline weights at `t`: one axis
 * of the interpolation.
 */
export function blendSlabs(values: Float64Array, first: number, t: number, target: Float64Array): void {
  const { length } = target;
  const [w0, w1, w2, w3] = splineWeights(t);
  const start = first * length;
  for (let i = 0, at = start; i < length; i++, at++)
    target[i] =
      w0 * values[at]! +
      w1 * values[at + length]! +
      w2 * values[at + 2 * length]! +
      w3 * values[at + 3 * length]!;
}
