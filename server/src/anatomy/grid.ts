/**
 * Working grids: anatomy is found on a coarser copy of the CT, which is faster and averages noise away.
 * A coarse voxel is the mean of a block of host voxels; every grid keeps its own affine, so that points stay in LPS mm.
 */
import type { CtVolume, IndexBox, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { indexToWorld } from '../volume/ctVolume.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { floor, max, min, round } = Math;

/** HU below which a voxel is padding outside the scanner's field of view (LIDC holds -2048 and -3024). */
const AIR_HU = -1000;

/** Host voxels to one along an axis: a block must be countable in a byte. */
const MOST = 6;

export interface CoarseCt extends VolumeGeometry {
  /** Mean HU of each block, never below -1000 (padding counts as air); i fastest. */
  readonly data: Int16Array;
  /** Host voxels per coarse voxel along i, j, k. */
  readonly factor: Vec3;
  /** First host voxel of coarse voxel (0, 0, 0). */
  readonly offset: Vec3;
}

/** Block-averages the CT so that each axis comes near its `targetMm`; axes that are coarser already stay as they are. */
export function coarsen(volume: CtVolume, targetMm: Vec3): CoarseCt {
  const factorOf = (axis: 0 | 1 | 2): number =>
    max(1, min(MOST, volume.size[axis], round(targetMm[axis] / volume.spacing[axis])));
  const factor: Vec3 = [factorOf(0), factorOf(1), factorOf(2)];
  const [fx, fy, fz] = factor;
  const [sx, sy] = volume.size;
  const size: Vec3 = [floor(sx / fx), floor(sy / fy), floor(volume.size[2] / fz)];
  const [nx, ny, nz] = size;
  const data = new Int16Array(nx * ny * nz);
  const row = new Int32Array(nx);
  const scale = 1 / (fx * fy * fz);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      row.fill(0);
      for (let dk = 0; dk < fz; dk++)
        for (let dj = 0; dj < fy; dj++) addRow(row, volume.data, sx * (j * fy + dj + sy * (k * fz + dk)), fx);
      const out = nx * (j + ny * k);
      for (let i = 0; i < nx; i++) data[out + i] = floor(row[i]! * scale + 0.5);
    }
  return {
    data,
    factor,
    offset: [0, 0, 0],
    size,
    spacing: [volume.spacing[0] * fx, volume.spacing[1] * fy, volume.spacing[2] * fz],
    origin: indexToWorld(volume, [(fx - 1) / 2, (fy - 1) / 2, (fz - 1) / 2]),
    direction: volume.direction,
  };
}

/** Adds to each of `row` its `fx` voxels, from `at` on. */
function addRow(row: Int32Array, data: Int16Array, at: number, fx: number): void {
  const count = row.length;
  // Two pixels to one is what almost every CT of 512 × 512 comes to.
  if (fx === 2)
    for (let i = 0; i < count; i++, at += 2) row[i]! += max(data[at]!, AIR_HU) + max(data[at + 1]!, AIR_HU);
  else
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let di = 0; di < fx; di++) sum += max(data[at++]!, AIR_HU);
      row[i]! += sum;
    }
}

/** The part of a coarse CT in a box of its own indices. */
export function cropCoarse(ct: CoarseCt, box: IndexBox): CoarseCt {
  const { min: low } = box;
  return {
    ...ct,
    data: cropGrid(ct.data, ct.size, box),
    size: sizeOf(box),
    origin: indexToWorld(ct, low),
    offset: [
      ct.offset[0] + low[0] * ct.factor[0],
      ct.offset[1] + low[1] * ct.factor[1],
      ct.offset[2] + low[2] * ct.factor[2],
    ],
  };
}

/** The values of a grid in a box of its indices. */
export function cropGrid<T extends Int16Array | Uint8Array>(data: T, size: Vec3, box: IndexBox): T {
  const [wx, wy, wz] = sizeOf(box);
  const part = data.slice(0, wx * wy * wz) as T;
  for (let k = 0; k < wz; k++)
    for (let j = 0; j < wy; j++) {
      const from = box.min[0] + size[0] * (box.min[1] + j + size[1] * (box.min[2] + k));
      part.set(data.subarray(from, from + wx), wx * (j + wy * k));
    }
  return part;
}

function sizeOf({ min: low, max: high }: IndexBox): Vec3 {
  return [high[0] - low[0], high[1] - low[1], high[2] - low[2]];
}
