/**
 * Unique identifiers of the form 2.25.<128 random bits as a decimal number> (PS3.5 Annex B.2; a version 4 UUID).
 *
 * @param randomBytes gives n bytes; node:crypto's randomBytes in the product, a seeded one in tests.
 */
export function makeUidGenerator(randomBytes: (count: number) => Uint8Array): () => string {
  return () => {
    const bytes = Uint8Array.from(randomBytes(16));
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    let value = 0n;
    for (const byte of bytes) value = (value << 8n) | BigInt(byte);
    return `2.25.${value}`;
  };
}
