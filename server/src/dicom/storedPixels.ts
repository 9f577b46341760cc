/**
 * Stored pixel values of one CT slice and their Hounsfield units (PS3.3 C.7.6.3.1, C.8.2.1.1.3):
 * HU = stored * slope + intercept, rounded to a whole HU and clipped to Int16.
 */
import { NoduleLabError } from '../volume/errors.ts';

export interface PixelFormat {
  /** 1 to 16; stored in 16 bits, low-aligned. */
  readonly bitsStored: number;
  /** Pixel Representation = 1: two's complement. */
  readonly signed: boolean;
  readonly slope: number;
  readonly intercept: number;
  /** Stored values from low to high that mean "outside the field of view" (PS3.3 C.7.5.1.1.2). */
  readonly padding: { readonly low: number; readonly high: number } | undefined;
}

/** HU of padding: air, as outside the patient; scanners store values such as -3024 HU there, which no tissue has. */
export const PADDING_HU = -1024;

export function storedRange(format: Pick<PixelFormat, 'bitsStored' | 'signed'>): {
  low: number;
  high: number;
} {
  const span = 2 ** format.bitsStored;
  return format.signed ? { low: -span / 2, high: span / 2 - 1 } : { low: 0, high: span - 1 };
}

/** Value of the low `bitsStored` bits; bits above them may hold anything (PS3.5 section 8.1.1). */
export function interpretStored(raw: number, format: Pick<PixelFormat, 'bitsStored' | 'signed'>): number {
  const shift = 32 - format.bitsStored;
  return format.signed ? (raw << shift) >> shift : (raw << shift) >>> shift;
}

export function isPadding(stored: number, format: PixelFormat): boolean {
  return format.padding !== undefined && stored >= format.padding.low && stored <= format.padding.high;
}

export function storedToHu(stored: number, format: PixelFormat): number {
  if (isPadding(stored, format)) return PADDING_HU;
  const hu = Math.round(stored * format.slope + format.intercept);
  return hu < -32768 ? -32768 : hu > 32767 ? 32767 : hu;
}

/** HU of each of the 65,536 words a pixel can hold: a slice is then one look-up per pixel. */
export function huLookup(format: PixelFormat): Int16Array {
  const table = new Int16Array(65536);
  for (let raw = 0; raw < 65536; raw++) table[raw] = storedToHu(interpretStored(raw, format), format);
  return table;
}

/** HU of a slice's words, into `hu` of the same length. A function of its own: in a closure the loop takes twice as long. */
export function lookUpHu(words: Uint16Array, table: Int16Array, hu: Int16Array): void {
  const { length } = words;
  for (let i = 0; i < length; i++) hu[i] = table[words[i]!]!;
}

/** Pixel words of a slice, little endian, whatever the alignment of the file in memory. */
export function pixelWords(bytes: Uint8Array, offset: number, count: number): Uint16Array {
  if ((bytes.byteOffset + offset) % 2 === 0)
    return new Uint16Array(bytes.buffer, bytes.byteOffset + offset, count);
  return new Uint16Array(bytes.slice(offset, offset + 2 * count).buffer);
}

/**
 * True where every whole HU has exactly one stored value: 1/slope and intercept/slope are whole numbers. Only then
 * can a changed voxel be written and read back unchanged.
 */
export function isExactlyInvertible(format: PixelFormat): boolean {
  const perHu = 1 / format.slope;
  const offset = format.intercept / format.slope;
  return (
    format.slope > 0 &&
    Math.abs(perHu - Math.round(perHu)) < 1e-9 &&
    Math.abs(offset - Math.round(offset)) < 1e-6
  );
}

/**
 * Stored value of a whole HU, clipped to what the bits hold. A result that means padding is moved to the nearest value
 * that does not.
 */
export function huToStored(hu: number, format: PixelFormat): number {
  const { low, high } = storedRange(format);
  const exact = Math.round((hu - format.intercept) / format.slope);
  const stored = exact < low ? low : exact > high ? high : exact;
  if (!isPadding(stored, format)) return stored;
  const above = format.padding!.high + 1;
  if (above <= high) return above;
  const below = format.padding!.low - 1;
  if (below >= low) return below;
  throw new NoduleLabError('unusable', 'The pixel padding range of this series covers every stored value.');
}
