import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseNrrd } from '../../server/src/formats/nrrd.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
import { anyVolume } from '../support/anyVolume.ts';
import { nrrdFiles, SMALL_CT } from '../support/volumeFiles.ts';

const parse = (files: { header: Uint8Array; data: Uint8Array | undefined }, name = 'ct.nrrd') =>
  parseNrrd(files.header, files.data, name);

describe('reading NRRD', () => {
  test('keeps voxels and place, whatever the type, byte order, packing and direction', () => {
    fc.assert(
      fc.property(anyVolume, (content) => {
        const image = parse(nrrdFiles(content));
        expect(Array.from(image.data)).toEqual(content.values);
        for (const index of [[0, 0, 0] as const, content.size]) {
          const [from, to] = [indexToWorld(content, index), indexToWorld(image, index)];
          expect(Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2])).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['right-anterior-superior', '(120.5,90.25,-300)', '(-0.7,0,0) (0,-0.8,0) (0,0,2.5)'],
    ['RAS', '(120.5,90.25,-300)', '(-0.7,0,0) (0,-0.8,0) (0,0,2.5)'],
    ['LAS', '(-120.5,90.25,-300)', '(0.7,0,0) (0,-0.8,0) (0,0,2.5)'],
    ['LPS', '(-120.5, -90.25, -300)', '(0.7,0,0)  (0,0.8,0) (0,0,2.5)'],
  ])('turns %s into LPS', (space, origin, directions) => {
    const fields = { space, 'space origin': origin, 'space directions': directions };
    const { origin: at, direction } = parse(nrrdFiles({ ...SMALL_CT, fields }));
    expect({ at, direction }).toEqual({ at: SMALL_CT.origin, direction: SMALL_CT.direction });
  });

  test('reads past what volumes carry beside their geometry', () => {
    const fields = {
      'space units': '"mm" "mm" "mm"',
      'measurement frame': '(1,0,0) (0,1,0) (0,0,1)',
      centerings: 'cell cell cell',
      'Segment0_ID:=a': ' any text',
    };
    expect(Array.from(parse(nrrdFiles({ ...SMALL_CT, fields })).data)).toEqual(SMALL_CT.values);
  });

  test('a detached header may end with its last field', () => {
    const { header, data } = nrrdFiles({ ...SMALL_CT, dataFile: './ct.raw' });
    expect(Array.from(parseNrrd(header.slice(0, -1), data, 'ct.nhdr').data)).toEqual(SMALL_CT.values);
  });

  test('skips bytes before the voxels, or all but the last', () => {
    for (const skip of ['3', '-1']) {
      const { header, data } = nrrdFiles({ ...SMALL_CT, dataFile: 'ct.raw', fields: { 'byte skip': skip } });
      const shifted = Buffer.concat([Buffer.alloc(3), data ?? Buffer.alloc(0)]);
      expect(Array.from(parseNrrd(header, shifted, 'ct.nhdr').data)).toEqual(SMALL_CT.values);
    }
  });

  test.each<[string, Record<string, string | undefined>, RegExp]>([
    ['four dimensions', { dimension: '4' }, /line 4: "dimension: 4" is not 3/],
    ['sizes of two numbers', { sizes: '4 3' }, /line 6: "sizes: 4 3" is wrong: "4 3" is not 3 numbers/],
    ['a size that no CT has', { sizes: '90000 90000 90000' }, /claims 90000×90000×90000 voxels/],
    [
      'fewer voxels than there are',
      { sizes: '4 3 1' },
      /take 48 bytes where 4×3×1 voxels of type int16 need 24/,
    ],
    [
      'more voxels than there are',
      { sizes: '4 3 3' },
      /cut short: 48 bytes where 4×3×3 voxels of type int16 need 72/,
    ],
    ['64-bit whole numbers', { type: 'long long int' }, /"type: long long int" is not read/],
    ['blocks', { type: 'block' }, /"type: block" is not read/],
    ['colours', { kinds: 'RGB-color domain domain' }, /an axis that is none of space/],
    ['text', { encoding: 'ascii' }, /"encoding: ascii" is neither raw nor gzip.*Save the volume/],
    ['no byte order', { endian: undefined }, /has no "endian"/],
    ['a scanner space', { space: 'scanner-xyz' }, /"space: scanner-xyz" does not name axes of the patient/],
    ['no space', { space: undefined }, /has no "space"/],
    ['metres', { 'space units': '"m" "m" "m"' }, /not mm on each axis/],
    ['two directions', { 'space directions': '(1,0,0) (0,1,0)' }, /has 2 vectors, not 3/],
    ['a direction of two numbers', { 'space directions': '(1,0,0) (0,1,0) (0,1)' }, /"0,1" is not 3 numbers/],
    ['an axis without direction', { 'space directions': 'none (0,1,0) (0,0,1)' }, /not a list of vectors/],
    [
      'axes that are not at right angles',
      { 'space directions': '(1,0,0) (0,1,0) (0,1,3)' },
      /axes j and k stand at/,
    ],
    ['no origin', { 'space origin': undefined }, /has no "space origin"/],
    ['an infinite origin', { 'space origin': '(0,0,1e999)' }, /"0,0,1e999" is not 3 numbers/],
    ['a slice list', { 'data file': 'LIST' }, /several files/],
    ['a path upwards', { 'data file': '../ct.raw' }, /does not lie in its own folder/],
    ['skipped lines', { 'line skip': '2' }, /"line skip: 2" is not read/],
    ['a field of no format', { colour: 'blue' }, /no field "colour"/],
  ])('refuses %s, naming the file and the place', (_, fields, reason) => {
    const files = nrrdFiles({ ...SMALL_CT, dataFile: 'ct.raw', fields });
    expect(() => parse(files, 'bad.nhdr')).toThrow(reason);
    expect(() => parse(files, 'bad.nhdr')).toThrow(
      expect.objectContaining({ kind: 'invalid-input', message: expect.stringContaining('bad.nhdr') }),
    );
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['bytes of another kind', Buffer.from('NRRD0009\n\n'), /does not begin with NRRD0001/],
    ['a header without an end', Buffer.from('NRRD0004\ntype: short\n'), /header has no end/],
    ['a line that says nothing', Buffer.from('NRRD0004\nhello\n\n'), /line 2 is not "field: value"/],
    [
      'a field twice',
      Buffer.from('NRRD0004\ntype: short\ntype: short\n\n'),
      /line 3 says "type" a second time/,
    ],
    [
      'packed voxels cut short',
      nrrdFiles({ ...SMALL_CT, packed: true }).header.slice(0, -9),
      /gzip stream is damaged or cut short/,
    ],
    [
      'packed voxels that unpack to less',
      nrrdFiles({ ...SMALL_CT, packed: true, values: [1, 2] }).header,
      /unpacks to 4 bytes where 48/,
    ],
    [
      'packed voxels that unpack to more',
      nrrdFiles({ ...SMALL_CT, packed: true, values: Array(9999).fill(7) }).header,
      /unpacks to more than the 48 bytes/,
    ],
  ])('refuses %s', (_, bytes, reason) => {
    expect(() => parseNrrd(bytes, undefined, 'bad.nrrd')).toThrow(reason);
  });
});
