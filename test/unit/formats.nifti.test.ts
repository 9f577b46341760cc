import { describe, expect, test } from '@jest/globals';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parseNifti } from '../../server/src/formats/nifti.ts';
import { encodeNifti } from '../../server/src/formats/niftiWrite.ts';
import type { ScalarImage } from '../../server/src/formats/scalarImage.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
import { gzippedNifti, niftiBytes } from '../support/niftiFile.ts';
import { rotations } from '../support/orientations.ts';

const content = {
  size: [2, 3, 2] as const,
  spacing: [0.5, 0.75, 2.5] as const,
  rasOrigin: [10, -20, 30] as const,
  voxels: [-1000, -870, 0, 40, 400, -2048, 1, 2, 3, 4, 5, 6],
};

/** The file with some bytes of its header changed. */
function changed(change: (header: DataView) => void): Uint8Array {
  const bytes = Uint8Array.from(niftiBytes(content));
  change(new DataView(bytes.buffer));
  return bytes;
}

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

  const whole = niftiBytes(content);
  const zeros = (count: number): Buffer => Buffer.alloc(count);
  test.each<[string, Uint8Array, RegExp]>([
    [
      'a gzip stream that was cut short',
      gzippedNifti(content).subarray(0, 90),
      /damaged or cut short|holds \d+ bytes/,
    ],
    ['voxels that were cut short', whole.subarray(0, 370), /cut short: 370 bytes where 376/],
    ['packed voxels that were cut short', gzipSync(whole.subarray(0, 370)), /unpacks to 370 bytes where 376/],
    ['bytes after the voxels', Buffer.concat([whole, zeros(5)]), /5 bytes follow its voxels/],
    [
      'a gzip bomb',
      gzipSync(Buffer.concat([whole, zeros(50_000_000)])),
      /unpacks to more than the 376 bytes/,
    ],
    ['bytes of another kind', Buffer.alloc(400, 7), /no NIfTI-1 header/],
    ['next to nothing', Buffer.from('nifti'), /holds 5 bytes/],
    ['NIfTI-2', changed((header) => header.setInt32(0, 540, true)), /NIfTI-2.*Convert it to NIfTI-1/],
    [
      'no place in the patient',
      changed((header) => header.setInt16(254, 0, true)),
      /neither qform nor sform/,
    ],
    [
      'a size that no CT has',
      changed((header) => header.setInt16(42, 32767, true) ?? header.setInt16(44, 32767, true)),
      /claims 32767×32767×2 voxels/,
    ],
    [
      'a size that the packed bytes cannot hold',
      gzipSync(changed((header) => header.setInt16(42, 32767, true))),
      /packed bytes cannot hold/,
    ],
    ['a negative size', changed((header) => header.setInt16(42, -2, true)), /size -2×3×2/],
    [
      'a fourth dimension',
      changed((header) => header.setInt16(40, 4, true) ?? header.setInt16(48, 9, true)),
      /not a three-dimensional image/,
    ],
    ['complex numbers', changed((header) => header.setInt16(70, 32, true)), /voxel type 32 is not supported/],
    [
      'bits that belong to another type',
      changed((header) => header.setInt16(72, 8, true)),
      /8 bits per voxel where its type int16/,
    ],
    ['metres', changed((header) => header.setUint8(123, 1)), /unit of length is metres.*Save it in mm/],
    [
      'voxels without a beginning',
      changed((header) => header.setFloat32(108, Number.NaN, true)),
      /begin at byte NaN/,
    ],
    [
      'a slope without an intercept',
      changed((header) => header.setFloat32(112, 2, true)),
      /its intercept NaN/,
    ],
    [
      'a sheared affine',
      changed((header) => header.setFloat32(288, 0.3, true)),
      /axes i and k stand at \d+\.\d degrees.*sheared.*Resample it/,
    ],
    [
      'an affine that is no number',
      changed((header) => header.setFloat32(280, Number.NaN, true)),
      /spacing NaN/,
    ],
    ['an infinite origin', changed((header) => header.setFloat32(292, Infinity, true)), /origin \(-Infinity/],
  ])('refuses %s by name', (_, bytes, reason) => {
    expect(() => parseNifti(bytes, 'bad.nii.gz')).toThrow(reason);
    expect(() => parseNifti(bytes, 'bad.nii.gz')).toThrow(
      expect.objectContaining({ kind: 'invalid-input', message: expect.stringContaining('bad.nii.gz') }),
    );
  });

  test('names the voxel that is not a number', () => {
    const image = { ...parseNifti(whole, 'a.nii'), data: Float32Array.from(content.voxels) };
    image.data[9] = Number.NaN;
    expect(() => parseNifti(encodeNifti(image), 'nan.nii')).toThrow(/nan\.nii.*voxel \(1, 1, 1\) is NaN/);
  });
});

describe('writing NIfTI', () => {
  const scans = fc.record({
    size: fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
    ),
    spacing: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.2, max: 6, noNaN: true }))),
    origin: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -600, max: 600, noNaN: true }))),
    direction: rotations,
    seed: fc.integer({ min: 0, max: 65535 }),
    float: fc.boolean(),
    gzip: fc.boolean(),
    quaternion: fc.boolean(),
  });

  test('keeps voxels exactly and their place to a thousandth of a millimetre (by quaternion, whose float32 says less, a tenth)', () => {
    fc.assert(
      fc.property(scans, ({ seed, float, gzip, quaternion, ...rest }) => {
        const count = rest.size[0] * rest.size[1] * rest.size[2];
        const values = Array.from({ length: count }, (_, at) => ((at * 7919 + seed) % 65536) - 32768);
        const data = float ? Float32Array.from(values, (value) => value / 7) : Int16Array.from(values);
        const [sx = 1, sy = 1, sz = 1] = rest.spacing;
        const [x = 0, y = 0, z = 0] = rest.origin;
        const image: ScalarImage = { ...rest, spacing: [sx, sy, sz], origin: [x, y, z], data };
        let bytes = encodeNifti(image, { gzip, description: 'a test' });
        if (quaternion) {
          bytes = Uint8Array.from(gzip ? gunzipSync(bytes) : bytes);
          new DataView(bytes.buffer).setInt16(254, 0, true);
        }
        const read = parseNifti(bytes, 'again.nii');
        expect(read.data).toEqual(data);
        for (const index of [[0, 0, 0] as const, image.size]) {
          const [from, to] = [indexToWorld(image, index), indexToWorld(read, index)];
          expect(Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2])).toBeLessThan(
            quaternion ? 0.1 : 1e-3,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('gives the same bytes for the same image', () => {
    const image = parseNifti(niftiBytes(content), 'a.nii');
    expect(encodeNifti(image, { gzip: true })).toEqual(encodeNifti(image, { gzip: true }));
  });

  test('refuses a volume whose voxels do not fit its size', () => {
    const image = parseNifti(niftiBytes(content), 'a.nii');
    expect(() => encodeNifti({ ...image, data: new Int16Array(3) })).toThrow(/2×3×2 with 3 voxels/);
  });
});
