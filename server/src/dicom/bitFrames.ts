/** Pixel values of one bit, as binary segmentations store them. */

/**
 * Unpacks pixels of one bit: the first one is the lowest bit of the first byte, and frames follow each other without
 * padding, so that one may begin inside a byte (PS3.5 section 8.1.1 and Annex D).
 *
 * @param first index of the first pixel, counted over all frames
 * @returns 0 or 1 a pixel, in the order stored
 */
export function unpackBits(packed: Uint8Array, first: number, count: number): Uint8Array {
  const bits = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const at = first + index;
    bits[index] = ((packed[at >>> 3] ?? 0) >>> (at & 7)) & 1;
  }
  return bits;
}

/**
 * Packs frames of one bit a pixel, as {@link unpackBits} reads them.
 *
 * @param frames of each frame the indices of the pixels that are set
 * @returns of even length (PS3.5 section 7.1.1)
 */
export function packBits(
  frames: readonly (readonly number[])[],
  pixelsPerFrame: number,
): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(Math.ceil((frames.length * pixelsPerFrame) / 16) * 2);
  frames.forEach((pixels, frame) => {
    for (const pixel of pixels) {
      const at = frame * pixelsPerFrame + pixel;
      packed[at >>> 3] = packed[at >>> 3]! | (1 << (at & 7));
    }
  });
  return packed;
}
