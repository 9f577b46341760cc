/** RLE Lossless (PS3.5 Annex G): each byte of a sample is a plane of its own, most significant first, packed by PackBits. */
import { CodecError, type DecodedFrame, type FrameLayout } from './codecError.ts';

const HEADER_BYTES = 64;
const SEGMENTS = 2;

/** Unpacks one segment; bytes after the last pixel are padding. */
function unpack(packed: Uint8Array, length: number): Uint8Array {
  const plain = new Uint8Array(length);
  let from = 0;
  let to = 0;
  while (to < length) {
    if (from >= packed.length) throw new CodecError('a segment is cut short');
    const control = packed[from++]!;
    if (control === 128) continue;
    const count = control < 128 ? control + 1 : 257 - control;
    if (to + count > length) throw new CodecError('a segment holds more than the image');
    if (control < 128) {
      if (from + count > packed.length) throw new CodecError('a segment is cut short');
      plain.set(packed.subarray(from, from + count), to);
      from += count;
    } else {
      if (from >= packed.length) throw new CodecError('a segment is cut short');
      plain.fill(packed[from++]!, to, to + count);
    }
    to += count;
  }
  return plain;
}

/** @throws CodecError where the frame is no RLE of 16-bit samples or is cut short */
export function decodeRle(frame: Uint8Array, { rows, columns }: FrameLayout): DecodedFrame {
  if (frame.length < HEADER_BYTES) throw new CodecError('its header is cut short');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== SEGMENTS)
    throw new CodecError(`it has ${segments} segments where 16-bit samples have ${SEGMENTS}`);
  const [high, low] = [0, 1].map((segment) => {
    const start = view.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < SEGMENTS ? view.getUint32(8 + 4 * segment, true) : frame.length;
    if (start < HEADER_BYTES || end < start || end > frame.length)
      throw new CodecError('a segment lies outside the frame');
    return unpack(frame.subarray(start, end), rows * columns);
  }) as [Uint8Array, Uint8Array];
  const words = new Uint16Array(rows * columns);
  for (let i = 0; i < words.length; i++) words[i] = (high[i]! << 8) | low[i]!;
  return { rows, columns, precision: 16, signed: false, words };
}
