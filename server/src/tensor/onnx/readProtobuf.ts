/**
 * Reads the protocol buffer wire format (https://protobuf.dev/programming-guides/encoding/), as far as ONNX needs it.
 * Every length is checked against the bytes that there are before it is trusted.
 */
import { NoduleLabError } from '../../volume/errors.ts';

/** One field of a message; `bytes` is a view, not a copy. */
export type Field =
  | { readonly number: number; readonly kind: 'integer'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'bytes'; readonly bytes: Uint8Array };

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
/** A varint of 64 bits takes at most ten bytes. */
const LONGEST_VARINT = 10;

/** The fields of a message in the order of the file. Fixed-width fields come as their 4 or 8 bytes. */
export function* readFields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      const byte = message[at++];
      if (byte === undefined) throw damaged('it ends in the middle of a number');
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw damaged('a number in it is longer than 64 bits');
  };
  const take = (length: number): Uint8Array => {
    if (length > message.length - at) throw damaged('it ends in the middle of a field');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    if (number === 0) throw damaged('it has a field without a number');
    switch (tag & 7) {
      case VARINT:
        yield { number, kind: 'integer', value: varint() };
        break;
      case FIXED64:
        yield { number, kind: 'bytes', bytes: take(8) };
        break;
      case LENGTH_DELIMITED:
        yield { number, kind: 'bytes', bytes: take(Number(varint())) };
        break;
      case FIXED32:
        yield { number, kind: 'bytes', bytes: take(4) };
        break;
      default:
        throw damaged(`it has a field of the unknown kind ${tag & 7}`);
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a field. */
export function textOf(field: Field): string {
  if (field.kind !== 'bytes') throw damaged('a number stands where a text is expected');
  try {
    return utf8.decode(field.bytes);
  } catch (error) {
    throw damaged('a text in it is not UTF-8', error);
  }
}

/** The bytes of a field, such as a nested message. */
export function bytesOf(field: Field): Uint8Array {
  if (field.kind !== 'bytes') throw damaged('a number stands where a message is expected');
  return field.bytes;
}

/** The whole number of a field (int64). */
export function integerOf(field: Field): number {
  if (field.kind !== 'integer') throw damaged('a message stands where a number is expected');
  return Number(BigInt.asIntN(64, field.value));
}

/** Repeated int64 values: one a field, or many packed into one. */
export function integersOf(field: Field): number[] {
  if (field.kind === 'integer') return [integerOf(field)];
  // Packed values are varints one after the other: the same as fields without their tags.
  const values: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of field.bytes) {
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte >= 128) continue;
    values.push(Number(BigInt.asIntN(64, value)));
    value = 0n;
    shift = 0n;
  }
  if (shift !== 0n) throw damaged('it ends in the middle of a number');
  return values;
}

const damaged = (problem: string, cause?: unknown): NoduleLabError =>
  new NoduleLabError('invalid-input', problem, {}, cause);
