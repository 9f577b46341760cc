/** JPEG-LS (ITU-T T.87), decoded by CharLS. */
import { CodecError, type DecodedFrame } from './codecError.ts';
import { jpegSegments } from './jpegMarkers.ts';
import { wordsOf } from './sampleWords.ts';
import { wasmDecoder } from './wasmCodec.ts';

export interface JpegLsHead {
  readonly columns: number;
  readonly rows: number;
  readonly components: number;
  readonly precision: number;
  /** Greatest difference of a decoded sample from the original one: 0 is lossless. */
  readonly near: number;
}

const decode = wasmDecoder({
  loader: '@cornerstonejs/codec-charls/decodewasmjs',
  wasm: '@cornerstonejs/codec-charls/decodewasm',
  decoder: 'JpegLSDecoder',
});

export function jpegLsHead(frame: Uint8Array): JpegLsHead {
  let size: Omit<JpegLsHead, 'near'> | undefined;
  for (const { marker, start, end } of jpegSegments(frame)) {
    const view = new DataView(frame.buffer, frame.byteOffset + start, end - start);
    if (marker === 0xf7 && view.byteLength >= 6)
      size = {
        precision: view.getUint8(0),
        rows: view.getUint16(1),
        columns: view.getUint16(3),
        components: view.getUint8(5),
      };
    if (marker === 0xda && size !== undefined && view.byteLength >= 4)
      return { ...size, near: view.getUint8(view.byteLength - 3) };
  }
  throw new CodecError('it is no JPEG-LS');
}

/** @throws CodecError where the stream is damaged, cut short, or larger than `limit` pixels */
export function decodeJpegLs(frame: Uint8Array, limit: number): DecodedFrame {
  const { columns, rows, components, precision } = jpegLsHead(frame);
  if (components !== 1) throw new CodecError(`it has ${components} components instead of one`);
  if (columns * rows > limit) throw new CodecError(`it is an image of ${columns} x ${rows} pixels`);
  const { info, bytes } = decode(frame);
  return {
    columns: info.width,
    rows: info.height,
    precision,
    signed: false,
    words: wordsOf(bytes, { precision: info.bitsPerSample, signed: false }, columns * rows),
  };
}
