/** One nodule cut-out: `image/<name>.nii.gz` (HU) and `mask/<name>.nii.gz` (every voxel that any reader marked). */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ctVolumeOf } from '../formats/hounsfield.ts';
import { parseNifti } from '../formats/nifti.ts';
import { trim } from '../lidc/boxMask.ts';
import type { BoxMask } from '../lidc/boxMask.ts';
import type { VolumeGeometry } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { NoduleVoxels } from './source.ts';

/** A cut-out whose files are read when they are asked for, each of them once at most. */
export interface VoiFile {
  readonly name: string;
  /** The mask alone, small enough to be kept. */
  mask(): Promise<VoiMask>;
  /** Everything; image and mask must lie on the same grid. */
  load(): Promise<NoduleVoxels>;
}

export interface VoiMask {
  readonly geometry: VolumeGeometry;
  readonly mask: BoxMask;
  /** As the file holds it, for the hash. */
  readonly bytes: Uint8Array;
}

/** @param name without folder and extension */
export function voiFile(dir: string, name: string): VoiFile {
  // Errors end up in manifests: they name files within the folder, not the folders of one machine.
  const paths = { image: join('image', `${name}.nii.gz`), mask: join('mask', `${name}.nii.gz`) };
  let kept: Promise<VoiMask> | undefined;
  const mask = (): Promise<VoiMask> => (kept ??= readMask(dir, paths.mask));
  return {
    name,
    mask,
    async load() {
      const { geometry, mask: own, bytes } = await mask();
      const image = await read(dir, paths.image);
      const ct = ctVolumeOf(parseNifti(image, paths.image), paths.image);
      if (ct.size.some((count, axis) => count !== geometry.size[axis]))
        throw new NoduleLabError(
          'invalid-input',
          `${name}: the image has ${ct.size.join('×')} voxels and its mask ${geometry.size.join('×')}. Fetch both again.`,
          { name },
        );
      return { ct, mask: own, sha256: createHash('sha256').update(image).update(bytes).digest('hex') };
    },
  };
}

async function readMask(dir: string, path: string): Promise<VoiMask> {
  const bytes = await read(dir, path);
  const { data, ...geometry } = parseNifti(bytes, path);
  const bits = new Uint8Array(data.length);
  for (let index = 0; index < bits.length; index++) bits[index] = data[index]! > 0 ? 1 : 0;
  if (!bits.includes(1))
    throw new NoduleLabError(
      'invalid-input',
      `${path}: the mask is empty. Fetch it again, or remove its row.`,
      { path },
    );
  return { geometry, mask: trim({ box: { min: [0, 0, 0], max: geometry.size }, bits }), bytes };
}

async function read(dir: string, path: string): Promise<Buffer> {
  return readFile(join(dir, path)).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${path} is missing: fetch or unpack the cut-outs again.`,
      { dir, path },
      cause,
    );
  });
}
