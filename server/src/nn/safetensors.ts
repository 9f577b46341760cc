/**
 * The safetensors format (https://github.com/huggingface/safetensors#format): eight bytes of header length, a JSON
 * header, then the values. A header is trusted only after every length and offset in it has been checked against the
 * file.
 */
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import { formatShape, sizeOf, type Shape } from '../tensor/index.ts';
import { fromFloat16, toFloat16 } from './float16.ts';

export interface StoredTensor {
  readonly shape: Shape;
  readonly values: Float32Array;
}
export type StoredTensors = Readonly<Record<string, StoredTensor>>;
export type StoredType = 'F32' | 'F16';
/** One type for all tensors, or one for each by its name. */
export type StoredTypes = StoredType | ((name: string) => StoredType);

const BYTES: Record<StoredType, number> = { F32: 4, F16: 2 };
const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

const length = z.number().int().nonnegative();
const entrySchema = z.object({
  dtype: z.enum(['F32', 'F16']),
  shape: z.array(length),
  data_offsets: z.tuple([length, length]),
});
const headerSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.record(z.string(), z.string());

/** The file as a sequence of pieces, so that a writer need not hold a second copy of all weights. */
export function* encodeSafetensors(
  tensors: StoredTensors,
  metadata: Readonly<Record<string, string>> = {},
  types: StoredTypes = 'F32',
): Generator<Uint8Array> {
  const typeOf = typeof types === 'string' ? () => types : types;
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    if (values.length !== sizeOf(shape))
      throw new NoduleLabError(
        'invalid-input',
        `The tensor ${name} has ${values.length} values, which is not what its shape ${formatShape(shape)} holds.`,
      );
    const dtype = typeOf(name);
    header[name] = { dtype, shape, data_offsets: [offset, (offset += values.length * BYTES[dtype])] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces after the JSON align the values to eight bytes, as the format asks.
  const padded = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(json, LENGTH_BYTES);
  yield start;
  for (const [name, { values }] of Object.entries(tensors)) {
    const stored = typeOf(name) === 'F32' ? values : Uint16Array.from(values, toFloat16);
    yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
}

/** Reads a whole file. `origin` names it in errors. */
export function decodeSafetensors(
  bytes: Uint8Array,
  origin: string,
): { tensors: Record<string, StoredTensor>; metadata: Record<string, string> } {
  const fail = (problem: string, cause?: unknown): never => {
    throw new NoduleLabError(
      'invalid-input',
      `${origin} is not a valid safetensors file: ${problem}. Restore it from its source.`,
      { origin },
      cause,
    );
  };
  if (bytes.length < LENGTH_BYTES) fail('it is shorter than its own length field');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > Math.min(MAX_HEADER_BYTES, bytes.length - LENGTH_BYTES))
    fail(`its header claims ${headerLength} bytes, more than there are`);
  const header = parse(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerLength), fail);
  const data = bytes.subarray(LENGTH_BYTES + headerLength);

  const metadata = metadataSchema.safeParse(header.__metadata__ ?? {});
  if (!metadata.success) return fail('its metadata is not a map of strings', metadata.error);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => {
      const entry = entrySchema.safeParse(value);
      return entry.success
        ? ([name, entry.data] as const)
        : fail(`the entry ${name} is malformed`, entry.error);
    })
    .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  let expected = 0;
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const [begin, end] = data_offsets;
    if (begin !== expected)
      fail(`the tensor ${name} starts at ${begin} where ${expected} is next (overlap or gap)`);
    if (end - begin !== sizeOf(shape) * BYTES[dtype])
      fail(`the tensor ${name} of shape ${formatShape(shape)} takes ${end - begin} bytes`);
    if (end > data.length) fail(`the tensor ${name} ends at ${end}, behind the last of ${data.length} bytes`);
    tensors[name] = { shape, values: decodeValues(data.slice(begin, end), dtype) };
    expected = end;
  }
  if (expected !== data.length) fail(`${data.length - expected} bytes belong to no tensor`);
  return { tensors, metadata: metadata.data };
}

function parse(json: Uint8Array, fail: (problem: string, cause?: unknown) => never): Record<string, unknown> {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)));
  } catch (error) {
    return fail('its header is not a JSON object', error);
  }
}

/** `bytes` is a fresh copy, so its buffer is aligned. Both sides are little-endian. */
function decodeValues(bytes: Uint8Array, type: StoredType): Float32Array {
  if (type === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return Float32Array.from(
    new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2),
    fromFloat16,
  );
}
