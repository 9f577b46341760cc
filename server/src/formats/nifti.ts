/**
 * Reads NIfTI-1 files (`.nii`, `.nii.gz`) into volumes with LPS geometry.
 *
 * Own reader instead of `@itk-wasm/image-io`: ITK returns a file that was cut short as a complete image with a wrong
 * tail and no error (checked with version 1.6.1), and annotations must never be read that way. Layout and the
 * quaternion and affine transforms follow the NIfTI-1 header definition (nifti1.h, methods 2 and 3).
 */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { NoduleLabError } from '../volume/errors.ts';
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';

/** A scalar image in the file's own values (scale and intercept applied), i fastest, then j, then k. */
export interface NiftiImage extends VolumeGeometry {
  readonly data: Int16Array | Float32Array;
}

const HEADER_BYTES = 348;
const SUPPORTED_TYPES: Readonly<Record<number, { name: string; bytes: number }>> = {
  2: { name: 'uint8', bytes: 1 },
  4: { name: 'int16', bytes: 2 },
  8: { name: 'int32', bytes: 4 },
  16: { name: 'float32', bytes: 4 },
  64: { name: 'float64', bytes: 8 },
  256: { name: 'int8', bytes: 1 },
  512: { name: 'uint16', bytes: 2 },
};

/** Reads one file. Throws `not-found` or `invalid-input` naming the file. */
export async function readNifti(path: string): Promise<NiftiImage> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new NoduleLabError(
      'not-found',
      `Cannot read ${path}: check that the file is there.`,
      { path },
      cause,
    );
  }
  return parseNifti(bytes, path);
}

/** Parses the bytes of a `.nii` or `.nii.gz` file; `name` appears in errors. */
export function parseNifti(bytes: Uint8Array, name: string): NiftiImage {
  const raw = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(bytes, name) : bytes;
  if (raw.byteLength < HEADER_BYTES)
    throw invalid(name, `it holds ${raw.byteLength} bytes, a header needs 348`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const little = view.getInt32(0, true) === HEADER_BYTES;
  if (!little && view.getInt32(0, false) !== HEADER_BYTES) throw invalid(name, 'it has no NIfTI-1 header');
  if (view.getUint32(344, false) !== 0x6e2b3100)
    throw invalid(name, 'its magic is not "n+1" (header and voxels in one file)');

  const dims = [1, 2, 3, 4, 5, 6, 7].map((axis) => view.getInt16(40 + 2 * axis, little));
  const rank = view.getInt16(40, little);
  const extra = dims.slice(3, Math.max(3, rank));
  if (rank < 3 || rank > 7 || extra.some((n) => n > 1))
    throw invalid(name, 'it is not a three-dimensional image');
  const size: Vec3 = [dims[0] ?? 0, dims[1] ?? 0, dims[2] ?? 0];
  if (size.some((n) => n < 1)) throw invalid(name, `its size ${size.join('×')} is not positive`);

  const code = view.getInt16(70, little);
  const type = SUPPORTED_TYPES[code];
  if (type === undefined) throw invalid(name, `its voxel type ${code} is not supported`);
  const offset = Math.max(view.getFloat32(108, little), 352);
  const count = size[0] * size[1] * size[2];
  const needed = offset + count * type.bytes;
  if (!Number.isInteger(offset) || raw.byteLength < needed)
    throw invalid(name, `it is cut short: ${raw.byteLength} bytes where ${needed} are needed`);

  const slope = view.getFloat32(112, little);
  const intercept = view.getFloat32(116, little);
  const scaled = Number.isFinite(slope) && slope !== 0 && (slope !== 1 || intercept !== 0);
  const read = voxelReader(view, type.name, offset, type.bytes, little);
  const whole = !scaled && ['int16', 'uint8', 'int8'].includes(type.name);
  const data = whole ? new Int16Array(count) : new Float32Array(count);
  for (let index = 0; index < count; index++)
    data[index] = scaled ? read(index) * slope + (Number.isFinite(intercept) ? intercept : 0) : read(index);
  return { ...lpsGeometry(view, little, size, name), data };
}

function voxelReader(
  view: DataView,
  type: string,
  offset: number,
  bytes: number,
  little: boolean,
): (index: number) => number {
  const at = (index: number): number => offset + index * bytes;
  switch (type) {
    case 'uint8':
      return (index) => view.getUint8(at(index));
    case 'int8':
      return (index) => view.getInt8(at(index));
    case 'int16':
      return (index) => view.getInt16(at(index), little);
    case 'uint16':
      return (index) => view.getUint16(at(index), little);
    case 'int32':
      return (index) => view.getInt32(at(index), little);
    case 'float32':
      return (index) => view.getFloat32(at(index), little);
    default:
      return (index) => view.getFloat64(at(index), little);
  }
}

/** NIfTI world axes are RAS: x and y change sign on the way to LPS. */
function lpsGeometry(view: DataView, little: boolean, size: Vec3, name: string): VolumeGeometry {
  const float = (at: number): number => view.getFloat32(at, little);
  const pixdim: Vec3 = [float(80), float(84), float(88)];
  const columns: Vec3[] = [];
  let rasOrigin: Vec3;
  if (view.getInt16(254, little) > 0) {
    for (const axis of [0, 1, 2])
      columns.push([float(280 + 4 * axis), float(296 + 4 * axis), float(312 + 4 * axis)]);
    rasOrigin = [float(292), float(308), float(324)];
  } else if (view.getInt16(252, little) > 0) {
    const [b, c, d] = [float(256), float(260), float(264)] as const;
    const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
    const flip = float(76) < 0 ? -1 : 1;
    const rotation: Vec3[] = [
      [a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)],
      [2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)],
      [2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c],
    ];
    rotation.forEach((column, axis) => {
      const length = (pixdim[axis] ?? 0) * (axis === 2 ? flip : 1);
      columns.push([column[0] * length, column[1] * length, column[2] * length]);
    });
    rasOrigin = [float(268), float(272), float(276)];
  } else {
    throw invalid(name, 'it has neither qform nor sform, so its place in the patient is unknown');
  }
  const spacing = columns.map((column) => Math.hypot(...column));
  if (spacing.some((mm) => !(mm > 0) || !Number.isFinite(mm)))
    throw invalid(name, 'its voxel spacing is not positive');
  const direction = columns.map((column, axis): Vec3 => {
    const length = spacing[axis] ?? 1;
    return [lps(column[0], length), lps(column[1], length), column[2] / length];
  });
  return {
    size,
    spacing: [spacing[0] ?? 0, spacing[1] ?? 0, spacing[2] ?? 0],
    origin: [-rasOrigin[0], -rasOrigin[1], rasOrigin[2]],
    direction: direction as unknown as VolumeGeometry['direction'],
  };
}

/** Negated and normalised, without a negative zero. */
function lps(value: number, length: number): number {
  return value === 0 ? 0 : -value / length;
}

function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw invalid(name, 'its gzip stream is damaged or cut short', cause);
  }
}

function invalid(name: string, why: string, cause?: unknown): NoduleLabError {
  return new NoduleLabError(
    'invalid-input',
    `${name} cannot be read as NIfTI: ${why}. Fetch or unpack the file again.`,
    { name },
    cause,
  );
}
