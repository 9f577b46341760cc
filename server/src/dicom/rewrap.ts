/** Puts another data set into a Part 10 file and says that it is Explicit VR Little Endian; the rest of the meta information stays. */
import { walkElements } from './elementWalk.ts';
import { concatBytes, explicitHeader } from './explicitSyntax.ts';
import type { Part10 } from './part10.ts';
import { EXPLICIT_LITTLE_ENDIAN, TAG } from './tags.ts';

const PREAMBLE_END = 132;
const GROUP_LENGTH_TAG = '00020000';
/** A UID of an odd number of characters ends with a null (PS3.5 section 9.1). */
const SYNTAX_VALUE = new TextEncoder().encode(`${EXPLICIT_LITTLE_ENDIAN}\0`);

export interface Rewrapped {
  readonly bytes: Uint8Array;
  readonly dataSetStart: number;
}

/** @param parts of the new data set, in order */
export function rewrapped(file: Part10, parts: readonly Uint8Array[]): Rewrapped {
  const { bytes, dataSetStart, name } = file;
  const old = walkElements(bytes, { explicit: true, start: PREAMBLE_END, end: dataSetStart, name });
  const syntax = concatBytes([
    explicitHeader(TAG.TransferSyntaxUID, 'UI', SYNTAX_VALUE.length),
    SYNTAX_VALUE,
  ]);
  const meta = concatBytes(
    old
      .filter(({ tag }) => tag !== GROUP_LENGTH_TAG)
      .map(({ tag, start, end }) => (tag === TAG.TransferSyntaxUID ? syntax : bytes.subarray(start, end))),
  );
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, meta.length, true);
  const head = concatBytes([
    bytes.subarray(0, PREAMBLE_END),
    explicitHeader(GROUP_LENGTH_TAG, 'UL', length.length),
    length,
    meta,
  ]);
  return { bytes: concatBytes([head, ...parts]), dataSetStart: head.length };
}
