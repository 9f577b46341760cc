import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openVolume, openVolumes } from '../../server/src/dataset/volumes/openVolume.ts';
import { encodeNifti } from '../../server/src/formats/niftiWrite.ts';
import { ctFiles, smallVolume } from '../support/ctFiles.ts';
import { metaImageFiles, nrrdFiles } from '../support/volumeFiles.ts';

const UID = '1.3.6.1.4.1.14519.5.2.1';
const { signal } = new AbortController();
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodulelab-volumes-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const write = (name: string, bytes: Uint8Array | string | undefined): string => {
  const path = join(dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes ?? '');
  return path;
};
const writeDicom = (folder: string, uidStart = 1): void =>
  ctFiles(smallVolume(), {}, uidStart).forEach(({ name, bytes }) => write(join(folder, name), bytes));
const content = { ...smallVolume(), values: Array.from(smallVolume().data) };
const writeMhd = (stem: string): void => {
  const { header, data } = metaImageFiles({ ...content, dataFile: 'voxels.raw' });
  write(`${stem}.mhd`, header);
  write(join(stem, '..', 'voxels.raw'), data);
};

describe('finding CTs under a folder', () => {
  test('gives one face to DICOM, NIfTI, MetaImage and NRRD: the same voxels at the same place', async () => {
    writeDicom('dicom/deep');
    write('a.nii.gz', encodeNifti(smallVolume(), { gzip: true }));
    writeMhd(`luna/${UID}`);
    write('c.nrrd', nrrdFiles(content).header);
    write('notes.txt', 'nothing to see');
    const { volumes, problems } = await openVolumes([dir], signal);
    expect(problems).toEqual([]);
    expect(volumes.map(({ seriesUID, patientId }) => [seriesUID, patientId])).toEqual([
      [null, null],
      [null, null],
      [UID, null],
      [expect.stringMatching(/^2\.25\./), 'TEST-1'],
    ]);
    for (const volume of volumes) {
      const { ct, sha256 } = await volume.load();
      expect(Array.from(ct.data)).toEqual(content.values);
      ct.origin.forEach((mm, axis) => expect(mm).toBeCloseTo(content.origin[axis] ?? 0, 4));
      ct.spacing.forEach((mm, axis) => expect(mm).toBeCloseTo(content.spacing[axis] ?? 0, 4));
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect((await volumes[3]?.load())?.sopInstanceUIDs).toHaveLength(content.size[2]);
  });

  test('keeps two DICOM series of one folder apart, and follows links once', async () => {
    writeDicom('a', 1);
    writeDicom('a/b', 900);
    symlinkSync(dir, join(dir, 'a', 'back'));
    const { volumes } = await openVolumes([dir, join(dir, 'a')], signal);
    expect(new Set(volumes.map(({ seriesUID }) => seriesUID)).size).toBe(2);
    expect(volumes).toHaveLength(2);
  });

  test('names what is damaged and finds the rest', async () => {
    write('a.mhd', metaImageFiles({ ...content, dataFile: 'gone.raw' }).header);
    write('b.nrrd', 'NRRD0004\n');
    write('c.dcm', 'no DICOM');
    const nifti = write('d.nii', encodeNifti(smallVolume()));
    writeDicom('e');
    const slice = join(dir, 'e', 'slice-1.dcm');
    truncateSync(slice, 300);
    const { volumes, problems } = await openVolumes([dir], signal);
    expect(volumes.map(({ name }) => name)).toEqual([nifti, expect.stringMatching(/^CT series 2\.25/)]);
    expect(problems.map(({ name }) => name)).toEqual(
      ['a.mhd', 'b.nrrd', 'c.dcm', 'e/slice-1.dcm'].map((name) => join(dir, name)),
    );
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/gone\.raw, which is not beside it/),
      expect.stringMatching(/b\.nrrd cannot be read as NRRD/),
      expect.stringMatching(/c\.dcm is named \.dcm but/),
      expect.stringMatching(/slice-1\.dcm: .*cut short/),
    ]);
    // A series with a slice missing is no regular stack, and says so when it is read.
    await expect(volumes[1]?.load()).rejects.toMatchObject({ kind: 'unusable' });
  });

  test('a CT is read again only where it is no longer in use', async () => {
    const path = write('a.nii', encodeNifti(smallVolume()));
    const volume = await openVolume(path, signal);
    const first = await volume.load();
    expect(await volume.load()).toBe(first);
  });

  test('stops where it is told to', async () => {
    writeDicom('a');
    await expect(openVolumes([dir], AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

describe('opening the one CT at a path', () => {
  test('refuses none, several, and a path that is not there', async () => {
    await expect(openVolume(join(dir, 'none'), signal)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(openVolume(dir, signal)).rejects.toThrow(/There is no CT at/);
    write('a.nii', encodeNifti(smallVolume()));
    write('b.nii', encodeNifti(smallVolume()));
    await expect(openVolume(dir, signal)).rejects.toThrow(/holds 2 CTs, among them .*a\.nii and .*b\.nii/);
  });

  test('says what is wrong with it', async () => {
    const path = write('a.mha', readFileSync(write('x.bin', metaImageFiles(content).header)).subarray(0, -3));
    await expect(openVolume(path, signal)).rejects.toThrow(
      /a\.mha cannot be read as MetaImage: its voxels are cut short/,
    );
  });

  test('a mask is no CT', async () => {
    const path = write(
      'm.nrrd',
      nrrdFiles({ ...content, values: content.values.map((_, at) => at % 2) }).header,
    );
    await expect((await openVolume(path, signal)).load()).rejects.toThrow(/no CT in Hounsfield units.*mask/);
  });
});
