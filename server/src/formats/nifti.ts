/**
 * Reads NIfTI-1 files (`.nii`, `.nii.gz`) into volumes with LPS geometry.
 *
 * Own readers of NIfTI, MetaImage and NRRD instead of `@itk-wasm/image-io` (checked with version 1.6.1, whose voxels and
 * geometry ours agree with on 660 files of every type, packing and direction): ITK returns NIfTI, and packed MetaImage
 * without `CompressedDataSize`, that was cut short as a complete image with a wrong tail; it takes a header that
 * names fewer voxels than there are; it puts a file without qform and sform at the origin, and where an sform is sheared it
 * follows the qform without a word. Annotations must never be read that way. Its errors carry no reason, either.
 */
import { failing } from './formatError.ts';
import type { Fail } from './formatError.ts';
import { gunzipHead, inflateExactly, isGzip } from './inflate.ts';
import { parseNiftiHeader } from './niftiHeader.ts';
import type { NiftiHeader } from './niftiHeader.ts';
import type { ScalarImage } from './scalarImage.ts';
import { decodeVoxels, imageData } from './voxels.ts';

export interface UnpackedNifti {
  readonly header: NiftiHeader;
  /** The whole file, unpacked: header, extensions, voxels. */
  readonly raw: Uint8Array;
}

export function niftiFail(name: string): Fail {
  return failing(name, 'NIfTI');
}

/** The header of a `.nii` or `.nii.gz` file, from its first bytes (4 KiB hold it). */
export function niftiHeaderOf(head: Uint8Array, name: string): NiftiHeader {
  const fail = niftiFail(name);
  return parseNiftiHeader(isGzip(head) ? gunzipHead(head, fail) : head, fail);
}

/** Unpacks a file; its voxels are there to the last byte, and nothing follows them. */
export function unpackNifti(bytes: Uint8Array, name: string): UnpackedNifti {
  const fail = niftiFail(name);
  const header = niftiHeaderOf(bytes, name);
  const needed = header.voxelsAt + header.voxelBytes;
  const raw = isGzip(bytes) ? inflateExactly(bytes, needed, 'gzip', fail) : bytes;
  if (raw.byteLength < needed)
    throw fail(`it is cut short: ${raw.byteLength} bytes where ${needed} are needed`);
  if (raw.byteLength > needed)
    throw fail(`${raw.byteLength - needed} bytes follow its voxels, so its header is not of these voxels`);
  return { header, raw };
}

/** Parses the bytes of a `.nii` or `.nii.gz` file; `name` appears in errors. */
export function parseNifti(bytes: Uint8Array, name: string): ScalarImage {
  const { header, raw } = unpackNifti(bytes, name);
  const { geometry, type, littleEndian, voxelsAt, scale } = header;
  const stored = decodeVoxels(raw.subarray(voxelsAt), type, littleEndian);
  return { ...geometry, data: imageData(stored, geometry.size, niftiFail(name), scale) };
}
