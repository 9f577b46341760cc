import { describe, expect, test } from '@jest/globals';
import { parseNifti, readNifti } from '../../server/src/formats/nifti.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
import { gzippedNifti, niftiBytes } from '../support/niftiFile.ts';

const content = {
  size: [2, 3, 2] as const,
  spacing: [0.5, 0.75, 2.5] as const,
  rasOrigin: [10, -20, 30] as const,
  voxels: [-1000, -870, 0, 40, 400, -2048, 1, 2, 3, 4, 5, 6],
};

describe('reading NIfTI', () => {
  test('gives the voxels with i fastest and turns the place from RAS into LPS', () => {
    const image = parseNifti(gzippedNifti(content), 'a.nii.gz');
    expect(image.size).toEqual([2, 3, 2]);
    expect(Array.from(image.data)).toEqual(content.voxels);
    expect(image.data).toBeInstanceOf(Int16Array);
    expect(image.origin).toEqual([-10, 20, 30]);
    // Column and row grow towards R and A in the file, so towards -L and -P.
    const [x, y, z] = indexToWorld(image, [1, 2, 1]);
    expect([x, y, z]).toEqual([-10.5, 18.5, 32.5]);
  });

  test('follows the quaternion of a scanner-based file', () => {
    // Half a turn about z: columns grow towards L, rows towards P.
    const image = parseNifti(niftiBytes({ ...content, quaternion: [0, 0, 1] }), 'b.nii');
    expect(image.direction).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(indexToWorld(image, [1, 2, 1])).toEqual([-9.5, 21.5, 32.5]);
  });

  test('applies slope and intercept where the file states them', () => {
    const image = parseNifti(niftiBytes({ ...content, slope: 2, intercept: -24 }), 'c.nii');
    expect(image.data[4]).toBe(776);
  });

  test.each([
    ['a gzip stream that was cut short', gzippedNifti(content).subarray(0, 90), /damaged or cut short/],
    ['voxels that were cut short', niftiBytes(content).subarray(0, 370), /cut short: 370 bytes where 376/],
    ['bytes of another kind', Buffer.alloc(400, 7), /no NIfTI-1 header/],
    ['next to nothing', Buffer.from('nifti'), /holds 5 bytes/],
  ])('refuses %s by name', (_, bytes, reason) => {
    expect(() => parseNifti(bytes, 'bad.nii.gz')).toThrow(reason);
    expect(() => parseNifti(bytes, 'bad.nii.gz')).toThrow(
      expect.objectContaining({ kind: 'invalid-input', message: expect.stringContaining('bad.nii.gz') }),
    );
  });

  test('refuses a file without a place in the patient', () => {
    const bytes = niftiBytes(content);
    bytes.writeInt16LE(0, 254);
    expect(() => parseNifti(bytes, 'd.nii')).toThrow(/neither qform nor sform/);
  });

  test('says which file is not there', async () => {
    await expect(readNifti('/nowhere/x.nii.gz')).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('/nowhere/x.nii.gz'),
    });
  });
});
