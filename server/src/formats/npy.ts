/**
 * NumPy's `.npy` files (format version 1.0, NumPy Enhancement Proposal 1): one array of numbers in C order.
 *
 * Own reader and writer instead of npyjs: what it would do beyond the checks below are the typed array constructors,
 * and it brings an HTTP client of four packages with it.
 */
/// <reference lib="esnext.float16" />
import { NoduleLabError } from '../volume/errors.ts';

export interface NpyArray {
  /** As in the file: for a patch (z, y, x). The last axis is the fastest. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Magic, version and header length of version 1.0. */
const PREFIX = 10;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const TYPES = {
  ...{ '|b1': Uint8Array, '|i1': Int8Array, '|u1': Uint8Array, '<i2': Int16Array, '<u2': Uint16Array },
  ...{ '<i4': Int32Array, '<u4': Uint32Array, '<f2': Float16Array, '<f4': Float32Array, '<f8': Float64Array },
};
const isType = (descr: string): descr is keyof typeof TYPES => Object.hasOwn(TYPES, descr);
/** The voxels begin at a multiple of this. */
const ALIGNMENT = 64;
/** Longer headers than any array of numbers needs are damage. */
const MOST_HEADER_BYTES = 4096;

/** An array of float32 as NumPy's `np.load` reads it. */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const listed = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${listed}), }`;
  const length = Math.ceil((PREFIX + header.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(length + data.byteLength);
  bytes.set([...MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, length - PREFIX, true);
  bytes.set(new TextEncoder().encode(`${header.padEnd(length - PREFIX - 1)}\n`), PREFIX);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return bytes;
}

/**
 * Reads an array of whole or floating-point numbers, as float32.
 *
 * @param name of the file, for messages
 * @throws NoduleLabError `invalid-input` where it is no such array, is cut short or has bytes left over
 */
export function parseNpy(bytes: Uint8Array, name: string): NpyArray {
  if (MAGIC.some((byte, at) => bytes[at] !== byte) || bytes.length < 12)
    throw invalid(name, 'it does not begin as a .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint8(6);
  const start = major === 1 ? PREFIX : PREFIX + 2;
  const headerLength = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerLength > MOST_HEADER_BYTES || start + headerLength > bytes.length)
    throw invalid(name, 'its header is cut short or damaged');
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + headerLength));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const dims = /'shape'\s*:\s*\(([^)]*)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || dims === undefined)
    throw invalid(name, 'its header lacks descr, fortran_order or shape');
  if (!isType(descr))
    throw invalid(
      name,
      `its numbers are of type ${descr}, not little-endian integers or floats of up to 64 bits`,
    );
  if (order === 'True') throw invalid(name, 'it is in Fortran order: save it with np.ascontiguousarray');
  const shape = dims.split(',').flatMap((text) => (text.trim() === '' ? [] : [Number(text)]));
  if (shape.some((count) => !Number.isInteger(count) || count < 1))
    throw invalid(name, `its shape (${dims}) is not one of positive whole numbers`);
  const count = shape.reduce((product, length) => product * length, 1);
  const held = bytes.length - start - headerLength;
  const needed = count * TYPES[descr].BYTES_PER_ELEMENT;
  if (held !== needed)
    throw invalid(name, `it holds ${held} bytes where its shape (${shape.join(', ')}) needs ${needed}`);
  // A copy, so that numbers wider than a byte lie where a typed array may begin.
  const voxels = Uint8Array.prototype.slice.call(bytes, start + headerLength).buffer;
  return { shape, data: Float32Array.from(new TYPES[descr](voxels)) };
}

function invalid(name: string, why: string): NoduleLabError {
  return new NoduleLabError('invalid-input', `${name} cannot be read as .npy: ${why}.`, { name });
}
