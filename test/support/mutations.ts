/** Damages the bytes of a file the way disks, editors and enemies do; the same seed gives the same damage. */

/** A small generator of numbers in [0, 1) (mulberry32), so that a failing file can be made again from its seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One to four kinds of damage, one after another. */
export function mutate(bytes: Uint8Array, random: () => number, splices: readonly string[]): Uint8Array {
  let damaged = bytes;
  const times = 1 + Math.floor(random() * 4);
  for (let time = 0; time < times; time++) damaged = mutateOnce(damaged, random, splices);
  return damaged;
}

function mutateOnce(bytes: Uint8Array, random: () => number, splices: readonly string[]): Uint8Array {
  const at = (): number => Math.floor(random() * bytes.length);
  const [a, b] = [at(), at()].sort((x, y) => x - y) as [number, number];
  const near = Math.min(bytes.length, a + Math.floor(random() * 200));
  const splice = new TextEncoder().encode(splices[Math.floor(random() * splices.length)] ?? '');
  switch (Math.floor(random() * 8)) {
    case 0: {
      const flipped = Uint8Array.from(bytes);
      for (let flip = 0; flip <= random() * 8; flip++) {
        const index = at();
        flipped[index] = (flipped[index] ?? 0) ^ (1 << Math.floor(random() * 8));
      }
      return flipped;
    }
    case 1:
      return bytes.slice(0, b);
    case 2:
      return joined(bytes.subarray(0, a), bytes.subarray(near));
    case 3:
      return joined(bytes.subarray(0, near), bytes.subarray(a));
    case 4:
      return joined(bytes.subarray(0, a), splice, bytes.subarray(a));
    case 5:
      return joined(bytes.subarray(0, a), splice, bytes.subarray(near));
    case 6:
      return joined(bytes.subarray(0, a), bytes.subarray(b), bytes.subarray(a, b));
    default:
      return joined(
        bytes.subarray(0, a),
        new Uint8Array(near - a).fill(Math.floor(random() * 256)),
        bytes.subarray(near),
      );
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
