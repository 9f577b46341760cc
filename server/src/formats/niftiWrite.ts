/** Writes volumes as NIfTI-1 files in one part (nifti1.h), with the same place in the patient as sform and as qform. */
import { gzipSync } from 'node:zlib';
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { FIELD, HEADER_BYTES, LEAST_OFFSET, MAGIC, TYPE_CODES, UNIT_MM } from './niftiHeader.ts';
import type { ScalarImage } from './scalarImage.ts';

export interface NiftiOptions {
  /** Pack with gzip (`.nii.gz`). */
  readonly gzip?: boolean;
  /** At most 79 ASCII characters; never a patient's name. */
  readonly description?: string;
}

const LONGEST_AXIS = 32767;
const DESCRIPTION_BYTES = 79;
/** `qform_code`, `sform_code`: coordinates of the scanner (nifti1.h, NIFTI_XFORM_SCANNER_ANAT). */
const SCANNER = 1;

/**
 * The file's bytes: int16 for Int16Array, float32 for Float32Array, little endian, unscaled. LPS turns into NIfTI's RAS.
 * Geometry is rounded to float32, as the format has it; the same image gives the same bytes.
 */
export function encodeNifti(
  image: ScalarImage,
  { gzip = false, description = '' }: NiftiOptions = {},
): Uint8Array {
  const { size, data } = image;
  if (size.some((count) => count > LONGEST_AXIS) || data.length !== size[0] * size[1] * size[2])
    throw new NoduleLabError(
      'invalid-input',
      `A volume of ${size.join('×')} with ${data.length} voxels cannot be written as NIfTI: an axis holds at most ${LONGEST_AXIS}.`,
    );
  const type = data instanceof Int16Array ? 'int16' : 'float32';
  const bytes = new Uint8Array(LEAST_OFFSET + data.byteLength);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, HEADER_BYTES, true);
  [3, ...size, 1, 1, 1, 1].forEach((count, axis) => view.setInt16(FIELD.dim + 2 * axis, count, true));
  view.setInt16(FIELD.datatype, TYPE_CODES[type], true);
  view.setInt16(FIELD.bitpix, 8 * data.BYTES_PER_ELEMENT, true);
  view.setFloat32(FIELD.voxOffset, LEAST_OFFSET, true);
  view.setFloat32(FIELD.sclSlope, 1, true);
  view.setUint8(FIELD.xyztUnits, UNIT_MM);
  for (let at = 0; at < Math.min(description.length, DESCRIPTION_BYTES); at++)
    bytes[FIELD.description + at] = description.charCodeAt(at) & 0x7f;
  writePlace(view, image);
  view.setUint32(FIELD.magic, MAGIC, false);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), LEAST_OFFSET);
  return gzip ? gzipSync(bytes, { level: 1 }) : bytes;
}

function writePlace(view: DataView, { spacing, origin, direction }: VolumeGeometry): void {
  const ras = ([x, y, z]: Vec3): Vec3 => [x === 0 ? 0 : -x, y === 0 ? 0 : -y, z];
  const columns = [ras(direction[0]), ras(direction[1]), ras(direction[2])] as const;
  const at = ras(origin);
  view.setInt16(FIELD.sformCode, SCANNER, true);
  for (const row of [0, 1, 2] as const) {
    for (const axis of [0, 1, 2] as const)
      view.setFloat32(FIELD.sform + 16 * row + 4 * axis, columns[axis][row] * spacing[axis], true);
    view.setFloat32(FIELD.sform + 16 * row + 12, at[row], true);
  }
  const { quaternion, mirrored } = quaternionOf(columns);
  view.setInt16(FIELD.qformCode, SCANNER, true);
  view.setFloat32(FIELD.pixdim, mirrored ? -1 : 1, true);
  for (const axis of [0, 1, 2] as const) {
    view.setFloat32(FIELD.pixdim + 4 * (axis + 1), spacing[axis], true);
    view.setFloat32(FIELD.quaternion + 4 * axis, quaternion[axis], true);
    view.setFloat32(FIELD.qoffset + 4 * axis, at[axis], true);
  }
}

/**
 * (b, c, d) of the unit quaternion with a >= 0 that turns the unit axes into `columns`; where they are left-handed, the
 * third one is turned round first and `mirrored` says so (nifti1.h, qfac).
 */
function quaternionOf(columns: readonly [Vec3, Vec3, Vec3]): { quaternion: Vec3; mirrored: boolean } {
  const [u, v, third] = columns;
  const cross: Vec3 = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const mirrored = cross[0] * third[0] + cross[1] * third[1] + cross[2] * third[2] < 0;
  const w: Vec3 = mirrored ? [-third[0], -third[1], -third[2]] : third;
  // Four times the squares of a, b, c, d; the largest one is the safest divisor (Shepperd, 1978).
  const squares = [
    1 + u[0] + v[1] + w[2],
    1 + u[0] - v[1] - w[2],
    1 - u[0] + v[1] - w[2],
    1 - u[0] - v[1] + w[2],
  ];
  const largest = squares.indexOf(Math.max(...squares));
  const twice = Math.sqrt(Math.max(0, squares[largest] ?? 0));
  const [bc, bd, cd] = [v[0] + u[1], w[0] + u[2], w[1] + v[2]];
  const [ab, ac, ad] = [v[2] - w[1], w[0] - u[2], u[1] - v[0]];
  const rows = [
    [twice * twice, ab, ac, ad],
    [ab, twice * twice, bc, bd],
    [ac, bc, twice * twice, cd],
    [ad, bd, cd, twice * twice],
  ];
  const [a = 1, b = 0, c = 0, d = 0] = (rows[largest] ?? []).map((value) => value / (2 * twice));
  const sign = a < 0 ? -1 : 1;
  const part = (value: number): number => (value === 0 ? 0 : sign * value);
  return { quaternion: [part(b), part(c), part(d)], mirrored };
}
