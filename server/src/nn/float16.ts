/** IEEE 754 binary16, which JavaScript engines of Node 20 and 22 do not have. */

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The half nearest to `value`, ties to even; beyond ±65504 infinity. */
export function toFloat16(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 112;
  const mantissa = word & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  if (exponent >= 31) return sign | 0x7c00;
  // Subnormals shift the implicit one in; below half of the smallest one everything is zero.
  if (exponent < -10) return sign;
  const full = exponent > 0 ? (exponent << 23) | mantissa : (mantissa | 0x800000) >>> 0;
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const kept = full >>> shift;
  const rest = full & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

export function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
