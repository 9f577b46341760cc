import { describe, expect, test } from '@jest/globals';
import { fromFloat16, toFloat16 } from '../../../server/src/nn/float16.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../server/src/nn/safetensors.ts';

const TENSORS = {
  a: { shape: [2, 3], values: Float32Array.of(1, 2, 3, -4, 5.5, 1e-7) },
  b: { shape: [], values: Float32Array.of(7) },
};

const encoded = (type: 'F32' | 'F16' = 'F32'): Buffer =>
  Buffer.concat([...encodeSafetensors(TENSORS, { note: 'hello' }, type)]);

/** A file with the given header and as many bytes of data. */
function file(header: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const entry = (shape: number[], begin: number, end: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  test('come back as they were written, with their metadata', () => {
    const { tensors, metadata } = decodeSafetensors(encoded(), 'x');
    expect(tensors).toEqual(TENSORS);
    expect(metadata).toEqual({ note: 'hello' });
  });

  test('keep three decimal digits as half floats', () => {
    const { tensors } = decodeSafetensors(encoded('F16'), 'x');
    TENSORS.a.values.forEach((value, i) =>
      expect(Math.abs(tensors.a!.values[i]! - value)).toBeLessThanOrEqual(Math.abs(value) * 0.0005 + 3e-8),
    );
  });

  test('are laid out as the format says: aligned header, values in the order of the offsets', () => {
    const bytes = encoded();
    const headerLength = Number(bytes.readBigUInt64LE(0));
    expect(headerLength % 8).toBe(0);
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<string, unknown>;
    expect(header.a).toEqual(entry([2, 3], 0, 24));
    expect(header.b).toEqual(entry([], 24, 28));
    expect(bytes.readFloatLE(8 + headerLength + 16)).toBe(5.5);
    expect(bytes.length).toBe(8 + headerLength + 28);
  });

  test.each([
    ['cut off within the length', encoded().subarray(0, 5), 'shorter'],
    ['cut off within the header', encoded().subarray(0, 30), 'header claims'],
    ['cut off within the values', encoded().subarray(0, -1), 'behind the last'],
    ['with bytes that belong to no tensor', Buffer.concat([encoded(), Buffer.alloc(4)]), 'no tensor'],
    ['with overlapping tensors', file({ a: entry([2], 0, 8), b: entry([2], 4, 12) }, 12), 'overlap'],
    ['with a gap', file({ a: entry([1], 0, 4), b: entry([1], 8, 12) }, 12), 'gap'],
    ['with a shape that does not fit its bytes', file({ a: entry([3], 0, 8) }, 8), '[3]'],
    ['with a negative offset', file({ a: entry([2], -8, 0) }, 8), 'malformed'],
    ['with an element type that is not read here', file({ a: entry([2], 0, 2, 'BOOL') }, 2), 'malformed'],
    ['without a JSON header', file('{"a":', 0), 'JSON'],
    ['with a header length beyond any file', Buffer.alloc(16, 0xff), 'header claims'],
  ])('are refused %s', (_, bytes, reason) => {
    expect(() => decodeSafetensors(bytes, 'weights.safetensors')).toThrow(reason);
    expect(() => decodeSafetensors(bytes, 'weights.safetensors')).toThrow('weights.safetensors');
  });

  test('refuse to be written with the wrong number of values', () => {
    const wrong = { a: { shape: [2], values: new Float32Array(3) } };
    expect(() => [...encodeSafetensors(wrong)]).toThrow('[2]');
  });
});

describe('half floats', () => {
  test('survive a round trip, all 65,536 of them', () => {
    for (let half = 0; half < 65536; half++) {
      const value = fromFloat16(half);
      if (Number.isNaN(value)) expect(Number.isNaN(fromFloat16(toFloat16(value)))).toBe(true);
      else if (toFloat16(value) !== half) throw new Error(`${half} → ${value} → ${toFloat16(value)}`);
    }
  });

  test.each([
    [1 + 1 / 2048, 0x3c00],
    [1 + 3 / 2048, 0x3c02],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [2 ** -25, 0],
    [2 ** -25 * 1.01, 1],
    [-(2 ** -24), 0x8001],
  ])('round %d to the nearest, ties to even', (value, half) => {
    expect(toFloat16(value)).toBe(half);
  });
});
