import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseMetaImage } from '../../server/src/formats/metaImage.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
import { anyVolume } from '../support/anyVolume.ts';
import { metaImageFiles, SMALL_CT } from '../support/volumeFiles.ts';

const parse = (files: { header: Uint8Array; data: Uint8Array | undefined }, name = 'ct.mhd') =>
  parseMetaImage(files.header, files.data, name);

describe('reading MetaImage', () => {
  test('keeps voxels and place, whatever the type, byte order, packing and direction', () => {
    fc.assert(
      fc.property(anyVolume, (content) => {
        const image = parse(metaImageFiles(content));
        expect(Array.from(image.data)).toEqual(content.values);
        expect([image.size, image.spacing, image.origin]).toEqual([
          content.size,
          content.spacing,
          content.origin,
        ]);
        for (const index of [[0, 0, 0] as const, content.size]) {
          const [from, to] = [indexToWorld(content, index), indexToWorld(image, index)];
          expect(Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2])).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the matrix names one image axis after the other, and a mirrored axis stays mirrored', () => {
    const fields = { TransformMatrix: '0 1 0 -1 0 0 0 0 -1' };
    expect(parse(metaImageFiles({ ...SMALL_CT, fields })).direction).toEqual([
      [0, 1, 0],
      [-1, 0, 0],
      [0, 0, -1],
    ]);
  });

  test.each([
    ['Position', { Offset: undefined, Position: '-120.5 -90.25 -300' }],
    [
      'Origin and ElementSize',
      {
        Offset: undefined,
        Origin: '-120.5 -90.25 -300',
        ElementSpacing: undefined,
        ElementSize: '0.7 0.8 2.5',
      },
    ],
    ['Rotation', { TransformMatrix: undefined, Rotation: '1 0 0 0 1 0 0 0 1' }],
    ['ElementByteOrderMSB', { BinaryDataByteOrderMSB: undefined, ElementByteOrderMSB: 'False' }],
    ['no direction', { TransformMatrix: undefined }],
    ['a comment', { Comment: 'any text = with signs' }],
  ])('reads a header with %s', (_, fields) => {
    const image = parse(metaImageFiles({ ...SMALL_CT, fields }));
    expect(image).toEqual(parse(metaImageFiles(SMALL_CT)));
    expect(Array.from(image.data)).toEqual(SMALL_CT.values);
  });

  test('voxels at the end of a file with a header of its own', () => {
    const { header, data } = metaImageFiles({
      ...SMALL_CT,
      dataFile: 'ct.raw',
      fields: { HeaderSize: '-1' },
    });
    const prefixed = Buffer.concat([Buffer.from('scanner header'), data ?? Buffer.alloc(0)]);
    expect(Array.from(parseMetaImage(header, prefixed, 'ct.mhd').data)).toEqual(SMALL_CT.values);
  });

  test.each<[string, Record<string, string | undefined>, RegExp]>([
    ['a size of two numbers', { DimSize: '4 3' }, /line 10: DimSize: "4 3" is not 3 numbers/],
    ['a size that is no number', { DimSize: '4 3 0x2' }, /DimSize: "4 3 0x2" is not 3 numbers/],
    ['a size that no CT has', { DimSize: '90000 90000 90000' }, /claims 90000×90000×90000 voxels/],
    ['a negative size', { DimSize: '4 3 -2' }, /size 4×3×-2/],
    [
      'fewer voxels than there are',
      { DimSize: '4 3 1' },
      /take 48 bytes where 4×3×1 voxels of type int16 need 24/,
    ],
    [
      'more voxels than there are',
      { DimSize: '4 3 3' },
      /cut short: 48 bytes where 4×3×3 voxels of type int16 need 72/,
    ],
    ['four dimensions', { NDims: '4' }, /line 2: NDims = 4 is not 3/],
    ['several channels', { ElementNumberOfChannels: '3' }, /ElementNumberOfChannels = 3 is not 1/],
    ['an unknown type', { ElementType: 'MET_LONG_LONG' }, /ElementType = MET_LONG_LONG is none of MET_CHAR/],
    ['a type named like a method', { ElementType: 'toString' }, /ElementType = toString is none of/],
    ['no type', { ElementType: undefined }, /has no ElementType/],
    ['no spacing', { ElementSpacing: undefined }, /has no ElementSpacing/],
    ['no place', { Offset: undefined }, /has no Offset or Position or Origin/],
    ['two places', { Position: '1 2 3' }, /\(Offset\) and \d+ \(Position\) contradict/],
    ['no spacing at all', { ElementSpacing: '0 0.7 2.5' }, /spacing 0 × 0.7 × 2.5 mm/],
    [
      'axes that are not at right angles',
      { TransformMatrix: '1 0 0 0 1 0 0 0.3 0.954' },
      /axes j and k stand at 72\.\d degrees/,
    ],
    [
      'directions that are not of length 1',
      { TransformMatrix: '2 0 0 0 2 0 0 0 2' },
      /not a vector of length 1/,
    ],
    ['voxels as text', { BinaryData: 'False' }, /voxels as text/],
    [
      'a flag that is neither',
      { CompressedData: 'maybe' },
      /CompressedData = maybe is neither True nor False/,
    ],
    ['a slice list', { ElementDataFile: 'LIST' }, /several files.*one \.mha file/],
    ['a file pattern', { ElementDataFile: 'ct%03d.raw 1 4 1' }, /several files/],
    [
      'a path upwards',
      { ElementDataFile: '../secret.raw' },
      /"\.\.\/secret\.raw" does not lie in its own folder/,
    ],
    ['an absolute path', { ElementDataFile: '/etc/passwd' }, /does not lie in its own folder/],
    ['a Windows path', { ElementDataFile: 'C:\\data\\ct.raw' }, /does not lie in its own folder/],
    ['no name', { ElementDataFile: '.' }, /does not lie in its own folder/],
    ['scaled voxels', { ElementToIntensityFunctionSlope: '2' }, /ElementToIntensityFunction/],
  ])('refuses %s, naming the file and the place', (_, fields, reason) => {
    const files = metaImageFiles({ ...SMALL_CT, dataFile: 'ct.raw', fields });
    expect(() => parse(files, 'bad.mhd')).toThrow(reason);
    expect(() => parse(files, 'bad.mhd')).toThrow(
      expect.objectContaining({ kind: 'invalid-input', message: expect.stringContaining('bad.mhd') }),
    );
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['bytes of another kind', Buffer.from('\x89PNG\r\n\x1a\n'), /does not begin with a MetaImage header/],
    ['nothing', new Uint8Array(), /does not begin with a MetaImage header/],
    [
      'a header that ends early',
      Buffer.from('NDims = 3\nDimSize = 1 1 1\n'),
      /ends at line 2 without ElementDataFile/,
    ],
    [
      'a line that says nothing',
      Buffer.from('NDims = 3\nhello\nElementDataFile = LOCAL\n'),
      /line 2 is not "name = value"/,
    ],
    [
      'a field twice',
      Buffer.from('NDims = 3\nNDims = 3\nElementDataFile = LOCAL\n'),
      /line 2 says NDims a second time/,
    ],
    [
      'packed voxels cut short',
      metaImageFiles({ ...SMALL_CT, packed: true, fields: { CompressedDataSize: undefined } }).header.slice(
        0,
        -9,
      ),
      /zlib stream is damaged or cut short/,
    ],
    [
      'packed voxels of another length',
      metaImageFiles({ ...SMALL_CT, packed: true }).header.slice(0, -9),
      /packed voxels take \d+ bytes where its header says/,
    ],
    [
      'packed voxels that unpack to more',
      metaImageFiles({ ...SMALL_CT, packed: true, values: Array(9999).fill(7) }).header,
      /unpacks to more than the 48 bytes/,
    ],
  ])('refuses %s', (_, bytes, reason) => {
    expect(() => parseMetaImage(bytes, undefined, 'bad.mha')).toThrow(reason);
  });

  test('a header of one long line takes no time', () => {
    const spaces = Buffer.from(
      `NDims = ${' '.repeat(60_000)}x${'1'.repeat(3000)}\nElementDataFile = LOCAL\n`,
    );
    expect(() => parseMetaImage(spaces, undefined, 'bad.mha')).toThrow(/line 1: NDims/);
  });
});
