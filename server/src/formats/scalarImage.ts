/** What every volume reader of this room returns, and the checks of its place in the patient. */
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import type { Fail } from './formatError.ts';

/** A scalar image in the file's own values (scale and intercept applied), i fastest, then j, then k. */
export interface ScalarImage extends VolumeGeometry {
  readonly data: Int16Array | Float32Array;
}

/** Cosine of the angle between two axes from which on a grid counts as sheared: the same as for DICOM slices. */
const SHEARED = 1e-3;
/** How far the length of a direction vector may be from 1: files write a few digits only. */
const UNIT_TOLERANCE = 1e-3;
const SPACING_MM = { least: 1e-3, most: 1e3 } as const;
/** Further from the scanner's centre than this lies no patient, mm. */
const FURTHEST_MM = 1e5;

/**
 * Geometry from the steps between voxels.
 *
 * @param steps from one voxel to the next along i, j and k: direction × spacing, LPS mm
 * @param origin centre of voxel (0, 0, 0), LPS mm
 */
export function geometryOfSteps(
  size: Vec3,
  steps: readonly [Vec3, Vec3, Vec3],
  origin: Vec3,
  fail: Fail,
): VolumeGeometry {
  const [a, b, c] = steps;
  const spacing: Vec3 = [Math.hypot(...a), Math.hypot(...b), Math.hypot(...c)];
  requireSpacing(spacing, fail);
  const direction = [scale(a, spacing[0]), scale(b, spacing[1]), scale(c, spacing[2])] as const;
  return checkedGeometry({ size, spacing, origin, direction }, fail);
}

/**
 * The geometry with direction vectors of length 1. Fails where the spacing is none in mm, or where the axes are not at
 * right angles: such a grid has no spacing along its axes, and masks and nodules would be put beside their place.
 */
export function checkedGeometry(geometry: VolumeGeometry, fail: Fail): VolumeGeometry {
  const { size, spacing, origin } = geometry;
  requireSpacing(spacing, fail);
  if (!origin.every((mm) => Math.abs(mm) <= FURTHEST_MM))
    throw fail(`its origin (${origin.join(', ')}) mm is no place in a scanner`);
  const [i, j, k] = geometry.direction;
  for (const vector of [i, j, k])
    if (!(Math.abs(Math.hypot(...vector) - 1) <= UNIT_TOLERANCE))
      throw fail(`its direction (${vector.join(', ')}) is not a vector of length 1`);
  const direction = [i, j, k].map((vector) => scale(vector, Math.hypot(...vector)));
  const [ui = i, uj = j, uk = k] = direction;
  for (const [names, u, v] of [
    ['i and j', ui, uj],
    ['i and k', ui, uk],
    ['j and k', uj, uk],
  ] as const) {
    const cosine = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
    if (Math.abs(cosine) <= SHEARED) continue;
    const degrees = (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI;
    throw fail(
      `its axes ${names} stand at ${degrees.toFixed(1)} degrees, not at right angles (a sheared grid, for example from gantry tilt)`,
      'Resample it onto a grid with right angles first',
    );
  }
  return { size, spacing, origin, direction: [ui, uj, uk] };
}

function requireSpacing(spacing: Vec3, fail: Fail): void {
  if (spacing.some((mm) => !(mm >= SPACING_MM.least && mm <= SPACING_MM.most)))
    throw fail(
      `its voxel spacing ${spacing.join(' × ')} mm is not between ${SPACING_MM.least} and ${SPACING_MM.most} mm`,
    );
}

/** Divided by `length`, without negative zeros. */
function scale(vector: Vec3, length: number): Vec3 {
  const part = (value: number): number => (value === 0 ? 0 : value / length);
  return [part(vector[0]), part(vector[1]), part(vector[2])];
}
