/** Huffman-coded differences of JPEG Lossless (ITU-T T.81 Annexes C, F.2.2 and H.1.2.2). */
import { CodecError } from './codecError.ts';

/** For each 16 bits that may come next: length of the code in the high byte (0: no code), its category in the low one. */
export type HuffmanTable = Uint16Array;

/**
 * @param counts codes of each length from 1 to 16
 * @param categories in order of their codes
 */
export function huffmanTable(counts: Uint8Array, categories: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65536);
  let code = 0;
  let next = 0;
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < counts[length - 1]!; i++) {
      const category = categories[next++];
      if (category === undefined || category > 16 || code >= 1 << length)
        throw new CodecError('a Huffman table is damaged');
      const first = code << (16 - length);
      table.fill((length << 8) | category, first, first + (1 << (16 - length)));
      code++;
    }
    code <<= 1;
  }
  return table;
}

export interface BitReader {
  /** The next difference, -32767 to 32768. */
  difference(table: HuffmanTable): number;
  /** Goes behind the next restart marker. */
  restart(): void;
  /** Throws where more bits were read than there are. */
  requireReal(): void;
}

/** Reads entropy-coded bytes from `start` to the next marker; there it gives zeros and remembers how many. */
export function bitReader(bytes: Uint8Array, start: number): BitReader {
  let at = start;
  /** The low `count` bits are still to be read. */
  let buffer = 0;
  let count = 0;
  let invented = 0;
  const fill = (): void => {
    while (count < 16) {
      let byte = bytes[at];
      if (byte === undefined || (byte === 0xff && bytes[at + 1] !== 0)) {
        byte = 0;
        invented += 8;
      } else at += byte === 0xff ? 2 : 1;
      buffer = (buffer << 8) | byte;
      count += 8;
    }
  };
  const requireReal = (): void => {
    if (invented > count) throw new CodecError('its data are cut short');
  };
  return {
    difference(table) {
      fill();
      const entry = table[(buffer >>> (count - 16)) & 0xffff]!;
      if (entry === 0) throw new CodecError('its data are damaged');
      count -= entry >> 8;
      const category = entry & 0xff;
      if (category === 0) return 0;
      if (category === 16) return 32768;
      fill();
      count -= category;
      const value = (buffer >>> count) & ((1 << category) - 1);
      return value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
    },
    restart() {
      requireReal();
      if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf8) !== 0xd0)
        throw new CodecError('a restart marker is missing');
      at += 2;
      buffer = 0;
      count = 0;
      invented = 0;
    },
    requireReal,
  };
}
