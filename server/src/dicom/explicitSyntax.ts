/**
 * Turns an Implicit VR Little Endian data set into Explicit VR Little Endian without touching a value: only the
 * headers change. VRs come from the data dictionary; unknown and private elements become UN (PS3.5 section 6.2.2).
 */
import { dictionaryVr } from './dcmjsFacade.ts';
import { hasLongLength, walkElements, walkItems, type ElementRange } from './elementWalk.ts';
import { dataSetElements, type Part10 } from './part10.ts';
import { TAG } from './tags.ts';

const SHORT_LIMIT = 0xffff;

/** Header of an explicit element; a VR whose short length field is too small for the value becomes UN. */
export function explicitHeader(tag: string, vr: string, length: number): Uint8Array {
  const long = hasLongLength(vr) || length > SHORT_LIMIT;
  const header = new Uint8Array(long ? 12 : 8);
  const view = new DataView(header.buffer);
  view.setUint16(0, Number.parseInt(tag.slice(0, 4), 16), true);
  view.setUint16(2, Number.parseInt(tag.slice(4), 16), true);
  const written = long && !hasLongLength(vr) ? 'UN' : vr;
  header[4] = written.charCodeAt(0);
  header[5] = written.charCodeAt(1);
  if (long) view.setUint32(8, length, true);
  else view.setUint16(6, length, true);
  return header;
}

/** An item with its content, of defined length (PS3.5 section 7.5). */
export function itemBytes(content: Uint8Array): Uint8Array {
  const item = new Uint8Array(8 + content.length);
  const view = new DataView(item.buffer);
  view.setUint16(0, 0xfffe, true);
  view.setUint16(2, 0xe000, true);
  view.setUint32(4, content.length, true);
  item.set(content, 8);
  return item;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The VR to write where the dictionary leaves a choice (PS3.5 Annex A.1, PS3.6 section 6). */
function chooseVr(tag: string, signedPixels: boolean): string {
  const group = Number.parseInt(tag.slice(0, 4), 16);
  if (tag.endsWith('0000') && group % 2 === 0) return 'UL';
  if (group % 2 === 1) return /00[1-9A-F][0-9A-F]$/.test(tag) && tag.slice(4, 6) === '00' ? 'LO' : 'UN';
  const vr = dictionaryVr(tag);
  if (vr === 'xs') return signedPixels ? 'SS' : 'US';
  if (vr === 'ox' || vr === 'up' || vr === 'lt') return 'OW';
  return vr !== undefined && /^[A-Z]{2}$/.test(vr) ? vr : 'UN';
}

function convert(
  bytes: Uint8Array,
  elements: readonly ElementRange[],
  signed: boolean,
  name: string,
): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const element of elements) {
    const vr = chooseVr(element.tag, signed);
    let value = bytes.subarray(element.valueStart, element.valueEnd);
    // A value of undefined length is a sequence whatever the dictionary says about its tag.
    const isSequence = vr === 'SQ' || element.end !== element.valueEnd;
    if (isSequence)
      value = concatBytes(
        walkItems(bytes, element, { explicit: false, name }).map(({ start, end }) =>
          itemBytes(convert(bytes, walkElements(bytes, { explicit: false, start, end, name }), signed, name)),
        ),
      );
    parts.push(explicitHeader(element.tag, isSequence ? 'SQ' : vr, value.length), value);
  }
  return concatBytes(parts);
}

/** Pixel Representation of the data set: it decides between US and SS. */
function hasSignedPixels(bytes: Uint8Array, elements: readonly ElementRange[]): boolean {
  const element = elements.find(({ tag }) => tag === TAG.PixelRepresentation);
  return element !== undefined && bytes[element.valueStart] === 1;
}

/** The data set of a file in Explicit VR Little Endian; the file's own bytes where it is that already. */
export function explicitDataSet(file: Part10): Uint8Array {
  if (file.explicit) return file.bytes.subarray(file.dataSetStart);
  const elements = dataSetElements(file);
  return convert(file.bytes, elements, hasSignedPixels(file.bytes, elements), file.name);
}
