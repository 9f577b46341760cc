/**
 * Working grids: anatomy is found on a coarser copy of the CT, which is faster and averages noise away.
 * A coarse voxel is the mean of a block of host voxels; every grid keeps its own affine, so that points stay in LPS mm.
 */
import type { CtVolume, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { indexToWorld } from '../volume/ctVolume.ts';

/** HU below which a voxel is padding outside the scanner's field of view (LIDC holds -2048 and -3024). */
const AIR_HU = -1000;

export interface CoarseCt extends VolumeGeometry {
  /** Mean HU of each block, never below -1000 (padding counts as air); i fastest. */
  readonly data: Int16Array;
  /** Host voxels per coarse voxel along i, j, k. */
  readonly factor: Vec3;
}

/** Block-averages the CT so that each axis comes near its `targetMm`; axes that are coarser already stay as they are. */
export function coarsen(volume: CtVolume, targetMm: Vec3): CoarseCt {
  const factorOf = (axis: 0 | 1 | 2): number =>
    Math.max(1, Math.min(volume.size[axis], Math.round(targetMm[axis] / volume.spacing[axis])));
  const factor: Vec3 = [factorOf(0), factorOf(1), factorOf(2)];
  const [fx, fy, fz] = factor;
  const [sx, sy] = volume.size;
  const size: Vec3 = [Math.floor(sx / fx), Math.floor(sy / fy), Math.floor(volume.size[2] / fz)];
  const [nx, ny, nz] = size;
  const data = new Int16Array(nx * ny * nz);
  const row = new Int32Array(nx);
  const scale = 1 / (fx * fy * fz);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      row.fill(0);
      for (let dk = 0; dk < fz; dk++)
        for (let dj = 0; dj < fy; dj++) {
          let at = sx * (j * fy + dj + sy * (k * fz + dk));
          for (let i = 0; i < nx; i++) {
            let sum = row[i]!;
            for (let di = 0; di < fx; di++) {
              const hu = volume.data[at++]!;
              sum += hu < AIR_HU ? AIR_HU : hu;
            }
            row[i] = sum;
          }
        }
      const out = nx * (j + ny * k);
      for (let i = 0; i < nx; i++) data[out + i] = Math.round(row[i]! * scale);
    }
  return {
    data,
    factor,
    size,
    spacing: [volume.spacing[0] * fx, volume.spacing[1] * fy, volume.spacing[2] * fz],
    origin: indexToWorld(volume, [(fx - 1) / 2, (fy - 1) / 2, (fz - 1) / 2]),
    direction: volume.direction,
  };
}
