import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openImageFile } from '../../server/src/formats/imageFile.ts';
import { encodeNifti } from '../../server/src/formats/niftiWrite.ts';
import { metaImageFiles, nrrdFiles, SMALL_CT } from '../support/volumeFiles.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'volumes-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const sha256 = (...parts: readonly Uint8Array[]): string =>
  createHash('sha256').update(Buffer.concat(parts)).digest('hex');
const write = (name: string, bytes: Uint8Array | undefined): string => {
  writeFileSync(join(dir, name), bytes ?? '');
  return join(dir, name);
};
/** Voxels after the header, in every format that allows it. */
const inOneFile: [string, () => Uint8Array][] = [
  ['ct.nii', () => encodeNifti({ ...SMALL_CT, data: Int16Array.from(SMALL_CT.values) })],
  ['CT.NII.GZ', () => encodeNifti({ ...SMALL_CT, data: Int16Array.from(SMALL_CT.values) }, { gzip: true })],
  ['ct.mha', () => metaImageFiles(SMALL_CT).header],
  ['ct.nrrd', () => nrrdFiles({ ...SMALL_CT, packed: true }).header],
];
const inTwoFiles = [
  ['ct.mhd', metaImageFiles],
  ['ct.nhdr', nrrdFiles],
] as const;

describe('opening a volume', () => {
  test.each(inOneFile)('%s has its geometry at once and its voxels on demand', async (name, bytes) => {
    const file = await openImageFile(write(name, bytes()));
    expect(file.geometry.size).toEqual([4, 3, 2]);
    file.geometry.origin.forEach((mm, axis) => expect(mm).toBeCloseTo(SMALL_CT.origin[axis] ?? 0, 4));
    const { image, sha256: sum } = await file.load();
    expect(Array.from(image.data)).toEqual(SMALL_CT.values);
    expect(sum).toBe(sha256(bytes()));
  });

  test.each(inTwoFiles)('%s reads the voxels beside it, packed or not', async (name, files) => {
    for (const packed of [false, true]) {
      const { header, data } = files({ ...SMALL_CT, packed, dataFile: 'voxels.raw' });
      write('voxels.raw', data);
      const { image, sha256: sum } = await (await openImageFile(write(name, header))).load();
      expect(Array.from(image.data)).toEqual(SMALL_CT.values);
      expect(sum).toBe(sha256(header, data ?? new Uint8Array()));
    }
  });

  test.each(inTwoFiles)(
    '%s without its voxels, or with too few, is refused before it is loaded',
    async (name, files) => {
      const { header, data } = files({ ...SMALL_CT, dataFile: 'voxels.raw' });
      const path = write(name, header);
      await expect(openImageFile(path)).rejects.toMatchObject({
        kind: 'not-found',
        message: expect.stringMatching(
          /ct\.\w+ has its voxels in voxels\.raw, which is not beside it: put voxels\.raw into/,
        ),
      });
      truncateSync(write('voxels.raw', data), 40);
      await expect(openImageFile(path)).rejects.toThrow(
        /cut short: 40 bytes where 4×3×2 voxels of type int16 need 48/,
      );
    },
  );

  test.each(inOneFile)('%s cut short is refused', async (name, bytes) => {
    const path = write(name, bytes());
    truncateSync(path, readFileSync(path).length - 7);
    const opened = openImageFile(path).then((file) => file.load());
    await expect(opened).rejects.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining(path),
    });
  });

  test('a file that is not there, a folder and a name of no format are refused', async () => {
    await expect(openImageFile(join(dir, 'none.mhd'))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(openImageFile(join(dir, 'ct.tiff'))).rejects.toThrow(/no volume by its name.*\.nii\.gz/);
  });
});
