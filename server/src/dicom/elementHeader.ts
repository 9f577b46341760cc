/**
 * The values of a header straight from its bytes, each when it is asked for: plain numbers and text of ASCII alone. What
 * needs a character set or is a sequence is left to dcmjs, which decodes the whole header at a hundred times the cost.
 */
import { dictionaryVr, type Header } from './dcmjsFacade.ts';
import type { ElementRange } from './elementWalk.ts';

const NUMBERS: Readonly<
  Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>
> = {
  US: [2, (view, at) => view.getUint16(at, true)],
  SS: [2, (view, at) => view.getInt16(at, true)],
  UL: [4, (view, at) => view.getUint32(at, true)],
  SL: [4, (view, at) => view.getInt32(at, true)],
  FL: [4, (view, at) => view.getFloat32(at, true)],
  FD: [8, (view, at) => view.getFloat64(at, true)],
  // Implicit VR, US or SS: whoever asks knows whether its bits are signed.
  xs: [2, (view, at) => view.getUint16(at, true)],
};
const TEXTS = new Set('AE AS CS DA DS DT IS LO PN SH TM UI UC'.split(' '));
/** Text in which a backslash is a character like any other (PS3.5 section 6.2). */
const WHOLE_TEXTS = new Set('LT ST UR UT'.split(' '));

/** The value as text; undefined where a byte of it needs a character set. */
function ascii(bytes: Uint8Array, { valueStart, valueEnd }: ElementRange): string | undefined {
  let text = '';
  for (let i = valueStart; i < valueEnd; i++) {
    const byte = bytes[i]!;
    // 1B begins an escape sequence to another set (PS3.5 section 6.1.2.5).
    if (byte >= 0x80 || byte === 0x1b) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

const trimmed = (text: string): string => text.replace(/\0+$/, '').trim();

/**
 * @param elements of `bytes`, little endian; those of a tag that comes twice count as the last of them
 * @param whole the same header decoded by dcmjs, called only where it is needed
 */
export function elementHeader(
  bytes: Uint8Array,
  elements: readonly ElementRange[],
  whole: () => Header,
): Header {
  const byTag = new Map(elements.map((element) => [element.tag, element]));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let decoded: Header | undefined;
  const full = (): Header => (decoded ??= whole());

  /** All values; undefined where dcmjs must be asked. */
  const valuesOf = (tag: string): (string | number)[] | undefined => {
    const element = byTag.get(tag);
    if (element === undefined || element.valueStart === element.valueEnd) return [];
    const vr = element.vr ?? dictionaryVr(tag) ?? '';
    const number = NUMBERS[vr];
    if (number !== undefined) {
      const [size, read] = number;
      const values: number[] = [];
      for (let at = element.valueStart; at + size <= element.valueEnd; at += size)
        values.push(read(view, at));
      return values;
    }
    if (!TEXTS.has(vr) && !WHOLE_TEXTS.has(vr)) return undefined;
    const text = ascii(bytes, element);
    if (text === undefined) return undefined;
    if (WHOLE_TEXTS.has(vr)) return [trimmed(text)];
    // Of a person's name the first group, in the alphabet (PS3.5 section 6.2.1).
    const first = (value: string): string => (vr === 'PN' ? value.split('=')[0]! : value);
    return text.split('\\').map((value) => trimmed(first(value)));
  };
  const numbersOf = (tag: string): number[] | undefined =>
    valuesOf(tag)?.map((value) => (value === '' ? Number.NaN : Number(value)));

  return {
    text(tag) {
      const values = valuesOf(tag);
      if (values === undefined) return full().text(tag);
      const [value] = values;
      return value === undefined || value === '' ? undefined : String(value);
    },
    texts: (tag) => valuesOf(tag)?.map(String) ?? full().texts(tag),
    number(tag) {
      const values = numbersOf(tag);
      if (values === undefined) return full().number(tag);
      const [value] = values;
      return value !== undefined && Number.isFinite(value) ? value : undefined;
    },
    numbers(tag, count) {
      const values = numbersOf(tag);
      if (values === undefined) return full().numbers(tag, count);
      return values.length === count && values.every(Number.isFinite) ? values : undefined;
    },
    items: (tag) => full().items(tag),
  };
}
