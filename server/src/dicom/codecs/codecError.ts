/** What a decoder throws: the caller knows the file and the transfer syntax, and makes one message of all three. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}

/** An image that decodes, but not to values that anything could be proven with. */
export class LossyError extends CodecError {}

/** What the header of an image says its frame is. */
export interface FrameLayout {
  readonly rows: number;
  readonly columns: number;
  /** 9 to 16 for a CT as it should be; kept in words of 16 bits. */
  readonly bitsStored: number;
  readonly signed: boolean;
}

/** One decoded frame, a sample per pixel. */
export interface DecodedFrame {
  readonly columns: number;
  readonly rows: number;
  /** Bits of a sample in the codestream. */
  readonly precision: number;
  /** True where the codestream itself knows signs (JPEG 2000 does, JPEG and JPEG-LS do not). */
  readonly signed: boolean;
  /** Row by row; signed samples as two's complement in 16 bits. */
  readonly words: Uint16Array;
}
