import { describe, expect, test } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { ctVolumeOf } from '../../server/src/formats/hounsfield.ts';
import { parseNifti } from '../../server/src/formats/nifti.ts';
import { spliceNifti } from '../../server/src/formats/niftiSplice.ts';
import { encodeNifti } from '../../server/src/formats/niftiWrite.ts';
import { gzippedNifti, niftiBytes } from '../support/niftiFile.ts';

const content = {
  size: [4, 3, 2] as const,
  spacing: [0.5, 0.75, 2.5] as const,
  rasOrigin: [10, -20, 30] as const,
  voxels: Array.from({ length: 24 }, (_, at) => at * 10 - 1000),
};
/** Two voxels: (1, 1, 1) and (2, 1, 1), stored numbers 17 and 18. */
const box = { min: [1, 1, 1], max: [3, 2, 2] } as const;

describe('changing a box of a NIfTI file', () => {
  test('gives these voxels the new HU and leaves every other byte as it was', () => {
    const source = niftiBytes({ ...content, quaternion: [0, 0, 1] });
    const { bytes, ...counts } = spliceNifti(source, { box, hu: Int16Array.of(55, -66) }, 'ct.nii');
    const expected = Buffer.from(source);
    expected.writeInt16LE(55, 352 + 2 * 17);
    expected.writeInt16LE(-66, 352 + 2 * 18);
    expect(Buffer.from(bytes).equals(expected)).toBe(true);
    expect(counts).toEqual({ changedVoxels: 2, roundedVoxels: 0, greatestRoundingHu: 0 });
  });

  test('is packed where the source was', () => {
    const { bytes } = spliceNifti(gzippedNifti(content), { box, hu: Int16Array.of(1, 2) }, 'ct.nii.gz');
    expect(gunzipSync(bytes).readInt16LE(352 + 2 * 17)).toBe(1);
  });

  test('honours slope and intercept: what is read back is what was asked', () => {
    const source = niftiBytes({ ...content, slope: 0.5, intercept: -24 });
    const { bytes, roundedVoxels } = spliceNifti(source, { box, hu: Int16Array.of(55, -66) }, 'ct.nii');
    const read = ctVolumeOf(parseNifti(bytes, 'ct.nii'), 'ct.nii');
    expect([read.data[17], read.data[18]]).toEqual([55, -66]);
    expect(roundedVoxels).toBe(0);
  });

  test('says how far the values are off where the slope is too coarse', () => {
    const source = niftiBytes({ ...content, slope: 10, intercept: 0 });
    const { bytes, ...counts } = spliceNifti(source, { box, hu: Int16Array.of(54, -60) }, 'ct.nii');
    expect(parseNifti(bytes, 'ct.nii').data.slice(17, 19)).toEqual(Float32Array.of(50, -60));
    expect(counts).toEqual({ changedVoxels: 2, roundedVoxels: 1, greatestRoundingHu: 4 });
  });

  test('keeps the fraction of a voxel whose whole HU does not change', () => {
    const image = parseNifti(niftiBytes(content), 'ct.nii');
    const fractions = Float32Array.from(image.data, (hu) => hu + 0.25);
    const source = encodeNifti({ ...image, data: fractions });
    const { bytes, changedVoxels } = spliceNifti(source, { box, hu: Int16Array.of(-830, 7) }, 'ct.nii');
    expect(changedVoxels).toBe(1);
    expect(Array.from(parseNifti(bytes, 'ct.nii').data.slice(16, 20))).toEqual([
      -839.75, -829.75, 7, -809.75,
    ]);
  });

  test.each(['little', 'big'])('writes numbers of every type, %s endian', (order) => {
    const types = [
      [2, 1, 'setUint8'],
      [256, 1, 'setInt8'],
      [4, 2, 'setInt16'],
      [512, 2, 'setUint16'],
      [8, 4, 'setInt32'],
      [768, 4, 'setUint32'],
      [16, 4, 'setFloat32'],
      [64, 8, 'setFloat64'],
    ] as const;
    for (const [code, width, set] of types) {
      const little = order === 'little';
      const bytes = new Uint8Array(352 + 24 * width);
      const view = new DataView(bytes.buffer);
      view.setInt32(0, 348, little);
      [3, 4, 3, 2, 1, 1, 1, 1].forEach((count, at) => view.setInt16(40 + 2 * at, count, little));
      view.setInt16(70, code, little);
      view.setInt16(72, 8 * width, little);
      view.setInt16(254, 1, little);
      [0, 20, 40].forEach((at) => view.setFloat32(280 + at, 1, little));
      view.setUint32(344, 0x6e2b3100, false);
      for (let at = 0; at < 24; at++) view[set](352 + width * at, at + 5, little);
      const spliced = spliceNifti(bytes, { box, hu: Int16Array.of(100, 101) }, 'ct.nii').bytes;
      const values = Array.from({ length: 24 }, (_, at) => at + 5)
        .with(17, 100)
        .with(18, 101);
      expect(Array.from(parseNifti(spliced, `${set}.nii`).data)).toEqual(values);
    }
  });

  test('refuses a value that the type cannot hold, naming the voxel', () => {
    const source = niftiBytes({ ...content, slope: 0.01, intercept: 0 });
    expect(() => spliceNifti(source, { box, hu: Int16Array.of(400, 0) }, 'ct.nii')).toThrow(
      /ct\.nii cannot hold 400 HU at voxel \(1, 1, 1\)/,
    );
  });

  test.each([
    ['leaves the image', { min: [3, 1, 1], max: [5, 2, 2] }],
    ['is empty', { min: [1, 1, 1], max: [1, 2, 2] }],
    ['has other voxels than it says', { min: [0, 1, 1], max: [3, 2, 2] }],
  ] as const)('refuses a box that %s', (_, bad) => {
    expect(() => spliceNifti(niftiBytes(content), { box: bad, hu: new Int16Array(2) }, 'ct.nii')).toThrow(
      /does not fit into ct\.nii of 4×3×2/,
    );
  });
});

describe('images as CT volumes', () => {
  const image = parseNifti(niftiBytes(content), 'ct.nii');
  test('floating-point HU are rounded', () => {
    const ct = ctVolumeOf({ ...image, data: Float32Array.from(image.data, (hu) => hu + 0.4) }, 'ct.nii');
    expect(ct.data).toEqual(image.data);
  });
  test.each([
    ['a value beyond 16 bits', (at: number) => (at === 17 ? 40000 : 0), /voxel \(1, 1, 1\) is 40000/],
    ['an image scaled to [0, 1]', (at: number) => at / 24, /lie between 0 and 1.*scaled to/],
    [
      'stored values without their rescale',
      (at: number) => at * 100,
      /lie between 0 and 2300.*rescale intercept/,
    ],
    ['an image scaled to [-1, 1]', (at: number) => at / 12 - 1, /lie between -1 and 1/],
    ['a mask', (at: number) => at % 2, /lie between 0 and 1.*a mask/],
  ])('%s is no CT', (_, value, message) => {
    const data = Float32Array.from({ length: 24 }, (_unused, at) => value(at));
    expect(() => ctVolumeOf({ ...image, data }, 'ct.nii')).toThrow(message);
  });
});
