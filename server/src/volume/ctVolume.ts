/**
 * A CT volume in Hounsfield units with its place in the patient.
 *
 * Axes: voxel index (i, j, k) = (column, row, slice); `data` is stored with i fastest, then j, then k:
 * `data[i + size[0] * (j + size[1] * k)]`. Slices are ordered along the slice normal (cross product of the row and
 * column direction), so k grows with the projected ImagePositionPatient (PS3.3 C.7.6.2.1.1).
 */
export type Vec3 = readonly [number, number, number];

/** Affine map of voxel indices to patient coordinates in LPS mm: `origin + i*spacing[0]*direction[0] + …`. */
export interface VolumeGeometry {
  /** Number of voxels along i, j, k. */
  readonly size: Vec3;
  /** Distance between voxel centres along i, j, k, in mm. */
  readonly spacing: Vec3;
  /** Centre of voxel (0, 0, 0), LPS mm. */
  readonly origin: Vec3;
  /** Unit vectors of the i, j and k axes in LPS. */
  readonly direction: readonly [Vec3, Vec3, Vec3];
}

export interface CtVolume extends VolumeGeometry {
  /** HU, length size[0]*size[1]*size[2], i fastest. */
  readonly data: Int16Array;
  /** Thickness of the slices, mm, where the source says that they overlap: it is more than their distance then. */
  readonly sliceThicknessMm?: number;
}

/** Anything sampled on a volume grid in floating point (patches, masks, alpha). Same order as {@link CtVolume}. */
export interface ScalarVolume extends VolumeGeometry {
  readonly data: Float32Array;
}

/** A half-open box of voxel indices: `min` is inside, `max` is the first index outside. */
export interface IndexBox {
  readonly min: Vec3;
  readonly max: Vec3;
}

/** Patient point (LPS mm) of a (possibly fractional) voxel index. */
export function indexToWorld(geometry: VolumeGeometry, index: Vec3): Vec3 {
  const { origin, spacing, direction } = geometry;
  const at = (axis: 0 | 1 | 2): number =>
    origin[axis] +
    index[0] * spacing[0] * direction[0][axis] +
    index[1] * spacing[1] * direction[1][axis] +
    index[2] * spacing[2] * direction[2][axis];
  return [at(0), at(1), at(2)];
}

/** Fractional voxel index of a patient point (LPS mm). Directions are orthonormal, so the transpose is the inverse. */
export function worldToIndex(geometry: VolumeGeometry, point: Vec3): Vec3 {
  const { origin, spacing, direction } = geometry;
  const d: Vec3 = [point[0] - origin[0], point[1] - origin[1], point[2] - origin[2]];
  const along = (axis: 0 | 1 | 2): number =>
    (d[0] * direction[axis][0] + d[1] * direction[axis][1] + d[2] * direction[axis][2]) / spacing[axis];
  return [along(0), along(1), along(2)];
}

/** Number of voxels of a grid. */
export function voxelCount(geometry: Pick<VolumeGeometry, 'size'>): number {
  return geometry.size[0] * geometry.size[1] * geometry.size[2];
}

/** True where the (fractional) index lies within half a voxel of the grid. */
export function insideGrid(geometry: Pick<VolumeGeometry, 'size'>, index: Vec3): boolean {
  return ([0, 1, 2] as const).every(
    (axis) => index[axis] >= -0.5 && index[axis] <= geometry.size[axis] - 0.5,
  );
}
