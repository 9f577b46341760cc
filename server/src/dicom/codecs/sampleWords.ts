/** Samples as decoders hand them out, as words of 16 bits. */
import { CodecError } from './codecError.ts';

/** @param bytes a byte per sample up to 8 bits of precision, else two, least significant first */
export function wordsOf(
  bytes: Uint8Array,
  { precision, signed }: { readonly precision: number; readonly signed: boolean },
  count: number,
): Uint16Array {
  const wide = precision > 8;
  if (bytes.length !== count * (wide ? 2 : 1))
    throw new CodecError(
      `it decodes to ${bytes.length} bytes where ${count} samples of ${precision} bits are expected`,
    );
  if (wide) return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  return Uint16Array.from(signed ? new Int8Array(bytes.buffer, bytes.byteOffset, count) : bytes);
}
