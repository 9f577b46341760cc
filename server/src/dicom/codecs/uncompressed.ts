/**
 * Makes a single-frame image readable whatever its transfer syntax: compressed pixels are decoded, deflated and
 * big-endian data sets are rewritten, and the result is a Part 10 file in Explicit VR Little Endian. Every other
 * element keeps its bytes, so that what is spliced and verified later works on one form only.
 *
 * Lossy images: near-lossless JPEG-LS decodes to the same values everywhere (T.87) and is read where its header owns up to
 * the loss; JPEG and irreversible JPEG 2000 decode to values that depend on the decoder's rounding, so that nobody could
 * prove a derived series equal to such a source: they are refused.
 */
import { NoduleLabError } from '../../volume/errors.ts';
import { walkItems, type ElementRange } from '../elementWalk.ts';
import { concatBytes, explicitHeader } from '../explicitSyntax.ts';
import type { Part10 } from '../part10.ts';
import { rewrapped } from '../rewrap.ts';
import { TAG, transferSyntaxName } from '../tags.ts';
import { CodecError, LossyError, type DecodedFrame, type FrameLayout } from './codecError.ts';
import { decodeHtJpeg2000, decodeJpeg2000, jpeg2000Head } from './jpeg2000.ts';
import { decodeJpegLossless } from './jpegLossless.ts';
import { decodeJpegLs, jpegLsHead } from './jpegLs.ts';
import { decodeRle } from './rle.ts';

export interface ImageLayout extends FrameLayout {
  /** Lossy Image Compression (0028,2110) = 01. */
  readonly markedLossy: boolean;
}

type Decode = (frame: Uint8Array, layout: ImageLayout) => DecodedFrame;

const limitOf = ({ rows, columns }: FrameLayout): number => rows * columns;

/** Throws CodecError where the decoded values would depend on the decoder. */
function requireReversible(frame: Uint8Array, { markedLossy }: ImageLayout): void {
  if (!jpeg2000Head(frame).reversible || markedLossy)
    throw new LossyError('it is lossy, and its values depend on the decoder');
}

const jpeg2000: Decode = (frame, layout) => decodeJpeg2000(frame, limitOf(layout));
const htJpeg2000: Decode = (frame, layout) => decodeHtJpeg2000(frame, limitOf(layout));
const jpegLossless: Decode = (frame, layout) => decodeJpegLossless(frame, limitOf(layout));
const ifReversible =
  (decode: Decode): Decode =>
  (frame, layout) => {
    requireReversible(frame, layout);
    return decode(frame, layout);
  };

/** By transfer syntax (PS3.5 Annex A.4). */
const DECODERS: Readonly<Record<string, Decode>> = {
  '1.2.840.10008.1.2.5': decodeRle,
  '1.2.840.10008.1.2.4.57': jpegLossless,
  '1.2.840.10008.1.2.4.70': jpegLossless,
  '1.2.840.10008.1.2.4.80': (frame, layout) => {
    if (jpegLsHead(frame).near !== 0) throw new LossyError('it is near-lossless, not lossless');
    return decodeJpegLs(frame, limitOf(layout));
  },
  '1.2.840.10008.1.2.4.81': (frame, layout) => {
    if (jpegLsHead(frame).near !== 0 && !layout.markedLossy)
      throw new LossyError('it is lossy, and its header does not say so (Lossy Image Compression)');
    return decodeJpegLs(frame, limitOf(layout));
  },
  '1.2.840.10008.1.2.4.90': ifReversible(jpeg2000),
  '1.2.840.10008.1.2.4.91': ifReversible(jpeg2000),
  '1.2.840.10008.1.2.4.201': ifReversible(htJpeg2000),
  '1.2.840.10008.1.2.4.202': ifReversible(htJpeg2000),
  '1.2.840.10008.1.2.4.203': ifReversible(htJpeg2000),
};

/** True where the pixels of this syntax are compressed and can be decoded. */
export function hasDecoder(transferSyntaxUID: string): boolean {
  return Object.hasOwn(DECODERS, transferSyntaxUID);
}

/** The codestream of a single frame: its fragments without the offset table (PS3.5 Annex A.4). */
function codestream(file: Part10, pixels: ElementRange): Uint8Array {
  if (pixels.end === pixels.valueEnd) throw new CodecError('its pixel data are not encapsulated');
  const [, ...fragments] = walkItems(file.bytes, pixels, { explicit: true, name: file.name });
  if (fragments.length === 0) throw new CodecError('it holds no frame');
  return concatBytes(fragments.map(({ start, end }) => file.bytes.subarray(start, end)));
}

/** The pixel words as a native image stores them: signed samples of fewer than 16 bits get their sign. */
function nativeBytes(frame: DecodedFrame, layout: ImageLayout): Uint8Array {
  const { rows, columns, bitsStored } = layout;
  if (frame.rows !== rows || frame.columns !== columns || frame.words.length !== rows * columns)
    throw new CodecError(
      `it decodes to ${frame.columns} x ${frame.rows} pixels where the header says ${columns} x ${rows}`,
    );
  const { words } = frame;
  if (layout.signed && !frame.signed) {
    // Without a sign of its own the codestream must hold all stored bits, or nobody knows which one is the sign.
    if (frame.precision < bitsStored)
      throw new CodecError(
        `it has ${frame.precision} bits per sample where the header says ${bitsStored} signed bits`,
      );
    const shift = 32 - bitsStored;
    if (frame.precision === bitsStored)
      for (let i = 0; i < words.length; i++) words[i] = (words[i]! << shift) >> shift;
  }
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/**
 * @param pixels the pixel data element of `file`
 * @returns the file with native pixels in Explicit VR Little Endian
 * @throws NoduleLabError 'unusable' where the syntax has no decoder, 'invalid-input' where the frame cannot be decoded;
 *   the message names the file and the transfer syntax
 */
export function withNativePixels(file: Part10, pixels: ElementRange, layout: ImageLayout): Uint8Array {
  const decode = DECODERS[file.transferSyntaxUID];
  const syntax = transferSyntaxName(file.transferSyntaxUID);
  if (decode === undefined)
    throw new NoduleLabError('unusable', `${file.name}: ${syntax} has no decoder.`, { file: file.name });
  try {
    const native = nativeBytes(decode(codestream(file, pixels), layout), layout);
    return rewrapped(file, [
      file.bytes.subarray(file.dataSetStart, pixels.start),
      explicitHeader(TAG.PixelData, 'OW', native.length),
      native,
      file.bytes.subarray(pixels.end),
    ]).bytes;
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    const lossy = cause instanceof LossyError;
    const advice = lossy
      ? 'Use the original series, stored without loss'
      : 'Copy or download the file again, or convert the series to Explicit VR Little Endian';
    throw new NoduleLabError(
      lossy ? 'unusable' : 'invalid-input',
      `${file.name}: the image is stored as ${syntax} and cannot be used: ${cause.message}. ${advice}.`,
      { file: file.name, transferSyntaxUID: file.transferSyntaxUID },
      cause,
    );
  }
}
