/** Writes NIfTI-1 files for tests: int16 voxels, geometry in a quaternion or an affine. */
import { gzipSync } from 'node:zlib';
import type { Vec3 } from '../../server/src/volume/ctVolume.ts';

export interface NiftiContent {
  readonly size: Vec3;
  readonly spacing: Vec3;
  /** Centre of voxel (0, 0, 0) in the file's own RAS mm. */
  readonly rasOrigin: Vec3;
  readonly voxels: readonly number[] | Int16Array;
  /** Rotation as (b, c, d) of a unit quaternion; without it the file carries an affine along R, A and S. */
  readonly quaternion?: Vec3;
  readonly slope?: number;
  readonly intercept?: number;
}

export function niftiBytes(content: NiftiContent): Buffer {
  const { size, spacing, rasOrigin, voxels, quaternion } = content;
  const bytes = Buffer.alloc(352 + voxels.length * 2);
  bytes.writeInt32LE(348, 0);
  [3, ...size, 1, 1, 1, 1].forEach((count, at) => bytes.writeInt16LE(count, 40 + 2 * at));
  bytes.writeInt16LE(4, 70);
  bytes.writeInt16LE(16, 72);
  [1, ...spacing].forEach((mm, at) => bytes.writeFloatLE(mm, 76 + 4 * at));
  bytes.writeFloatLE(352, 108);
  bytes.writeFloatLE(content.slope ?? Number.NaN, 112);
  bytes.writeFloatLE(content.intercept ?? Number.NaN, 116);
  if (quaternion) {
    bytes.writeInt16LE(1, 252);
    [...quaternion, ...rasOrigin].forEach((value, at) => bytes.writeFloatLE(value, 256 + 4 * at));
  } else {
    bytes.writeInt16LE(1, 254);
    spacing.forEach((mm, axis) => {
      bytes.writeFloatLE(mm, 280 + 20 * axis);
      bytes.writeFloatLE(rasOrigin[axis] ?? 0, 292 + 16 * axis);
    });
  }
  bytes.write('n+1\0', 344, 'latin1');
  voxels.forEach((value, at) => bytes.writeInt16LE(value, 352 + 2 * at));
  return bytes;
}

export function gzippedNifti(content: NiftiContent): Buffer {
  return gzipSync(niftiBytes(content));
}
