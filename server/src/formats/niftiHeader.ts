/**
 * The header of a NIfTI-1 file in one part (`n+1`): size, type, scale, and place in the patient. Layout, quaternion and
 * affine follow the NIfTI-1 header definition (nifti1.h, methods 2 and 3).
 */
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import type { Fail } from './formatError.ts';
import { geometryOfSteps } from './scalarImage.ts';
import { bytesPerVoxel, voxelBytes } from './voxels.ts';
import type { VoxelType } from './voxels.ts';

export const HEADER_BYTES = 348;
/** The header and four bytes that say whether extensions follow. */
export const LEAST_OFFSET = 352;
/** "n+1" and a zero byte. */
export const MAGIC = 0x6e2b3100;
const NIFTI_2_HEADER_BYTES = 540;
/** Extensions longer than this are damage: they hold a few lines of text. */
const MOST_EXTENSION_BYTES = 2 ** 26;
export const TYPE_CODES = { int16: 4, float32: 16 } as const;

const TYPES: Readonly<Record<number, VoxelType>> = {
  2: 'uint8',
  4: 'int16',
  8: 'int32',
  16: 'float32',
  64: 'float64',
  256: 'int8',
  512: 'uint16',
  768: 'uint32',
};
/** Byte offsets of fields in the header. */
export const FIELD = {
  dim: 40,
  datatype: 70,
  bitpix: 72,
  pixdim: 76,
  voxOffset: 108,
  sclSlope: 112,
  sclInter: 116,
  xyztUnits: 123,
  description: 148,
  qformCode: 252,
  sformCode: 254,
  quaternion: 256,
  qoffset: 268,
  sform: 280,
  magic: 344,
} as const;
/** A squared real part of the quaternion under this counts as 0 (as in nifti1_io.c). */
const HALF_TURN = 1e-7;
/** `xyzt_units`: the low three bits name the unit of length. */
const UNITS: Readonly<Record<number, string>> = { 1: 'metres', 3: 'micrometres' };
export const UNIT_MM = 2;

export interface NiftiHeader {
  readonly geometry: VolumeGeometry;
  readonly type: VoxelType;
  readonly littleEndian: boolean;
  /** First byte of the voxels. */
  readonly voxelsAt: number;
  /** Bytes of the voxels. */
  readonly voxelBytes: number;
  /** Absent where the stored numbers are the values. */
  readonly scale?: { readonly slope: number; readonly intercept: number };
}

