import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeNpy, parseNpy } from '../../server/src/formats/npy.ts';

/** A file of version 1.0 with this header, and as many bytes as are given. */
function file(header: string, data: Uint8Array): Uint8Array {
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  return new Uint8Array(Buffer.concat([prefix, Buffer.from(header), data]));
}
const headerOf = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`;

test('an array of any shape is read back as it was written', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.infiniteStream(fc.float({ noNaN: true })), (shape, values) => {
      const count = shape.reduce((product, length) => product * length, 1);
      const data = Float32Array.from(values.take(count));
      const bytes = encodeNpy(data, shape);
      expect(parseNpy(bytes, 'x.npy')).toEqual({ shape, data });
      // Readers that map the file need the numbers at a multiple of 64 bytes.
      expect((bytes.length - data.byteLength) % 64).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['|i1', Int8Array.of(-128, 0, 127)],
  ['|u1', Uint8Array.of(0, 1, 255)],
  ['<i2', Int16Array.of(-32768, 0, 32767)],
  ['<u2', Uint16Array.of(0, 1, 65535)],
  ['<i4', Int32Array.of(-1000000, 0, 1000000)],
  ['<u4', Uint32Array.of(0, 1, 1000000)],
  ['<f4', Float32Array.of(-1.5, 0, 1e30)],
  ['<f8', Float64Array.of(-1.5, 0, 2.25)],
])('numbers of type %s become float32', (descr, numbers) => {
  const { shape, data } = parseNpy(file(headerOf(descr, '3,'), new Uint8Array(numbers.buffer)), 'x.npy');
  expect(shape).toEqual([3]);
  expect(data).toEqual(Float32Array.from(numbers));
});

describe('what is no such array is refused by name', () => {
  const six = new Uint8Array(24);
  test.each<[string, Uint8Array, RegExp]>([
    ['bytes of another kind', Buffer.from('not an array'), /does not begin as a \.npy file/],
    ['a header that is cut short', encodeNpy(new Float32Array(6), [6]).slice(0, 40), /header is cut short/],
    [
      'numbers that are cut short',
      encodeNpy(new Float32Array(6), [6]).slice(0, -4),
      /holds 20 bytes where its shape \(6\) needs 24/,
    ],
    [
      'bytes left over',
      file(headerOf('<f4', '2, 2'), six),
      /holds 24 bytes where its shape \(2, 2\) needs 16/,
    ],
    [
      'a shape that no memory holds',
      file(headerOf('<f4', '99999999999, 99999999999'), six),
      /holds 24 bytes where/,
    ],
    [
      'a shape of no numbers',
      file(headerOf('<f4', '2, x'), six),
      /shape \(2, x\) is not one of positive whole numbers/,
    ],
    [
      'Fortran order',
      file(headerOf('<f4', '2, 3', 'True'), six),
      /Fortran order: save it with np\.ascontiguousarray/,
    ],
    ['big-endian numbers', file(headerOf('>f4', '6,'), six), /numbers are of type >f4/],
    ['objects', file(headerOf('|O', '6,'), six), /numbers are of type \|O/],
    ['a header without a shape', file("{'descr': '<f4'}\n", six), /lacks descr, fortran_order or shape/],
  ])('%s', (_, bytes, message) => {
    expect(() => parseNpy(bytes, 'bad.npy')).toThrow(message);
    expect(() => parseNpy(bytes, 'bad.npy')).toThrow(
      expect.objectContaining({ kind: 'invalid-input', message: expect.stringMatching(/^bad\.npy/) }),
    );
  });
});
