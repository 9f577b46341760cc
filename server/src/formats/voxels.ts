/** Numbers as volume files store them (type, byte order) and their way into the arrays of a volume. */
import type { Vec3 } from '../volume/ctVolume.ts';
import type { Fail } from './formatError.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { isFinite } = Number;

const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

export type VoxelType = keyof typeof ARRAYS;
export type VoxelArray = InstanceType<(typeof ARRAYS)[VoxelType]>;

/** More voxels than any CT has (2,048 slices of 512 × 512): a header that claims more is damaged. */
const MOST_VOXELS = 2 ** 29;
/** What one buffer of a file may hold. */
const MOST_BYTES = 2 ** 31 - 1;

export function bytesPerVoxel(type: VoxelType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

/** Bytes that the voxels take. Fails where the size is none that a CT can have, before anything is allocated for it. */
export function voxelBytes(size: Vec3, type: VoxelType, fail: Fail): number {
  if (size.some((count) => !Number.isSafeInteger(count) || count < 1))
    throw fail(`its size ${size.join('×')} is not three positive whole numbers`);
  const count = size[0] * size[1] * size[2];
  const bytes = count * bytesPerVoxel(type);
  if (count > MOST_VOXELS || bytes > MOST_BYTES)
    throw fail(`its header claims ${size.join('×')} voxels, more than any CT has (at most 2^29 and 2 GiB)`);
  return bytes;
}

/**
 * The numbers in `bytes`, in an array of their own.
 *
 * @param bytes exactly as many as the voxels take
 */
export function decodeVoxels(bytes: Uint8Array, type: VoxelType, littleEndian: boolean): VoxelArray {
  // A copy, so that numbers wider than a byte lie where a typed array may begin, and the caller's bytes stay as they are.
  const own = Buffer.from(new Uint8Array(bytes).buffer);
  const width = bytesPerVoxel(type);
  if (!littleEndian && width === 2) own.swap16();
  if (!littleEndian && width === 4) own.swap32();
  if (!littleEndian && width === 8) own.swap64();
  return new ARRAYS[type](own.buffer);
}

/**
 * The values of a volume: Int16 where the stored numbers fit there as they are, otherwise float32 (whole numbers beyond
 * 2^24 lose their last digits; no HU is that large). Fails, naming the voxel, where a value is not finite.
 *
 * @param scale `value = stored * slope + intercept`; absent where the stored numbers are the values
 */
export function imageData(
  stored: VoxelArray,
  size: Vec3,
  fail: Fail,
  scale?: { readonly slope: number; readonly intercept: number },
): Int16Array | Float32Array {
  if (scale === undefined) {
    if (stored instanceof Int16Array) return stored;
    if (stored instanceof Int8Array || stored instanceof Uint8Array) return new Int16Array(stored);
  }
  const values =
    scale === undefined
      ? stored instanceof Float32Array
        ? stored
        : new Float32Array(stored)
      : scaled(stored, scale);
  for (let index = 0; index < values.length; index++)
    if (!isFinite(values[index]))
      throw fail(
        `voxel (${placeOf(index, size).join(', ')}) is ${values[index]}, which is no intensity`,
        'Replace such voxels with a number, for example -1024 HU outside the field of view',
      );
  return values;
}

function scaled(
  stored: VoxelArray,
  { slope, intercept }: { readonly slope: number; readonly intercept: number },
): Float32Array {
  const values = new Float32Array(stored.length);
  for (let index = 0; index < values.length; index++)
    values[index] = (stored[index] ?? 0) * slope + intercept;
  return values;
}

/** Voxel (i, j, k) of an index into the data. */
export function placeOf(index: number, [ni, nj]: Vec3): Vec3 {
  return [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))];
}