/** @param bytes the file from its beginning, at least as far as the header goes */
export function parseNiftiHeader(bytes: Uint8Array, fail: Fail): NiftiHeader {
  if (bytes.byteLength < HEADER_BYTES)
    throw fail(`it holds ${bytes.byteLength} bytes, a header needs ${HEADER_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getInt32(0, true) === HEADER_BYTES;
  if ([view.getInt32(0, true), view.getInt32(0, false)].includes(NIFTI_2_HEADER_BYTES))
    throw fail('it is NIfTI-2', 'Convert it to NIfTI-1');
  if (!littleEndian && view.getInt32(0, false) !== HEADER_BYTES) throw fail('it has no NIfTI-1 header');
  if (view.getUint32(FIELD.magic, false) !== MAGIC)
    throw fail('its magic is not "n+1" (header and voxels in one file)');
  const size = sizeOf(view, littleEndian, fail);

  const code = view.getInt16(FIELD.datatype, littleEndian);
  const type = TYPES[code];
  if (type === undefined)
    throw fail(
      `its voxel type ${code} is not supported`,
      'Save it as whole or floating-point numbers of one channel',
    );
  const bits = view.getInt16(FIELD.bitpix, littleEndian);
  if (bits !== 8 * bytesPerVoxel(type))
    throw fail(`it says ${bits} bits per voxel where its type ${type} has others`);
  const units = UNITS[view.getUint8(FIELD.xyztUnits) & 7];
  if (units !== undefined) throw fail(`its unit of length is ${units}`, 'Save it in mm');

  const voxelsAt = Math.max(view.getFloat32(FIELD.voxOffset, littleEndian), LEAST_OFFSET);
  if (!Number.isInteger(voxelsAt) || voxelsAt > MOST_EXTENSION_BYTES)
    throw fail(`its voxels are said to begin at byte ${voxelsAt}`);
  const geometry = lpsGeometry(view, littleEndian, size, fail);
  const scale = scaleOf(view, littleEndian, fail);
  return {
    geometry,
    type,
    littleEndian,
    voxelsAt,
    voxelBytes: voxelBytes(size, type, fail),
    ...(scale === undefined ? {} : { scale }),
  };
}

function sizeOf(view: DataView, little: boolean, fail: Fail): Vec3 {
  const dim = (axis: number): number => view.getInt16(FIELD.dim + 2 * axis, little);
  const rank = dim(0);
  const extra = [4, 5, 6, 7].slice(0, Math.max(0, rank - 3)).map(dim);
  if (rank < 3 || rank > 7 || extra.some((count) => count > 1))
    throw fail('it is not a three-dimensional image', 'Save one volume per file');
  return [dim(1), dim(2), dim(3)];
}

/** A slope of 0 or one that is no number means: none (nifti1.h, "scl_slope"). */
function scaleOf(view: DataView, little: boolean, fail: Fail): NiftiHeader['scale'] {
  const slope = view.getFloat32(FIELD.sclSlope, little);
  const intercept = view.getFloat32(FIELD.sclInter, little);
  if (!Number.isFinite(slope) || slope === 0) return undefined;
  if (!Number.isFinite(intercept)) throw fail(`its slope is ${slope}, but its intercept ${intercept}`);
  return slope === 1 && intercept === 0 ? undefined : { slope, intercept };
}

/** NIfTI world axes are RAS: x and y change sign on the way to LPS. */
function lpsGeometry(view: DataView, little: boolean, size: Vec3, fail: Fail): VolumeGeometry {
  const float = (at: number): number => view.getFloat32(at, little);
  const lps = (x: number, y: number, z: number): Vec3 => [x === 0 ? 0 : -x, y === 0 ? 0 : -y, z];
  if (view.getInt16(FIELD.sformCode, little) > 0) {
    const column = (axis: number): Vec3 => {
      const at = FIELD.sform + 4 * axis;
      return lps(float(at), float(at + 16), float(at + 32));
    };
    return geometryOfSteps(size, [column(0), column(1), column(2)], column(3), fail);
  }
  if (view.getInt16(FIELD.qformCode, little) <= 0)
    throw fail(
      'it has neither qform nor sform, so its place in the patient is unknown',
      'Export it with its geometry',
    );
  const quaternion = [0, 4, 8].map((at) => float(FIELD.quaternion + at));
  const rest = 1 - quaternion.reduce((sum, part) => sum + part * part, 0);
  // Half a turn: the rest is nothing but the rounding of float32, whose root would turn the image by a hundredth of a degree.
  const halfTurn = rest < HALF_TURN;
  const a = halfTurn ? 0 : Math.sqrt(rest);
  const unit = quaternion.map((part) => (halfTurn ? part / Math.sqrt(1 - rest) : part));
  const [b = 0, c = 0, d = 0] = unit;
  const [dx, dy, dz] = [4, 8, 12].map((at) => float(FIELD.pixdim + at)) as [number, number, number];
  const flip = float(FIELD.pixdim) < 0 ? -1 : 1;
  const along = (mm: number, x: number, y: number, z: number): Vec3 => lps(mm * x, mm * y, mm * z);
  const steps = [
    along(dx, a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)),
    along(dy, 2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)),
    along(dz * flip, 2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c),
  ] as const;
  const origin = lps(float(FIELD.qoffset), float(FIELD.qoffset + 4), float(FIELD.qoffset + 8));
  return geometryOfSteps(size, [steps[0], steps[1], steps[2]], origin, fail);
}
