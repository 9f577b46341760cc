/** Damages files the way transfers, disks and hostile hands do: a given seed gives the same damage each time. */

/** Uniform in [0, 1) (mulberry32, T. Ettinger 2017). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers that break arithmetic: at the ends of their types, negative, not finite. */
const WORDS = [
  0, 1, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7f800000, 0x7fc00000,
];
const NUMBERS = [
  '0',
  '-1',
  '2147483648',
  '99999999999999999999',
  '1e308',
  '1e999',
  '-0',
  'NaN',
  '0x10',
  '1.5',
  '',
  '٣',
];

/** One to three kinds of damage, one after the other. */
export function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
  const kinds = [flipBits, cut, deleteSpan, repeatSpan, hugeWord, hugeNumber, zeroSpan];
  let damaged = bytes;
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--)
    damaged = kinds[Math.floor(random() * kinds.length)]!(damaged, random);
  return damaged;
}

/** A place in the file; half of them in its first part, where headers are. */
function somewhere({ length }: Uint8Array, random: () => number): number {
  const within = random() < 0.5 ? Math.min(length, 400) : length;
  return Math.floor(random() * within);
}

function span(bytes: Uint8Array, random: () => number): [number, number] {
  const from = somewhere(bytes, random);
  return [from, Math.min(bytes.length, from + 1 + Math.floor(random() ** 3 * 300))];
}

function flipBits(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let count = 1 + Math.floor(random() * 8); count > 0 && copy.length > 0; count--) {
    const at = somewhere(copy, random);
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  return copy;
}

function cut(bytes: Uint8Array, random: () => number): Uint8Array {
  return bytes.slice(0, Math.floor(random() * bytes.length));
}

function deleteSpan(bytes: Uint8Array, random: () => number): Uint8Array {
  const [from, to] = span(bytes, random);
  return joined(bytes.subarray(0, from), bytes.subarray(to));
}

function repeatSpan(bytes: Uint8Array, random: () => number): Uint8Array {
  const [from, to] = span(bytes, random);
  return joined(bytes.subarray(0, to), bytes.subarray(from));
}

function zeroSpan(bytes: Uint8Array, random: () => number): Uint8Array {
  const [from, to] = span(bytes, random);
  return Uint8Array.from(bytes).fill(0, from, to);
}

function hugeWord(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const width = random() < 0.5 ? 2 : 4;
  const at = somewhere(copy, random) & ~1;
  if (at + width > copy.length) return copy;
  const word = WORDS[Math.floor(random() * WORDS.length)] ?? 0;
  const view = new DataView(copy.buffer);
  if (width === 2) view.setUint16(at, word & 0xffff, random() < 0.8);
  else view.setUint32(at, word, random() < 0.8);
  return copy;
}

/** A number that stands there as text becomes another one. */
function hugeNumber(bytes: Uint8Array, random: () => number): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const found = [...text.slice(0, 2000).matchAll(/\d+(\.\d+)?/g)];
  const match = found[Math.floor(random() * found.length)];
  if (match === undefined) return bytes;
  const number = Buffer.from(NUMBERS[Math.floor(random() * NUMBERS.length)] ?? '');
  return joined(bytes.subarray(0, match.index), number, bytes.subarray(match.index + match[0].length));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
