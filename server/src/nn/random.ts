// Bound once: a look-up of a global is slow where the file runs in a context of its own, as in tests.
const { cos, floor, imul, log, PI, sqrt } = Math;

/**
 * Seeded randomness: xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c).
 *
 * A stream is named by its parts, for example (seed, 'latent', 17): streams of different names are independent, so
 * any step of a training can be replayed from its number alone and no generator state has to be carried along.
 */
export class Random {
  readonly #state: Uint32Array;

  private constructor(state: Uint32Array) {
    this.#state = state;
  }

  /** The stream with this name. */
  static of(...name: readonly (string | number)[]): Random {
    // JSON keeps ('1', 2) and (1, '2') and ('12') apart.
    const text = JSON.stringify(name);
    const state = Uint32Array.from({ length: 4 }, (_, lane) => hash(text, lane));
    // The all-zero state is a fixed point of the generator.
    if (state.every((word) => word === 0)) state[0] = 1;
    return new Random(state);
  }

  /** A 32-bit unsigned integer. */
  next(): number {
    const s = this.#state;
    const result = imul(rotateLeft(imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotateLeft(s[3]!, 11);
    return result;
  }

  /** Uniform in [0, 1), 32 bits fine. */
  uniform(): number {
    return this.next() / 2 ** 32;
  }

  /** Uniform among 0 … count − 1. */
  integer(count: number): number {
    return floor(this.uniform() * count);
  }

  /** Standard normal (Box and Muller 1958; one value of each pair is used, which keeps the stream simple). */
  gaussian(): number {
    const radius = sqrt(-2 * log(1 - this.uniform()));
    return radius * cos(2 * PI * this.uniform());
  }

  /** 0 … count − 1 in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** FNV-1a over the text, from a different start in each lane, finished by the mixer of MurmurHash3. */
function hash(text: string, lane: number): number {
  let h = 0x811c9dc5 ^ imul(lane + 1, 0x9e3779b9);
  for (let i = 0; i < text.length; i++) h = imul(h ^ text.charCodeAt(i), 0x01000193);
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
