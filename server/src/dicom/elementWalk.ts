/**
 * Byte ranges of the elements of a little-endian data set (PS3.5 section 7), without decoding any value.
 *
 * dcmjs decodes values, but it re-encodes text as UTF-8 and reads past the end of a cut file without a word. A derived
 * series must carry its source's elements byte for byte, so this walk finds where each one begins and ends.
 */
import { NoduleLabError } from '../volume/errors.ts';

export interface ElementRange {
  /** Eight hexadecimal digits, upper case. */
  readonly tag: string;
  /** Two letters; undefined in Implicit VR. */
  readonly vr: string | undefined;
  /** First byte of the tag. */
  readonly start: number;
  readonly valueStart: number;
  /** First byte after the value, before a sequence delimiter. */
  readonly valueEnd: number;
  /** First byte after the element, delimiter included. */
  readonly end: number;
}

export interface WalkOptions {
  readonly explicit: boolean;
  readonly start: number;
  readonly end: number;
  /** Stop before the first element whose tag is greater than this one. */
  readonly lastTag?: string;
  /** Named in error messages. */
  readonly name: string;
  /** How many sequences the walk stands in. */
  readonly depth?: number;
}

const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 'FFFEE000';
const ITEM_END = 'FFFEE00D';
const SEQUENCE_END = 'FFFEE0DD';
/** Deeper than any object of the standard; hostile files would exhaust the stack. */
const MOST_NESTED = 32;
const SHORT_LENGTH = new Set('AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));
/** VRs whose explicit length takes 4 bytes after 2 reserved ones (PS3.5 Table 7.1-1). */
const LONG_LENGTH = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

export function hasLongLength(vr: string): boolean {
  return LONG_LENGTH.has(vr);
}

function truncated(name: string, where: string): NoduleLabError {
  return new NoduleLabError(
    'invalid-input',
    `${name}: the DICOM file is cut short (it ends inside ${where}). Copy or download this file again.`,
    { file: name },
  );
}

export function formatTag(tag: string): string {
  return `(${tag.slice(0, 4)},${tag.slice(4)})`;
}

function readTag(view: DataView, offset: number): string {
  const group = view.getUint16(offset, true);
  const element = view.getUint16(offset + 2, true);
  return (group * 0x10000 + element).toString(16).toUpperCase().padStart(8, '0');
}

interface ElementHeader {
  readonly tag: string;
  readonly vr: string | undefined;
  readonly valueStart: number;
  readonly length: number;
}

function readHeader(view: DataView, offset: number, options: WalkOptions): ElementHeader {
  if (offset + 8 > options.end) throw truncated(options.name, 'an element header');
  const tag = readTag(view, offset);
  // Items and delimiters have no VR in either encoding (PS3.5 section 7.5).
  if (!options.explicit || tag.startsWith('FFFE'))
    return { tag, vr: undefined, valueStart: offset + 8, length: view.getUint32(offset + 4, true) };
  const vr = String.fromCharCode(view.getUint8(offset + 4), view.getUint8(offset + 5));
  if (!LONG_LENGTH.has(vr) && !SHORT_LENGTH.has(vr))
    throw new NoduleLabError(
      'invalid-input',
      `${options.name}: element ${formatTag(tag)} has no valid value representation; the file is damaged. Copy or download it again.`,
      { file: options.name },
    );
  if (!hasLongLength(vr))
    return { tag, vr, valueStart: offset + 8, length: view.getUint16(offset + 6, true) };
  if (offset + 12 > options.end) throw truncated(options.name, `element ${formatTag(tag)}`);
  return { tag, vr, valueStart: offset + 12, length: view.getUint32(offset + 8, true) };
}

/** End of an undefined-length sequence (or encapsulated value): offsets of its delimiter and of what follows it. */
function undefinedLengthEnd(
  view: DataView,
  offset: number,
  options: WalkOptions,
  owner: string,
): { valueEnd: number; end: number } {
  let at = offset;
  for (;;) {
    if (at + 8 > options.end) throw truncated(options.name, `element ${formatTag(owner)}`);
    const tag = readTag(view, at);
    const length = view.getUint32(at + 4, true);
    if (tag === SEQUENCE_END) return { valueEnd: at, end: at + 8 };
    if (tag !== ITEM)
      throw new NoduleLabError(
        'invalid-input',
        `${options.name}: sequence ${formatTag(owner)} holds ${formatTag(tag)} where an item was expected; the file is damaged. Copy or download it again.`,
        { file: options.name },
      );
    at += 8;
    at = length === UNDEFINED_LENGTH ? undefinedItemEnd(view, at, options).end : at + length;
  }
}

function undefinedItemEnd(
  view: DataView,
  offset: number,
  options: WalkOptions,
): { valueEnd: number; end: number } {
  let at = offset;
  for (;;) {
    if (at + 8 > options.end) throw truncated(options.name, 'a sequence item');
    if (readTag(view, at) === ITEM_END) return { valueEnd: at, end: at + 8 };
    at = readElement(view, at, options).end;
  }
}

function nested(options: WalkOptions): WalkOptions {
  const depth = (options.depth ?? 0) + 1;
  if (depth <= MOST_NESTED) return { ...options, depth };
  throw new NoduleLabError(
    'invalid-input',
    `${options.name}: its sequences are nested more than ${MOST_NESTED} deep; the file is damaged. Copy or download it again.`,
    { file: options.name },
  );
}

function readElement(view: DataView, offset: number, options: WalkOptions): ElementRange {
  const { tag, vr, valueStart, length } = readHeader(view, offset, options);
  if (length === UNDEFINED_LENGTH) {
    // UN with undefined length is a sequence in Implicit VR Little Endian (PS3.5 section 6.2.2, note 2).
    const inner = nested(vr === 'UN' ? { ...options, explicit: false } : options);
    return { tag, vr, start: offset, valueStart, ...undefinedLengthEnd(view, valueStart, inner, tag) };
  }
  const end = valueStart + length;
  if (end > options.end) throw truncated(options.name, `element ${formatTag(tag)}`);
  return { tag, vr, start: offset, valueStart, valueEnd: end, end };
}

/** The top-level elements between `start` and `end`, in file order. Throws 'invalid-input' on a cut or damaged file. */
export function walkElements(bytes: Uint8Array, options: WalkOptions): ElementRange[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: ElementRange[] = [];
  let offset = options.start;
  while (offset < options.end) {
    if (offset + 8 > options.end) throw truncated(options.name, 'an element header');
    if (options.lastTag !== undefined && readTag(view, offset) > options.lastTag) break;
    const element = readElement(view, offset, options);
    elements.push(element);
    offset = element.end;
  }
  return elements;
}

/** The items of a sequence value as byte ranges of their content (delimiters excluded). */
export function walkItems(
  bytes: Uint8Array,
  sequence: ElementRange,
  options: Pick<WalkOptions, 'explicit' | 'name'>,
): { start: number; end: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bounds = { ...options, start: sequence.valueStart, end: sequence.valueEnd };
  const items: { start: number; end: number }[] = [];
  let offset = sequence.valueStart;
  while (offset < sequence.valueEnd) {
    const header = readHeader(view, offset, bounds);
    if (header.length === UNDEFINED_LENGTH) {
      const item = undefinedItemEnd(view, header.valueStart, bounds);
      items.push({ start: header.valueStart, end: item.valueEnd });
      offset = item.end;
    } else {
      offset = header.valueStart + header.length;
      if (offset > sequence.valueEnd) throw truncated(options.name, `sequence ${formatTag(sequence.tag)}`);
      items.push({ start: header.valueStart, end: offset });
    }
  }
  return items;
}

/**
 * Walks into every sequence among the elements, so that whoever decodes them finds no item that is cut short or damaged.
 *
 * @param isSequence of an element of defined length whose VR the file does not name (Implicit VR)
 */
export function requireSoundSequences(
  bytes: Uint8Array,
  elements: readonly ElementRange[],
  options: Pick<WalkOptions, 'explicit' | 'name' | 'depth'>,
  isSequence: (tag: string) => boolean,
): void {
  for (const element of elements) {
    const undefinedLength = element.end !== element.valueEnd;
    const unknown = element.vr === 'UN' && undefinedLength;
    const isOne =
      element.vr === 'SQ' ||
      unknown ||
      (element.vr === undefined && (undefinedLength || isSequence(element.tag)));
    if (!isOne) continue;
    const inner = nested({ ...options, start: 0, end: 0, explicit: options.explicit && !unknown });
    for (const { start, end } of walkItems(bytes, element, inner))
      requireSoundSequences(bytes, walkElements(bytes, { ...inner, start, end }), inner, isSequence);
  }
}
