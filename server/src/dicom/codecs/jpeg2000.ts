/** JPEG 2000 (ITU-T T.800), decoded by OpenJPEG, and High-Throughput JPEG 2000 (T.814), decoded by OpenJPH. */
import { CodecError, type DecodedFrame } from './codecError.ts';
import { wordsOf } from './sampleWords.ts';
import { wasmDecoder, type DecodedBytes } from './wasmCodec.ts';

export interface Jpeg2000Head {
  readonly columns: number;
  readonly rows: number;
  readonly components: number;
  readonly precision: number;
  readonly signed: boolean;
  /** True for the 5/3 wavelet in whole numbers, false for the 9/7 wavelet, whose result depends on the decoder's rounding. */
  readonly reversible: boolean;
}

const START = 0xff4f;
const SIZE = 0xff51;
const CODING_STYLE = 0xff52;
const START_OF_TILE = 0xff90;

const decodeJ2k = wasmDecoder({
  loader: '@cornerstonejs/codec-openjpeg/decodewasmjs',
  wasm: '@cornerstonejs/codec-openjpeg/decodewasm',
  decoder: 'J2KDecoder',
});
const decodeHtj2k = wasmDecoder({
  loader: '@cornerstonejs/codec-openjph/wasmjs',
  wasm: '@cornerstonejs/codec-openjph/wasm',
  decoder: 'HTJ2KDecoder',
});

/** The main header of a codestream (T.800 Annex A). */
export function jpeg2000Head(frame: Uint8Array): Jpeg2000Head {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const word = (at: number): number => {
    if (at + 2 > view.byteLength) throw new CodecError('its header is cut short');
    return view.getUint16(at);
  };
  if (word(0) !== START || word(2) !== SIZE)
    throw new CodecError('it does not begin like a JPEG 2000 codestream');
  let size: Omit<Jpeg2000Head, 'reversible'> | undefined;
  for (let at = 2; word(at) !== START_OF_TILE; at += 2 + word(at + 2)) {
    const marker = word(at);
    if (marker < 0xff00 || word(at + 2) < 2 || at + 2 + word(at + 2) > view.byteLength)
      throw new CodecError('its header is damaged');
    if (marker === SIZE && word(at + 2) >= 41) {
      const depth = view.getUint8(at + 40);
      size = {
        columns: view.getUint32(at + 6) - view.getUint32(at + 14),
        rows: view.getUint32(at + 10) - view.getUint32(at + 18),
        components: word(at + 38),
        precision: (depth & 0x7f) + 1,
        signed: depth >= 0x80,
      };
    }
    if (marker === CODING_STYLE && word(at + 2) >= 12 && size !== undefined)
      return { ...size, reversible: view.getUint8(at + 13) === 1 };
  }
  throw new CodecError('its header is damaged');
}

function decodeWith(
  decode: (frame: Uint8Array) => DecodedBytes,
  frame: Uint8Array,
  limit: number,
): DecodedFrame {
  const { columns, rows, components, precision, signed } = jpeg2000Head(frame);
  if (components !== 1) throw new CodecError(`it has ${components} components instead of one`);
  if (columns * rows > limit) throw new CodecError(`it is an image of ${columns} x ${rows} pixels`);
  const { info, bytes } = decode(frame);
  return {
    columns: info.width,
    rows: info.height,
    precision,
    signed,
    words: wordsOf(bytes, { precision, signed }, info.width * info.height),
  };
}

/** @throws CodecError where the stream is damaged, cut short, or larger than `limit` pixels */
export const decodeJpeg2000 = (frame: Uint8Array, limit: number): DecodedFrame =>
  decodeWith(decodeJ2k, frame, limit);

/** @throws CodecError where the stream is damaged, cut short, or larger than `limit` pixels */
export const decodeHtJpeg2000 = (frame: Uint8Array, limit: number): DecodedFrame =>
  decodeWith(decodeHtj2k, frame, limit);
