/** Volumes in files, whatever their format: the header is read and checked at once, the voxels when they are needed. */
import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { VolumeGeometry } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Fail } from './formatError.ts';
import { MOST_HEADER_BYTES, readVoxels, requireLength } from './headerVolume.ts';
import type { VolumeHeader } from './headerVolume.ts';
import { metaImageFail, parseMetaHeader } from './metaImage.ts';
import { niftiHeaderOf, parseNifti } from './nifti.ts';
import { nrrdFail, parseNrrdHeader } from './nrrd.ts';
import type { ScalarImage } from './scalarImage.ts';

export interface LoadedImage {
  readonly image: ScalarImage;
  /** SHA-256 of the file; of header and voxels' file where they are two. */
  readonly sha256: string;
}

export interface ImageFile {
  readonly path: string;
  readonly geometry: VolumeGeometry;
  /** Reads the voxels. Throws `invalid-input` where they are not whole. */
  load(): Promise<LoadedImage>;
}

type Format = 'nifti' | 'metaImage' | 'nrrd';
const FORMATS: Readonly<Record<string, Format>> = {
  '.nii': 'nifti',
  '.nii.gz': 'nifti',
  '.mhd': 'metaImage',
  '.mha': 'metaImage',
  '.nrrd': 'nrrd',
  '.nhdr': 'nrrd',
};
export const IMAGE_EXTENSIONS = Object.keys(FORMATS);

/** The extension by which a file counts as a volume; undefined for all others. */
export function imageExtension(path: string): string | undefined {
  return IMAGE_EXTENSIONS.find((extension) => path.toLowerCase().endsWith(extension));
}

/**
 * Opens a volume: its header, and that its voxels are there.
 *
 * @throws NoduleLabError `not-found` where the file, or the voxels' file that it names, is not there; `invalid-input`
 *   where the header is damaged or voxels are missing
 */
export async function openImageFile(path: string): Promise<ImageFile> {
  const extension = imageExtension(path);
  const format = extension === undefined ? undefined : FORMATS[extension];
  switch (format) {
    case undefined:
      throw new NoduleLabError(
        'invalid-input',
        `${path} is no volume by its name: give a file that ends in ${IMAGE_EXTENSIONS.join(', ')}.`,
        { path },
      );
    case 'nifti': {
      const { geometry } = niftiHeaderOf((await readHead(path)).bytes, path);
      const load = async (): Promise<LoadedImage> => {
        const bytes = await readWhole(path);
        return { image: parseNifti(bytes, path), sha256: sha256Of(bytes) };
      };
      return { path, geometry, load };
    }
    case 'metaImage':
      return openHeaderVolume(path, parseMetaHeader, metaImageFail(path));
    case 'nrrd':
      return openHeaderVolume(path, parseNrrdHeader, nrrdFail(path));
  }
}

async function openHeaderVolume(
  path: string,
  parseHeader: (head: Uint8Array, name: string) => VolumeHeader,
  fail: Fail,
): Promise<ImageFile> {
  const { bytes: head, length } = await readHead(path);
  const header = parseHeader(head, path);
  const { geometry, headerBytes, dataFile } = header;
  if (dataFile === undefined) {
    requireLength(header, length - headerBytes, fail);
    const load = async (): Promise<LoadedImage> => {
      const bytes = await readWhole(path);
      return { image: readVoxels(header, bytes.subarray(headerBytes), fail), sha256: sha256Of(bytes) };
    };
    return { path, geometry, load };
  }
  const dataPath = join(dirname(path), dataFile);
  const info = await stat(dataPath).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${path} has its voxels in ${dataFile}, which is not beside it: put ${dataFile} into ${dirname(path)}.`,
      { path, dataFile },
      cause,
    );
  });
  requireLength(header, info.size, fail);
  const load = async (): Promise<LoadedImage> => {
    const voxels = await readWhole(dataPath);
    const text = head.subarray(0, headerBytes);
    return { image: readVoxels(header, voxels, fail), sha256: sha256Of(text, voxels) };
  };
  return { path, geometry, load };
}

function sha256Of(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

async function readHead(path: string): Promise<{ bytes: Uint8Array; length: number }> {
  const file = await open(path).catch(notThere(path));
  try {
    const { size } = await file.stat();
    const buffer = new Uint8Array(Math.min(size, MOST_HEADER_BYTES));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return { bytes: buffer.subarray(0, bytesRead), length: size };
  } catch (cause) {
    return notThere(path)(cause);
  } finally {
    await file.close();
  }
}

async function readWhole(path: string): Promise<Uint8Array> {
  return readFile(path).catch(notThere(path));
}

function notThere(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new NoduleLabError(
      'not-found',
      `Cannot read ${path}: check that the file is there and may be read.`,
      { path },
      cause,
    );
  };
}
