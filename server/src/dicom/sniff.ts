/** True where the bytes begin like a DICOM Part 10 file: 128 bytes of preamble, then "DICM" (PS3.10 section 7.1). */
export function isDicom(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 132 &&
    bytes[128] === 0x44 &&
    bytes[129] === 0x49 &&
    bytes[130] === 0x43 &&
    bytes[131] === 0x4d
  );
}
