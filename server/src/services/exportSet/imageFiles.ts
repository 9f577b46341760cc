/** Patches as `.npy` and as `.nii.gz`. */
import { encodeNpy } from '../../formats/npy.ts';
import { encodeNifti } from '../../formats/niftiWrite.ts';
import { gridOf, huOf, type PatchWriter } from './exportPatch.ts';

/** float32 in [0, 1], as networks take it: (z, y, x), or (channel, z, y, x) with alpha as channel 1. */
export const writeNpy: PatchWriter = async ({ name, size, values, alpha }, write) => {
  const file = `${name}.npy`;
  if (alpha === null) {
    await write(file, encodeNpy(values, [size, size, size]));
    return { hu: file };
  }
  const both = new Float32Array(2 * values.length);
  both.set(values);
  both.set(alpha, values.length);
  await write(file, encodeNpy(both, [2, size, size, size]));
  return { hu: file, alpha: file };
};

/** int16 HU with spacing and place; alpha as float32 in a file of its own. */
export const writeNifti: PatchWriter = async (patch, write) => {
  const { name, alpha, entry } = patch;
  const description = `${entry.origin === 'synthetic' ? 'SYNTHETIC' : 'CT'} nodule patch, HU clipped to [-1000, 400]`;
  const hu = `${name}.nii.gz`;
  await write(hu, encodeNifti(huOf(patch), { gzip: true, description }));
  if (alpha === null) return { hu };
  const mask = `${name}_alpha.nii.gz`;
  const image = { ...gridOf(patch), data: alpha };
  await write(
    mask,
    encodeNifti(image, { gzip: true, description: 'soft mask: 1 nodule, 0 constant ground' }),
  );
  return { hu, alpha: mask };
};
